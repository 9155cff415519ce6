import { script } from '../../clients/script'

/**
 * A task of one set becomes pending, as asynq's own RunTask does it, and since when it waits is written down.
 * KEYS: 1 task hash, 2 the sorted set it stands in, 3 pending list. ARGV: 1 id, 2 the state it must have.
 * Answers 1: done; 0: not there any more, or in another state. Types are checked before the first write.
 */
export const runTask = script(`
if redis.call('HGET', KEYS[1], 'state') ~= ARGV[2] then return 0 end
if not redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
redis.call('LLEN', KEYS[3])
local time = redis.call('TIME')
redis.call('LPUSH', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('HSET', KEYS[1], 'state', 'pending', 'pending_since', time[1] .. string.format('%06d', time[2]) .. '000')
return 1
`)

/**
 * Takes a task away, and its uniqueness lock if it still holds it.
 * KEYS: 1 task hash, 2 the list or sorted set it stands in. ARGV: 1 id, 2 the state it must have, 3 "list" or "sorted".
 * Answers 1: done; 0: not there any more, or in another state.
 */
export const deleteTask = script(`
if redis.call('HGET', KEYS[1], 'state') ~= ARGV[2] then return 0 end
local taken
if ARGV[3] == 'list' then taken = redis.call('LREM', KEYS[2], 1, ARGV[1]) else taken = redis.call('ZREM', KEYS[2], ARGV[1]) end
if taken == 0 then return 0 end
local unique = redis.call('HGET', KEYS[1], 'unique_key')
if unique and unique ~= '' and redis.call('GET', unique) == ARGV[1] then redis.call('UNLINK', unique) end
redis.call('UNLINK', KEYS[1])
return 1
`)

/**
 * Another message for a task, if it is still the one that was read.
 * KEYS: 1 task hash. ARGV: 1 the message before, 2 the message after.
 * Answers 1: done; 0: gone; -1: changed meanwhile, or being worked on.
 */
export const replaceMessage = script(`
local message = redis.call('HGET', KEYS[1], 'msg')
if not message then return 0 end
if message ~= ARGV[1] or redis.call('HGET', KEYS[1], 'state') == 'active' then return -1 end
redis.call('HSET', KEYS[1], 'msg', ARGV[2])
return 1
`)

/**
 * Puts a task back where it stood.
 * KEYS: 1 task hash, 2 the list or sorted set. ARGV: 1 id, 2 "list" or "sorted", 3 score, 4.. the hash's fields.
 * Answers 1: done; -1: the id is in use again.
 */
export const restoreTask = script(`
if redis.call('EXISTS', KEYS[1]) == 1 then return -1 end
if ARGV[2] == 'list' then redis.call('LLEN', KEYS[2]) else redis.call('ZCARD', KEYS[2]) end
redis.call('HSET', KEYS[1], unpack(ARGV, 4))
if ARGV[2] == 'list' then redis.call('RPUSH', KEYS[2], ARGV[1]) else redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1]) end
return 1
`)

/**
 * A new task, as asynq's client adds it.
 * KEYS: 1 task hash, 2 pending list or scheduled set. ARGV: 1 id, 2 message, 3 seconds until it is due, or "".
 * Answers 1: done; -1: the id is in use.
 */
export const addTask = script(`
if redis.call('EXISTS', KEYS[1]) == 1 then return -1 end
if ARGV[3] == '' then redis.call('LLEN', KEYS[2]) else redis.call('ZCARD', KEYS[2]) end
local time = redis.call('TIME')
if ARGV[3] == '' then
  redis.call('HSET', KEYS[1], 'msg', ARGV[2], 'state', 'pending', 'pending_since', time[1] .. string.format('%06d', time[2]) .. '000')
  redis.call('LPUSH', KEYS[2], ARGV[1])
else
  redis.call('HSET', KEYS[1], 'msg', ARGV[2], 'state', 'scheduled')
  redis.call('ZADD', KEYS[2], time[1] + ARGV[3], ARGV[1])
end
return 1
`)
