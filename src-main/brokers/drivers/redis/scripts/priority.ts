import { script } from '../../../clients/script'
import { clock, fieldsOf, latch, metas, wholeQueue } from './fragments'
import { opening, parcelLookUp, runs } from './parcels'

/** How far around the place where a ready message was seen it is looked for: leases may have moved it meanwhile. */
const nearby = 500
/** The same for a place that holds many: each has to be parsed. */
const nearbyRuns = 100

/**
 * seenAt(id, list, at): index of the place where a message stands, and what stands there when it is not the message alone.
 * without(place, id): the place without the message.
 */
const seeking = `
local spread, windows = tonumber(redis.call('HGET', KEYS[1], 'spread') or 0), {}
local function isIn(place, number)
  for first, count in string.gmatch(place, '(%d+)%*?(%d*)') do
    local from = tonumber(first)
    if number >= from and number < from + (tonumber(count) or 1) then return true end
  end
  return false
end
local function seenAt(id, list, at)
  local start = math.max(at - ${nearby}, 0)
  local window = windows[list .. start] or redis.call('LRANGE', key('ready:' .. list), start, start + 2 * ${nearby})
  windows[list .. start] = window
  for n, place in ipairs(window) do
    if place == id then return start + n - 1 end
  end
  local number = spread > 0 and tonumber(id)
  if not number then return nil end
  for n = math.max(at - ${nearbyRuns} - start, 1), math.min(at + ${nearbyRuns} - start, #window) do
    if string.find(window[n], '[*,]') and isIn(window[n], number) then return start + n - 1, window[n] end
  end
end
local function without(place, id)
  local number, left = tonumber(id), {}
  for token in string.gmatch(place, '[^,]+') do
    local first, count = runOf(token)
    if first and number >= first and number < first + count then
      if number > first then left[#left + 1] = runFrom(first, number - first) end
      if number < first + count - 1 then left[#left + 1] = runFrom(number + 1, first + count - 1 - number) end
    elseif token ~= id then left[#left + 1] = token end
  end
  return table.concat(left, ',')
end
`

/**
 * Of delayed and ready messages. A ready one leaves its place in its old list: where it stood alone as a hole, which a lease passes
 * over. A message of a group keeps the order of its group: its priority says nothing and is left alone.
 *
 * KEYS  1 state
 * ARGV  1 priority  2- per id: id, the priority of the ready list in which it was seen or '' for delayed, its place there
 * Answers per id '1' or '0' (not there any more).
 */
export const changePriority = script(`
${clock}
${wholeQueue}
${metas}
${fieldsOf}
checked('hash', 'payload', 'parcels', 'meta') checked('zset', 'delayed') checked('set', 'removed')
redis.call('LLEN', key('ready:' .. ARGV[1]))
${runs}
${opening}
${parcelLookUp}
${seeking}
local marks, ids, from, places, seen, opens, shared = {}, {}, {}, {}, {}, {}, {}
for i = 2, #ARGV, 3 do
  local id, list, here, run = ARGV[i], ARGV[i + 1], nil, nil
  local first = parcelOf(id)
  if not seen[id] and not groupOf(id) and (first or redis.call('HEXISTS', key('payload'), id) == 1) then
    if list == '' then here = redis.call('ZSCORE', key('delayed'), id)
    else here, run = seenAt(id, list, tonumber(ARGV[i + 2])) end
  end
  marks[#marks + 1] = here and '1' or '0'
  if here then
    seen[id] = true
    ids[#ids + 1] = id; from[#from + 1] = list; places[#places + 1] = here
    if first then opens[first] = true end
    if run then shared[list .. here] = run end
  end
end
local found, notes = fieldsOf(key('meta'), ids), {}
for n, id in ipairs(ids) do
  notes[#notes + 1] = id
  notes[#notes + 1] = noted(found[n], { kind = 'c', fence = '0', worker = '', tail = '\\t' .. ARGV[1] .. '\\t' })
end
if #ids > 0 then
  ${latch('KEYS[1]')}
  for first in pairs(opens) do open(first) end
  redis.call('HSET', key('meta'), unpack(notes))
  redis.call('HSET', KEYS[1], 'rich', '1', 'holes', '1')
  for n, id in ipairs(ids) do
    local at = from[n] .. places[n]
    local place = shared[at]
    if from[n] == '' then
      redis.call('ZADD', key('delayed'), text(math.floor(places[n] / 16) * 16 + ARGV[1]), id)
    elseif place and place ~= id then
      redis.call('RPUSH', key('ready:' .. ARGV[1]), id)
      shared[at] = without(place, id)
      redis.call('LSET', key('ready:' .. from[n]), places[n], shared[at])
      add('spread', -1)
    else
      redis.call('RPUSH', key('ready:' .. ARGV[1]), id)
      local hole = 'h' .. id .. '.' .. redis.call('HINCRBY', KEYS[1], 'hole', 1)
      redis.call('SADD', key('removed'), hole)
      redis.call('LSET', key('ready:' .. from[n]), places[n], hole)
    end
  end
end
return table.concat(marks)
`)
