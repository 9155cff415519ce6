import { script } from '../../../clients/script'
import { clock, latch, readyLists, text, wakeOne } from './fragments'

/** Appends ids (given with their scores) to their ready lists, whose priority stands in the score's low four bits. */
const pushByScore = `
local function pushByScore(pairsOf)
  local lists = {}
  for i = 1, #pairsOf, 2 do
    local priority = pairsOf[i + 1] % 16
    local list = lists[priority] or {}
    list[#list + 1] = pairsOf[i]
    lists[priority] = list
  end
  for priority, list in pairs(lists) do redis.call('RPUSH', readyKey(priority), unpack(list)) end
end
`

/**
 * Due messages become ready.
 *
 * KEYS  1 state  2 delayed  3 wake  4- ready (one list or ten)
 * ARGV  1 limit
 * Answers { moved, when the next is due in ms or -1 }; -2 ten ready lists are needed.
 */
export const promote = script(`
${clock}
${readyLists(3)}
${pushByScore}
if redis.call('HGET', KEYS[1], 'mixed') and not many then return -2 end
redis.call('LLEN', KEYS[3])
for k = 4, #KEYS do redis.call('LLEN', KEYS[k]) end
local due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', text(now * 16 + 15), 'WITHSCORES', 'LIMIT', 0, ARGV[1])
if #due > 0 then
  ${latch('KEYS[1]')}
  pushByScore(due)
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, #due / 2 - 1)
  ${wakeOne('KEYS[3]')}
end
local nearest = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
return { #due / 2, nearest[2] and text(math.floor(nearest[2] / 16)) or -1 }
`)

/**
 * Dead letters become ready, oldest death first, up to a stamp that holds still while a replay goes on.
 *
 * KEYS  1 state  2 dead  3 wake  4- ready (one list or ten)
 * ARGV  1 limit  2 highest score, or '' for "all that died until now"
 * Answers { moved, highest score }, where '' says that nothing is left; -2 ten ready lists are needed.
 */
export const replayDead = script(`
${text}
${readyLists(3)}
${pushByScore}
local state = redis.call('HMGET', KEYS[1], 'mixed', 'replayed')
if state[1] and not many then return -2 end
redis.call('LLEN', KEYS[3])
for k = 4, #KEYS do redis.call('LLEN', KEYS[k]) end
local high = ARGV[2]
if high == '' then high = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')[2] or '0' end
local count
if state[1] then
  local found = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', high, 'WITHSCORES', 'LIMIT', 0, ARGV[1])
  count = #found / 2
  if count > 0 then ${latch('KEYS[1]')} pushByScore(found) end
else
  local found = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', high, 'LIMIT', 0, ARGV[1])
  count = #found
  if count > 0 then ${latch('KEYS[1]')} redis.call('RPUSH', KEYS[4], unpack(found)) end
end
if count > 0 then
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, count - 1)
  redis.call('HSET', KEYS[1], 'replayed', text(tonumber(state[2] or 0) + count))
  ${wakeOne('KEYS[3]')}
end
if count < tonumber(ARGV[1]) then high = '' end
return { count, high }
`)

/**
 * KEYS  1 state  2 dead  3 wake  4- ready (one list or ten)
 * ARGV  ids
 * Answers per id '1' or '0' (not dead); -2 ten ready lists are needed.
 */
export const replayIds = script(`
${text}
${readyLists(3)}
${pushByScore}
local state = redis.call('HMGET', KEYS[1], 'mixed', 'replayed')
if state[1] and not many then return -2 end
redis.call('LLEN', KEYS[3])
for k = 4, #KEYS do redis.call('LLEN', KEYS[k]) end
local marks, found, ids, seen = {}, {}, {}, {}
for i, id in ipairs(ARGV) do
  local score = not seen[id] and redis.call('ZSCORE', KEYS[2], id)
  marks[i] = score and '1' or '0'
  if score then
    seen[id] = true
    ids[#ids + 1] = id
    found[#found + 1] = id
    found[#found + 1] = score
  end
end
if #ids > 0 then
  ${latch('KEYS[1]')}
  pushByScore(found)
  redis.call('ZREM', KEYS[2], unpack(ids))
  redis.call('HSET', KEYS[1], 'replayed', text(tonumber(state[2] or 0) + #ids))
  ${wakeOne('KEYS[3]')}
end
return table.concat(marks)
`)
