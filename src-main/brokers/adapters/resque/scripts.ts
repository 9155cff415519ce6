import { script } from '../../clients/script'

/** Nothing is written before every key is known to be of its type. */
const typed = `
local call = redis.call
local function typed(key, wanted)
  local kind = call('TYPE', key).ok
  if kind ~= 'none' and kind ~= wanted then error('WRONGTYPE ' .. key) end
end
`

/**
 * KEYS: failed, the queue's list, the registry. ARGV: the failed entry, its payload, the queue's name.
 * Answers 1: moved; 0: the entry is not there. Found by its bytes, from the newest end, so that no index can go wrong meanwhile.
 */
export const retryScript = script(`${typed}
typed(KEYS[1], 'list') typed(KEYS[2], 'list') typed(KEYS[3], 'set')
if not call('LPOS', KEYS[1], ARGV[1], 'RANK', -1) then return 0 end
call('SADD', KEYS[3], ARGV[3])
call('RPUSH', KEYS[2], ARGV[2])
call('LREM', KEYS[1], -1, ARGV[1])
return 1
`)

/** KEYS: a list. ARGV: the bytes that were seen, the new ones. Answers 1: written in its place; 0: not there. */
export const editScript = script(`${typed}
typed(KEYS[1], 'list')
local at = call('LPOS', KEYS[1], ARGV[1])
if not at then return 0 end
call('LSET', KEYS[1], at, ARGV[2])
return 1
`)

/**
 * KEYS: the list, the schedule, the job's set of timestamps. ARGV: the bytes, the end to look from (1 or -1), the second of a
 * delayed job or "". Answers 1: removed; 0: not there. An empty second leaves the schedule with its last job.
 */
export const removeScript = script(`${typed}
typed(KEYS[1], 'list')
if ARGV[3] ~= '' then typed(KEYS[2], 'zset') typed(KEYS[3], 'set') end
if call('LREM', KEYS[1], ARGV[2], ARGV[1]) == 0 then return 0 end
if ARGV[3] == '' then return 1 end
if not call('LPOS', KEYS[1], ARGV[1]) then call('SREM', KEYS[3], 'delayed:' .. ARGV[3]) end
if call('LLEN', KEYS[1]) == 0 then call('ZREM', KEYS[2], ARGV[3]) end
return 1
`)

/**
 * KEYS: the list, the registry, the schedule, the job's set of timestamps. ARGV: the bytes, how many copies there may be at most
 * ("" any number), the queue's name or "", the second or "". Answers 1: added; 0: it stands there again.
 */
export const addScript = script(`${typed}
typed(KEYS[1], 'list') typed(KEYS[2], 'set')
if ARGV[4] ~= '' then typed(KEYS[3], 'zset') typed(KEYS[4], 'set') end
if ARGV[2] ~= '' and #call('LPOS', KEYS[1], ARGV[1], 'COUNT', 0) >= tonumber(ARGV[2]) then return 0 end
if ARGV[3] ~= '' then call('SADD', KEYS[2], ARGV[3]) end
call('RPUSH', KEYS[1], ARGV[1])
if ARGV[4] ~= '' then
  call('SADD', KEYS[4], 'delayed:' .. ARGV[4])
  call('ZADD', KEYS[3], ARGV[4], ARGV[4])
end
return 1
`)
