import { script } from '../../../clients/script'
import { idEpochMs, idsPerMs, stampsPerMs } from '../ids'
import { defaultPriority, priorities } from '../keys'
import { clock, erasing, fieldsOf, latch, limits, metas, nextId, readiness, records, wholeQueue } from './fragments'
import { leaving, runs, takingPlaces, unfolding } from './parcels'

/** Leases and acks of queues that use more than plain messages; each answers what its twin in plain-lease.ts does. */

const begin = `
${clock}
${wholeQueue}
${limits}
${readiness}
${records}
${metas}
${fieldsOf}
${erasing}
${runs}
${unfolding}
${takingPlaces}
`

/** Trims of what is done and kept, per call, beside what the call itself adds. */
const doneTrim = 200

/**
 * ARGV[at] lease, [at + 1] how many done ones are kept or -1, [at + 2] for how many ms, then per id: id, result or ''.
 * A child's end is left as a notice for its parent.
 */
const readAck = (at: number) => `
checked('hash', 'payload', 'parcels', 'meta', 'results', 'notes', 'names', 'kids', 'leased', 'busy', 'windows')
checked('zset', 'leases', 'done', 'held') checked('list', 'groups', 'notices', 'wake')
local state = redis.call('HMGET', KEYS[1], 'finished', 'paused', 'lease', 'big', 'starts', 'holes')
local keep, keepMs = tonumber(ARGV[${at} + 1]), tonumber(ARGV[${at} + 2])
local record = redis.call('HGET', key('leased'), ARGV[${at}])
local ids, marks, results, named = {}, {}, {}, {}
if record and string.find(record, '*', 1, true) then
  for priority = 0, ${priorities - 1} do checked('list', 'ready:' .. priority) end
end
record = record and unfolded(ARGV[${at}], record, holder(ARGV, ${at} + 3, 2))
for i = ${at} + 3, #ARGV, 2 do
  local rest = record and cut(record, ARGV[i])
  marks[#marks + 1] = rest and '1' or '0'
  if rest then
    record = rest
    ids[#ids + 1] = ARGV[i]
    free(ARGV[i])
    named[ARGV[i]] = ARGV[i + 1]
  end
end
local there = fieldsOf(key('meta'), ids)
local notices = {}
for n, id in ipairs(ids) do
  local parent = parentIn(there[n])
  if parent then notices[#notices + 1] = id .. ' ' .. parent .. '\\n' .. named[id] end
end
local ended, kept, finished = {}, {}, tonumber(state[1] or 0)
if keep > 0 then
  for n, id in ipairs(ids) do
    if n <= #ids - keep then ended[id] = true
    else
      finished = after(finished, ${stampsPerMs})
      kept[#kept + 1] = text(finished * 16 + ${defaultPriority}); kept[#kept + 1] = id
      if named[id] ~= '' then results[#results + 1] = id; results[#results + 1] = named[id] end
    end
  end
  local excess = redis.call('ZCARD', key('done')) + #kept / 2 - keep
  if excess > 0 then
    for _, id in ipairs(redis.call('ZRANGE', key('done'), 0, math.min(excess, #ids + ${doneTrim}) - 1)) do ended[id] = true end
  end
  local oldest = text(math.max(now - ${idEpochMs} - keepMs, 0) * ${stampsPerMs} * 16)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', key('done'), '-inf', '(' .. oldest, 'LIMIT', 0, ${doneTrim})) do ended[id] = true end
end
`

const writeAck = (at: number) => `
if #ids > 0 then
  ${latch("key('leased')")}
  if #notices > 0 then redis.call('RPUSH', key('notices'), unpack(notices)) end
  if keep > 0 then
    redis.call('ZADD', key('done'), unpack(kept))
    redis.call('HSET', KEYS[1], 'rich', '1', 'finished', text(finished))
    if #results > 0 then redis.call('HSET', key('results'), unpack(results)) end
    local gone = {}
    for id in pairs(ended) do gone[#gone + 1] = id end
    if #gone > 0 then erase(gone); redis.call('ZREM', key('done'), unpack(gone)) end
  else erase(ids) end
  add('acked', #ids)
  if hasIds(record) then redis.call('HSET', key('leased'), ARGV[${at}], record)
  else redis.call('ZREM', key('leases'), ARGV[${at}]); redis.call('HDEL', key('leased'), ARGV[${at}]) end
end
`

/** A group whose last message is looked at may turn out to hold removed ones only: so far a lease looks into it. */
const deepestHole = 20

/** Comes before all else that a lease, or an ack with one, does: a parcel may be opened then. */
const leaseTypes = `
checked('hash', 'payload', 'parcels', 'meta', 'leased', 'busy', 'windows') checked('zset', 'leases', 'held')
checked('list', 'groups', 'wake') checked('set', 'removed')
redis.call('STRLEN', key('waits'))
`

/**
 * ARGV 1 worker, 2 count, 3 lease ms, 4 and 5 the queue's limit (max or -1, per ms), 6 and 7 each group's.
 * Groups and lists take turns at the room: half each, and what one does not use is the other's.
 */
const readLease = `
local want, limited = tonumber(ARGV[2]), -1
local limit, perMs, groupLimit, groupPerMs = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
if limit > 0 then
  local total, leaves = started(state[5], perMs)
  want = math.min(want, math.max(limit - total, 0))
  if want == 0 then limited = math.max((leaves or now) - now, 1) end
end
if state[2] then want = 0 end
local holes = state[6] and redis.call('SCARD', key('removed')) or 0
local function isHole(id) return holes > 0 and redis.call('SISMEMBER', key('removed'), id) == 1 end
local turns = want > 0 and redis.call('LRANGE', key('groups'), 0, math.min(want * 2, 500) - 1) or {}
local took, trims, heads, spread, holesPassed, lastGroup = {}, {}, {}, 0, {}, 0
local claims, opened, again, holding = {}, {}, {}, {}
local function isUsedUp(group)
  if groupLimit <= 0 then return false end
  local window = string.match(redis.call('HGET', key('windows'), group) or '', ':(.*)$')
  local total, leaves = started(window, groupPerMs)
  if total < groupLimit then return false end
  holding[#holding + 1] = text(leaves); holding[#holding + 1] = group
  return true
end
local function takeGroups(room)
  while room > 0 and lastGroup < #turns do
    lastGroup = lastGroup + 1
    local group = turns[lastGroup]
    local list = key('g:' .. group)
    if not claims[group] and redis.call('HEXISTS', key('busy'), group) == 0 and not isUsedUp(group) then
      local heads, passed, id = redis.call('LRANGE', list, 0, ${deepestHole}), 0, nil
      for _, head in ipairs(heads) do
        if isHole(head) then passed = passed + 1; holesPassed[#holesPassed + 1] = head else id = head break end
      end
      if id then
        claims[group] = id
        trims[list] = passed + 1
        took[#took + 1] = { id }
        room = room - 1
        if groupLimit > 0 then opened[#opened + 1] = group end
      elseif passed > 0 then
        trims[list] = passed
        if #heads > passed then again[#again + 1] = group end
      end
    end
  end
  return room
end
local more = false
local function takeLists(room)
  for priority = 0, ${priorities - 1} do
    if room <= 0 then break end
    local list = key('ready:' .. priority)
    local head = heads[list] or { at = 0 }
    local start = head.at
    heads[list] = head
    local found = takePlaces(list, head, { want = room, isHole = isHole })
    local ids = found.ids
    for _, hole in ipairs(found.skipped) do holesPassed[#holesPassed + 1] = hole end
    spread = spread + found.moved - (head.at - start)
    if #ids > 0 then
      ids.priority = priority
      took[#took + 1] = ids
      room = room - #ids
    end
  end
  return room
end
local room = want
if room > 0 then
  local forLists = math.floor(room / 2)
  if #turns == 0 then forLists = room end
  local left = takeLists(forLists)
  room = takeGroups(room - forLists + left)
  room = takeLists(room)
end
-- Turns that were used up by groups with nothing to give may hide others behind them.
local hidden = lastGroup > 0 and lastGroup == #turns and #turns == math.min(want * 2, 500) and room > 0
more = want > 0 and (room == 0 or hidden)
local leasing, parts, metasOf, bodies = {}, { '' }, 0, 0
local lastPriority = ${defaultPriority}
for _, ids in ipairs(took) do
  local priority = ids.priority or ${defaultPriority}
  if priority ~= lastPriority then parts[#parts + 1] = '!' .. priority; lastPriority = priority end
  for i = 1, #ids do leasing[#leasing + 1] = ids[i]; parts[#parts + 1] = ids[i] end
end
if #leasing > 0 then
  metasOf = redis.call('EXISTS', key('meta')) == 1 and redis.call('HMGET', key('meta'), unpack(leasing)) or 0
  bodies = state[4] and 0 or redis.call('HMGET', key('payload'), unpack(leasing))
end
parts[#parts + 1] = '|' .. ARGV[1]
if #leasing == 0 and limited < 0 and groupLimit > 0 and not state[2] then
  local opens = tonumber(redis.call('ZRANGE', key('held'), 0, 0, 'WITHSCORES')[2] or holding[1])
  if opens then limited = math.max(opens - now, 1) end
end
`

const writeLease = `
local leased = state[2] and -1 or 0
if limited > 0 then leased = -10 - limited end
if #leasing > 0 then
  local id, expires = text(${nextId('state[3]')}), text(now + ARGV[3])
  local waited = now - (math.floor(string.match(leasing[1], '^%d+') / ${idsPerMs}) + ${idEpochMs})
  local bucket = 0
  if waited >= 1 then local _, power = math.frexp(waited); bucket = math.min(power, 47) end
  local record = table.concat(parts, ',')
  ${latch("key('leased')")}
  redis.call('ZADD', key('leases'), expires, id)
  redis.call('HSET', key('leased'), id, record)
  redis.call('HSET', KEYS[1], 'lease', id, 'rich', '1')
  redis.call('BITFIELD', key('waits'), 'INCRBY', 'i64', '#' .. bucket, #leasing)
  if limit > 0 then redis.call('HSET', KEYS[1], 'starts', begun(state[5], perMs, #leasing)) end
  for _, group in ipairs(opened) do
    local window = string.match(redis.call('HGET', key('windows'), group) or '', ':(.*)$')
    redis.call('HSET', key('windows'), group, groupLimit .. '/' .. groupPerMs .. ':' .. begun(window, groupPerMs, 1))
  end
  local flat, grouped = {}, 0
  for group, held in pairs(claims) do flat[#flat + 1] = group; flat[#flat + 1] = held; grouped = grouped + 1 end
  if grouped > 0 then redis.call('HSET', key('busy'), unpack(flat)) end
  leased = { id, expires, record, bodies, metasOf }
elseif #holesPassed > 0 or hidden then
  leased = -3
end
local fromGroups = 0
for list, count in pairs(trims) do
  redis.call('LTRIM', list, count, -1)
  if string.find(list, ':g:', #base, true) then fromGroups = fromGroups + count end
end
for list, head in pairs(heads) do ${leaving('list', 'head')}end
add('spread', -spread)
if lastGroup > 0 then redis.call('LTRIM', key('groups'), lastGroup, -1) end
if #again > 0 then redis.call('RPUSH', key('groups'), unpack(again)) end
if #holding > 0 then redis.call('ZADD', key('held'), unpack(holding)) end
add('grouped', -fromGroups)
if #holesPassed > 0 then redis.call('SREM', key('removed'), unpack(holesPassed)) end
if more then if redis.call('LLEN', key('wake')) == 0 then redis.call('RPUSH', key('wake'), '1') end end
`

/**
 * KEYS  1 state
 * ARGV  1 worker  2 count  3 lease ms  4 limit's max or -1  5 per ms  6 group limit's max or -1  7 per ms
 * Answers as lease of plain-lease.ts, and -10 - ms when a limit holds everything back for so long.
 */
export const richLease = script(`${begin}
local state = redis.call('HMGET', KEYS[1], 'finished', 'paused', 'lease', 'big', 'starts', 'holes')
${leaseTypes}${readLease}${writeLease}
return leased
`)

/**
 * KEYS  1 state
 * ARGV  1 lease  2 how many done ones are kept, or -1  3 for how many ms  4- per id: id, result or ''
 * Answers per id '1' acked or '0' not in this lease.
 */
export const richAck = script(`${begin}${readAck(1)}${writeAck(1)}
writeReady()
return table.concat(marks)
`)

/**
 * KEYS  1 state
 * ARGV  1-7 as richLease  8- as richAck
 * Answers { as richAck, as richLease }.
 */
export const richTurn = script(`${begin}${leaseTypes}${readAck(8)}${readLease}${writeAck(8)}${writeLease}
writeReady()
return { table.concat(marks), leased }
`)
