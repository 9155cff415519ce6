import { script } from '../../clients/script'

/**
 * A failed job becomes queued again, as RQ's own requeue does it.
 * KEYS: 1 failed registry, 2 job hash, 3 waiting list, 4 set of all queues. ARGV: 1 id, 2 time as RQ writes it.
 * Answers 1: done; 0: not there any more. Types are checked before the first write.
 */
export const requeue = script(`
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
if redis.call('HGET', KEYS[2], 'status') ~= 'failed' then return 0 end
redis.call('LLEN', KEYS[3])
redis.call('SADD', KEYS[4], KEYS[3])
redis.call('RPUSH', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[2], 'status', 'queued', 'enqueued_at', ARGV[2], 'started_at', '', 'ended_at', '', 'exc_info', '')
redis.call('PERSIST', KEYS[2])
return 1
`)

/**
 * Takes a job out of its list or registry, with its hash.
 * KEYS: 1 list or registry, 2 job hash, 3 results stream. ARGV: 1 id, 2 "list" or "sorted", 3 status that it must have.
 * Answers 1: done; 0: not there any more.
 */
export const deleteJob = script(`
if redis.call('HGET', KEYS[2], 'status') ~= ARGV[3] then return 0 end
local taken
if ARGV[2] == 'list' then taken = redis.call('LREM', KEYS[1], 1, ARGV[1]) else taken = redis.call('ZREM', KEYS[1], ARGV[1]) end
if taken == 0 then return 0 end
redis.call('UNLINK', KEYS[2], KEYS[3])
return 1
`)

/**
 * Puts a job back where it stood.
 * KEYS: 1 list or registry, 2 job hash, 3 set of all queues, 4 waiting list. ARGV: 1 id, 2 "list" or "sorted", 3 score, 4.. the hash's fields.
 * Answers 1: done; -1: the id is in use again.
 */
export const restoreJob = script(`
if redis.call('EXISTS', KEYS[2]) == 1 then return -1 end
if ARGV[2] == 'list' then redis.call('LLEN', KEYS[1]) else redis.call('ZCARD', KEYS[1]) end
redis.call('SADD', KEYS[3], KEYS[4])
redis.call('HSET', KEYS[2], unpack(ARGV, 4))
if ARGV[2] == 'list' then redis.call('LPUSH', KEYS[1], ARGV[1]) else redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1]) end
return 1
`)
