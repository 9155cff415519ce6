import { script } from '../../../clients/script'
import { priorities } from '../keys'
import { clock, erasing, latch, limits, readiness, wholeQueue } from './fragments'

const header = `
${clock}
${wholeQueue}
${limits}
${readiness}
${erasing}
checked('hash', 'payload', 'meta', 'results', 'notes', 'names', 'kids', 'busy', 'windows')
checked('zset', 'delayed', 'dead', 'done', 'held') checked('list', 'wake', 'groups') checked('set', 'removed')
local function numberOf(id) return tonumber(string.match(id, '%d+')) end
`

/**
 * Purges take what was there when they began: the bound holds still while new messages arrive. Bodies and metas go
 * first here, and the places after them: a purge that is cut short leaves places without a body, which are passed over,
 * never bodies without a place.
 *
 * KEYS  1 state
 * ARGV  1 limit  2 bound: '' at the start, else the highest score  3 'dead' or 'done'
 * Answers { removed, bound or '' when nothing is left }.
 */
export const purgeEnded = script(`${header}
local place, high = key(ARGV[3]), ARGV[2]
if high == '' then high = redis.call('ZRANGE', place, -1, -1, 'WITHSCORES')[2] or '0' end
local ids = redis.call('ZRANGEBYSCORE', place, '-inf', high, 'LIMIT', 0, ARGV[1])
if #ids > 0 then
  erase(ids)
  redis.call('ZREMRANGEBYRANK', place, 0, #ids - 1)
end
return { #ids, #ids == tonumber(ARGV[1]) and high or '' }
`)

/**
 * A retry that held its group lets it go on.
 *
 * KEYS  1 state
 * ARGV  1 limit  2 bound: '' at the start, else "highest id:survivors passed"
 * Answers { removed, bound or '' when nothing is left }.
 */
export const purgeDelayed = script(`${header}
local high, passed = string.match(ARGV[2], '^(%d+):(%d+)$')
if not high then high, passed = redis.call('HGET', KEYS[1], 'id') or '0', 0 end
local limit = tonumber(ARGV[1])
local found = redis.call('ZRANGE', key('delayed'), passed, passed + limit - 1)
local ids = {}
for _, id in ipairs(found) do
  if numberOf(id) <= tonumber(high) then ids[#ids + 1] = id; free(id) else passed = passed + 1 end
end
if #ids > 0 then
  erase(ids)
  writeReady()
  redis.call('ZREM', key('delayed'), unpack(ids))
end
return { #ids, #found == limit and high .. ':' .. passed or '' }
`)

/** Groups looked at by one call. */
const groupsPerCall = 100

/**
 * Each list is taken from its head until a message stands there that came after the purge began; so are the groups, those
 * that have one in flight included.
 *
 * KEYS  1 state
 * ARGV  1 limit  2 bound: '' at the start, else "highest id/groups passed"
 * Answers { removed, bound or '' when nothing is left }.
 */
export const purgeReady = script(`${header}
local state = redis.call('HMGET', KEYS[1], 'id', 'grouped')
local high, passed = string.match(ARGV[2], '^(%d+)/(%d+)$')
if not high then high, passed = state[1] or '0', 0 end
local room, ids, trims, fromGroups = tonumber(ARGV[1]), {}, {}, 0
local function take(list)
  local found = room > #ids and redis.call('LRANGE', list, 0, room - #ids - 1) or {}
  local count = 0
  for _, id in ipairs(found) do
    if numberOf(id) > tonumber(high) then break end
    count = count + 1
    ids[#ids + 1] = id
  end
  if count > 0 then trims[list] = count end
  return count
end
for priority = 0, ${priorities - 1} do take(key('ready:' .. priority)) end
local left = #ids == room
if not left and tonumber(state[2] or 0) > 0 then
  local function look(groups)
    for _, group in ipairs(groups) do
      -- A group whose list was emptied may stand in line twice.
      if not trims[key('g:' .. group)] then fromGroups = fromGroups + take(key('g:' .. group)) end
    end
  end
  local waiting = redis.call('LRANGE', key('groups'), passed, passed + ${groupsPerCall} - 1)
  look(waiting)
  if fromGroups == 0 then passed = passed + #waiting end
  if #waiting < ${groupsPerCall} then
    look(redis.call('HKEYS', key('busy')))
    look(redis.call('ZRANGE', key('held'), 0, -1))
  end
  left = fromGroups > 0 or #waiting == ${groupsPerCall}
end
local gone = 0
if #ids > 0 then
  gone = redis.call('HLEN', key('payload'))
  erase(ids)
  gone = gone - redis.call('HLEN', key('payload'))
  for list, count in pairs(trims) do redis.call('LTRIM', list, count, -1) end
  redis.call('SREM', key('removed'), unpack(ids))
  add('grouped', -fromGroups)
end
return { gone, left and high .. '/' .. passed or '' }
`)

/** ARGV: ids. */
const cancelSorted = (place: string) =>
  script(`${header}
local marks, ids = {}, {}
local seen = {}
for i, id in ipairs(ARGV) do
  local here = not seen[id] and redis.call('ZSCORE', key('${place}'), id)
  marks[i] = here and '1' or '0'
  if here then seen[id] = true; ids[#ids + 1] = id; free(id) end
end
if #ids > 0 then
  erase(ids)
  writeReady()
  redis.call('ZREM', key('${place}'), unpack(ids))
end
return table.concat(marks)
`)

/**
 * KEYS  1 state
 * ARGV  ids
 * Answers per id '1' removed or '0' not in this state.
 */
export const removeDead = cancelSorted('dead')
export const removeDelayed = cancelSorted('delayed')
export const removeDone = cancelSorted('done')

/** Of the ids, the bodies of those that are ready go. */
export const readyLookUp = `
local leased = table.concat(redis.call('HVALS', key('leased')), '')
if #leased * #ARGV > 4000000 and #ARGV > 1 then return -math.max(1, math.floor(4000000 / #leased)) end
local function isReady(id)
  return redis.call('HEXISTS', key('payload'), id) == 1 and not redis.call('ZSCORE', key('delayed'), id)
    and not redis.call('ZSCORE', key('dead'), id) and not redis.call('ZSCORE', key('done'), id)
    and not string.find(leased, ',' .. id .. ',', 1, true)
end
`

/**
 * Takes the body and leaves the place: a list cannot be searched in bounded time. The place is remembered among the
 * removed until a lease passes over it; what stands at a list's head goes at once. Records of leases are searched as text,
 * so the work is bounded by what is leased times the ids asked for.
 *
 * KEYS  1 state
 * ARGV  ids
 * Answers per id '1' removed or '0' not ready; -n: at most n ids at a time.
 */
export const removeReady = script(`${header}
checked('hash', 'leased')
${readyLookUp}
local marks, ids, goes = {}, {}, {}
for i, id in ipairs(ARGV) do
  local here = not goes[id] and isReady(id)
  marks[i] = here and '1' or '0'
  if here then ids[#ids + 1] = id; goes[id] = true end
end
if #ids == 0 then return table.concat(marks) end
local heads = {}
for priority = 0, ${priorities - 1} do
  local list, count = key('ready:' .. priority), 0
  for _, id in ipairs(redis.call('LRANGE', list, 0, #ids - 1)) do
    if not goes[id] then break end
    count = count + 1
    goes[id] = nil
  end
  if count > 0 then heads[list] = count end
end
${latch('KEYS[1]')}
local left = {}
for id in pairs(goes) do left[#left + 1] = id end
if #left > 0 then redis.call('HSET', KEYS[1], 'holes', '1'); redis.call('SADD', key('removed'), unpack(left)) end
erase(ids)
for list, count in pairs(heads) do redis.call('LTRIM', list, count, -1) end
return table.concat(marks)
`)
