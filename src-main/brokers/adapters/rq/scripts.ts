import { script } from '../../clients/script'

const checkType = `
local call = redis.call
local function isOther(key, expected)
  local kind = call('TYPE', key).ok
  return kind ~= 'none' and kind ~= expected and redis.error_reply('WRONGTYPE ' .. key .. ' holds a ' .. kind)
end
`

/**
 * KEYS: the failed registry, the job's hash, its dependents, its dependencies, the queue's list, the registry of queues. ARGV: id,
 * origin, now as RQ writes it, what RQ writes for no error, the timeout in seconds where the job has none. Answers 1: requeued; 0: not
 * failed any more; -1: its hash is gone; -2: it belongs to another queue by now. Nothing is changed but by 1.
 */
export const requeueJob = script(`
${checkType}
local other = isOther(KEYS[1], 'zset') or isOther(KEYS[2], 'hash') or isOther(KEYS[5], 'list') or isOther(KEYS[6], 'set')
if other then return other end
if not call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
if call('EXISTS', KEYS[2]) == 0 then return -1 end
if (call('HGET', KEYS[2], 'origin') or ARGV[2]) ~= ARGV[2] then return -2 end
call('SADD', KEYS[6], KEYS[5])
call('HSET', KEYS[2], 'status', 'queued', 'origin', ARGV[2], 'enqueued_at', ARGV[3], 'started_at', '', 'ended_at', '',
  'exc_info', ARGV[4])
call('HSETNX', KEYS[2], 'timeout', ARGV[5])
local ttl = tonumber(call('HGET', KEYS[2], 'ttl') or '')
if ttl and ttl > 0 then
  for index = 2, 4 do call('EXPIRE', KEYS[index], ttl) end
end
call('RPUSH', KEYS[5], ARGV[1])
call('ZREM', KEYS[1], ARGV[1])
return 1
`)

/**
 * KEYS: the list or registry, the job's hash, its dependents, its dependencies. ARGV: id, "list" or "zset". Answers 1: deleted; 0: it
 * does not stand there; -1: it holds a place of a rate limit, which would never be given back.
 */
export const deleteJob = script(`
${checkType}
local other = isOther(KEYS[1], ARGV[2]) or isOther(KEYS[2], 'hash')
if other then return other end
if ARGV[2] == 'list' then
  if (call('HGET', KEYS[2], 'rate_limit_key') or '') ~= '' then return -1 end
  if call('LREM', KEYS[1], 1, ARGV[1]) == 0 then return 0 end
elseif call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
call('UNLINK', KEYS[2], KEYS[3], KEYS[4])
return 1
`)

/**
 * KEYS: the list or registry, the job's hash, its dependents, its dependencies, the registry of queues, the queue's list. ARGV: id,
 * "list" or "zset", score, when it expires in epoch milliseconds or "", then three groups, each its length and its items: the
 * hash's fields and values, dependents, dependencies. Answers 1: put back; 0: its id is in use again; -1: it would have expired.
 */
export const restoreJob = script(`
${checkType}
local other = isOther(KEYS[1], ARGV[2]) or isOther(KEYS[5], 'set')
if other then return other end
if call('EXISTS', KEYS[2]) == 1 then return 0 end
local time = call('TIME')
if ARGV[4] ~= '' and tonumber(ARGV[4]) <= time[1] * 1000 + time[2] / 1000 then return -1 end
local at = 5
local function group(put, step)
  local count = tonumber(ARGV[at])
  for index = at + 1, at + count, step do put(index) end
  at = at + 1 + count
end
group(function(index) call('HSET', KEYS[2], ARGV[index], ARGV[index + 1]) end, 2)
group(function(index) call('SADD', KEYS[3], ARGV[index]) end, 1)
group(function(index) call('SADD', KEYS[4], ARGV[index]) end, 1)
if ARGV[4] ~= '' then
  for index = 2, 4 do call('PEXPIREAT', KEYS[index], ARGV[4]) end
end
call('SADD', KEYS[5], KEYS[6])
if ARGV[2] == 'list' then call('RPUSH', KEYS[1], ARGV[1]) else call('ZADD', KEYS[1], ARGV[3], ARGV[1]) end
return 1
`)
