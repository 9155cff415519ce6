import { script } from '../../clients/script'

/**
 * KEYS: a sorted set, the list of a queue, the registry of queues. ARGV: the job as it stands in the set, the job as it goes into
 * the list, the queue's name. Answers 1: moved; 0: it is not in the set any more, nothing was changed.
 */
export const moveToQueue = script(`
local call = redis.call
local function isOther(key, expected)
  local kind = call('TYPE', key).ok
  return kind ~= 'none' and kind ~= expected and redis.error_reply('WRONGTYPE ' .. key .. ' holds a ' .. kind)
end
local other = isOther(KEYS[1], 'zset') or isOther(KEYS[2], 'list') or isOther(KEYS[3], 'set')
if other then return other end
if not call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
call('SADD', KEYS[3], ARGV[3])
call('LPUSH', KEYS[2], ARGV[2])
call('ZREM', KEYS[1], ARGV[1])
return 1
`)

/** KEYS: the list of a queue, the registry of queues. ARGV: the job, the queue's name. Answers 1. */
export const pushJob = script(`
local call = redis.call
for index, expected in ipairs({ 'list', 'set' }) do
  local kind = call('TYPE', KEYS[index]).ok
  if kind ~= 'none' and kind ~= expected then
    return redis.error_reply('WRONGTYPE ' .. KEYS[index] .. ' holds a ' .. kind)
  end
end
call('SADD', KEYS[2], ARGV[2])
call('LPUSH', KEYS[1], ARGV[1])
return 1
`)

/** KEYS: the scheduled set. ARGV: when it is due, seconds; the job. Answers 1. */
export const scheduleJob = script(`
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'none' and kind ~= 'zset' then return redis.error_reply('WRONGTYPE ' .. KEYS[1] .. ' holds a ' .. kind) end
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
return 1
`)
