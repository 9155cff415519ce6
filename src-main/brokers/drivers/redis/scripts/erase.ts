import { script } from '../../../clients/script'
import { priorities } from '../keys'
import { clock, erasing, latch, limits, readiness, wholeQueue } from './fragments'
import { leaving, opening, parcelLookUp, runs, takingPlaces } from './parcels'

const header = `
${clock}
${wholeQueue}
${limits}
${readiness}
${erasing}
checked('hash', 'payload', 'parcels', 'meta', 'results', 'notes', 'names', 'kids', 'busy', 'windows')
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
 * that have one in flight included. Parcels go as they are.
 *
 * KEYS  1 state
 * ARGV  1 limit  2 bound: '' at the start, else "highest id/groups passed"
 * Answers { removed, bound or '' when nothing is left }.
 */
export const purgeReady = script(`${header}
${runs}
${opening}
${takingPlaces}
local state = redis.call('HMGET', KEYS[1], 'id', 'grouped')
for priority = 0, ${priorities - 1} do checked('list', 'ready:' .. priority) end
local high, passed = string.match(ARGV[2], '^(%d+)/(%d+)$')
if not high then high, passed = state[1] or '0', 0 end
local room, ids, parcels, parceled, heads, spread, fromGroups = tonumber(ARGV[1]), {}, {}, 0, {}, 0, 0
local function isLater(id) return numberOf(id) > tonumber(high) end
local function take(list)
  local head = { at = 0 }
  local took = takePlaces(list, head, { want = room, isHole = function() return false end, stops = isLater, whole = true })
  for i, id in ipairs(took.ids) do
    if took.closed[i] then parcels[#parcels + 1] = took.closed[i]; parceled = parceled + select(2, runOf(id))
    else ids[#ids + 1] = id end
  end
  room = room - took.count
  if took.count > 0 then heads[list] = head end
  return took.count, took.count - head.at
end
for priority = 0, ${priorities - 1} do spread = spread + select(2, take(key('ready:' .. priority))) end
local left = room == 0
if not left and tonumber(state[2] or 0) > 0 then
  local function look(groups)
    for _, group in ipairs(groups) do
      -- A group whose list was emptied may stand in line twice.
      if not heads[key('g:' .. group)] then fromGroups = fromGroups + take(key('g:' .. group)) end
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
end
if #parcels > 0 then
  redis.call('HDEL', key('parcels'), unpack(parcels))
  add('parceled', -parceled)
end
for list, head in pairs(heads) do ${leaving('list', 'head')}end
if #ids > 0 then redis.call('SREM', key('removed'), unpack(ids)) end
add('spread', -spread)
add('grouped', -fromGroups)
return { gone + parceled, left and high .. '/' .. passed or '' }
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

/** isReady(id): whether it is, and the parcel in which it is closed with its bytes. */
export const readyLookUp = `
${parcelLookUp}
local leased = table.concat(redis.call('HVALS', key('leased')), '')
if #leased * #ARGV > 4000000 and #ARGV > 1 then return -math.max(1, math.floor(4000000 / #leased)) end
local function isReady(id)
  if redis.call('HEXISTS', key('payload'), id) == 0 then
    local first, bytes = parcelOf(id)
    return first and not string.find(leased, ',' .. first .. '*', 1, true), first, bytes
  end
  return not redis.call('ZSCORE', key('delayed'), id)
    and not redis.call('ZSCORE', key('dead'), id) and not redis.call('ZSCORE', key('done'), id)
    and not string.find(leased, ',' .. id .. ',', 1, true)
end
`

/** A call opens parcels of so many bytes, each counting so many more, or one. */
const mostOpened = 400_000
const eachOpened = 20_000

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
${runs}
${opening}
${readyLookUp}
local marks, ids, goes, opens, opened = {}, {}, {}, {}, 0
for i, id in ipairs(ARGV) do
  local here, first, bytes = false, nil, 0
  if not goes[id] then here, first, bytes = isReady(id) end
  if here and first and not opens[first] then
    if opened > 0 and opened + bytes > ${mostOpened} then return 1 - i end
    opened = opened + bytes + ${eachOpened}
    opens[first] = true
  end
  marks[i] = here and '1' or '0'
  if here then ids[#ids + 1] = id; goes[id] = true end
end
if #ids == 0 then return table.concat(marks) end
local heads, spread = {}, 0
local function goesWhole(place)
  local own = {}
  for token in string.gmatch(place, '[^,]+') do
    local number, count = runOf(token)
    for i = 0, (count or 1) - 1 do
      local id = number and text(number + i) or token
      if not goes[id] then return false end
      own[#own + 1] = id
    end
  end
  for _, id in ipairs(own) do goes[id] = nil end
  spread = spread + #own - 1
  return true
end
for priority = 0, ${priorities - 1} do
  local list, count = key('ready:' .. priority), 0
  for _, place in ipairs(redis.call('LRANGE', list, 0, #ids - 1)) do
    if not goesWhole(place) then break end
    count = count + 1
  end
  if count > 0 then heads[list] = count end
end
${latch('KEYS[1]')}
for first in pairs(opens) do open(first) end
local left = {}
for id in pairs(goes) do left[#left + 1] = id end
if #left > 0 then redis.call('HSET', KEYS[1], 'holes', '1'); redis.call('SADD', key('removed'), unpack(left)) end
erase(ids)
for list, count in pairs(heads) do redis.call('LTRIM', list, count, -1) end
add('spread', -spread)
return table.concat(marks)
`)
