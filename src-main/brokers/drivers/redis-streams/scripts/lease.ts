import { script } from '../../../clients/script'
import { idField } from '../entry'
import {
  bodies,
  checkTypes,
  clock,
  entryOf,
  firstArg,
  groups,
  keepStamp,
  latch,
  names,
  needGroup,
  nextLease,
  settle,
} from './fragments'

/** A lease ends early when it holds this many bytes, so that no answer is huge. */
const bytesPerLease = 4 * 1024 * 1024

/**
 * How many may begin: at most \`max\` in any \`per\` ms. What began is kept in at most a hundred pieces, each counted until its
 * latest part is over: never too many begin, some a hundredth of the span late.
 */
const readLimit = (at: number) => `
local max, per = tonumber(ARGV[${at}]), tonumber(ARGV[${at} + 1])
local pieces, begunCount, over, freeIn = {}, 0, 0, -1
local allowed = tonumber(ARGV[${at} - 2])
if max > 0 then
  pieces = call('LRANGE', begun, 0, -1)
  for i, piece in ipairs(pieces) do
    local _, untilMs, count = string.match(piece, '^(%d+) (%d+) (%d+)$')
    if untilMs + per <= now then over = i
    else
      begunCount = begunCount + count
      if freeIn < 0 then freeIn = untilMs + per - now end
    end
  end
  allowed = math.min(allowed, max - begunCount)
end
`

const writeLimit = `
local function countBegun(count)
  if max == 0 then return end
  if over > 0 then call('LTRIM', begun, over, -1) end
  if count == 0 then return end
  local from, _, already = string.match(#pieces > over and pieces[#pieces] or '', '^(%d+) (%d+) (%d+)$')
  if from and now - from < per / 100 then call('LSET', begun, -1, from .. ' ' .. text(now) .. ' ' .. (already + count))
  else call('RPUSH', begun, text(now) .. ' ' .. text(now) .. ' ' .. count) end
end
`

/**
 * First what is ready once more, then what is new in the stream. \`at\` is the place of the worker's name in ARGV.
 * What was removed is passed over; what has no body any more is written down as lost.
 */
const readLease = (at: number) => `
${readLimit(at + 3)}
${writeLimit}
local paused = call('HGET', state, 'paused')
local removedCount, keptCount = call('SCARD', removed), call('HLEN', kept)
local taken, isTaken, bytes, goneIds = {}, {}, 0, {}
local id = ${nextLease}
if not paused and allowed > 0 then
  for _, entry in ipairs(call('ZRANGE', again, 0, allowed - 1)) do
    if bytes >= ${bytesPerLease} then break end
    local fields = fieldsOf(entry)
    if fields then
      bytes = bytes + #fields
      taken[#taken + 1] = { entry, fields }
      isTaken[entry] = true
    else
      goneIds[#goneIds + 1] = entry
    end
  end
end
local repeated = #taken
`

const writeLease = (at: number) => `
local leased = paused and -1 or 0
if not paused and allowed > 0 then
  ${latch}
  local passed, freed, exhausted = {}, {}, false
  while #taken < allowed and bytes < ${bytesPerLease} do
    local want = math.min(allowed - #taken, 50)
    local got = call('XREADGROUP', 'GROUP', group, 'qs', 'COUNT', want, 'STREAMS', stream, '>')
    local list = got and got[1][2] or {}
    for _, found in ipairs(list) do
      local entry, fields = found[1], found[2]
      if removedCount > 0 and call('SISMEMBER', removed, entry) == 1 then
        passed[#passed + 1] = entry
        if isFree(entry) then freed[#freed + 1] = entry end
      elseif not isTaken[entry] then
        local own = keptCount > 0 and call('HGET', kept, entry)
        if own then bytes = bytes + #own
        else for i = 1, #fields do bytes = bytes + #fields[i] end end
        taken[#taken + 1] = { entry, own or fields }
        if fields[1] == '${idField}' then call('HSET', names, entry, fields[2], fields[2], entry) end
      end
    end
    if #list < want then exhausted = true break end
  end
  local spent = #goneIds + #passed
  if #taken > 0 then
    local expires = text(now + ARGV[${at} + 2])
    local places, order, metaOf = {}, {}, {}
    for i, each in ipairs(taken) do
      places[2 * i - 1] = id
      places[2 * i] = each[1]
      order[i] = each[1]
    end
    call('ZADD', held, unpack(places))
    call('ZADD', leases, expires, id)
    call('HSET', workers, id, ARGV[${at}])
    call('HSET', state, 'lease', id)
    if #taken > repeated then
      -- Somebody set the group back: what is given out once more has no other place any longer.
      local furthest = call('HGET', state, 'furthest')
      if furthest and not less(furthest, order[repeated + 1]) then
        for _, place in ipairs({ again, delayed, dead, done }) do call('ZREM', place, unpack(order, repeated + 1)) end
        metaOf = call('HMGET', meta, unpack(order))
      end
      if not furthest or less(furthest, order[#order]) then call('HSET', state, 'furthest', order[#order]) end
    end
    if repeated > 0 then
      call('ZREM', again, unpack(order, 1, repeated))
      if #metaOf == 0 then metaOf = call('HMGET', meta, unpack(order, 1, repeated)) end
    end
    for i, each in ipairs(taken) do each[3] = metaOf[i] or false end
    leased = { id, expires, text(now), taken }
  elseif spent > 0 then
    leased = -3
  end
  if #goneIds > 0 then
    call('ZREM', again, unpack(goneIds))
    lose(goneIds)
    forget(goneIds)
    release(goneIds, {})
  end
  if #passed > 0 then
    forget(passed)
    call('SREM', removed, unpack(passed))
    release(passed, freed)
  end
  if exhausted and removedCount > 0 then call('UNLINK', removed) end
  countBegun(#taken)
elseif not paused and max > 0 and tonumber(ARGV[${at} + 1]) > 0 then
  countBegun(0)
  leased = -4 - math.max(freeIn, 0)
end
`

/**
 * KEYS  all
 * ARGV  3 worker  4 count  5 lease ms  6 most that may begin (0: no limit)  7 in this many ms
 * Answers { lease id, expiry, now, { entry, packed fields or fields, meta }... }; or 0 nothing is ready, -1 paused, -3 only what was removed or lost was found: ask again, -4 and less: held back by the limit
 * for as many ms.
 */
export const lease = script(`
${names}
${clock}
${bodies}
${groups}
${settle}
${checkTypes}
${needGroup}
${readLease(firstArg)}
${writeLease(firstArg)}
return leased
`)

/**
 * readAck(at, count): who of the \`count\` ids, each followed by its result ('' for none), is held by lease ARGV[at].
 * Before them: how many of those done are kept, for how many ms.
 */
export const readAck = (at: number, count: string) => `
local finished = { marks = {}, entries = {}, free = {}, results = {}, copies = {}, lease = ARGV[${at}] }
local keepCount, keepMs = tonumber(ARGV[${at} + 1]), tonumber(ARGV[${at} + 2])
local already = {}
for n = 1, ${count} do
  local entry = entryOf(ARGV[${at} + 1 + 2 * n])
  local lease = entry and not already[entry] and call('ZSCORE', held, entry)
  if lease and text(tonumber(lease)) == finished.lease then
    already[entry] = true
    finished.marks[n] = '1'
    finished.entries[#finished.entries + 1] = entry
    if isFree(entry) then finished.free[#finished.free + 1] = entry end
    if keepCount > 0 then
      local result = ARGV[${at} + 2 + 2 * n]
      local fields = fieldsOf(entry)
      if fields then finished.copies[#finished.copies + 1] = { entry, fields, result } end
    end
  else
    finished.marks[n] = '0'
  end
end
`

export const writeAck = `
if #finished.entries > 0 then
  local entries = finished.entries
  ${latch}
  local isKept = {}
  for _, copy in ipairs(finished.copies) do
    isKept[copy[1]] = true
    call('HSET', kept, copy[1], copy[2])
    if copy[3] ~= '' then call('HSET', results, copy[1], copy[3]) end
    call('ZADD', done, nextStamp(), copy[1])
  end
  local forgotten = {}
  for _, entry in ipairs(entries) do if not isKept[entry] then forgotten[#forgotten + 1] = entry end end
  forget(forgotten)
  release(entries, finished.free)
  call('ZREM', held, unpack(entries))
  closeLease(finished.lease)
  call('HINCRBY', state, 'acked', #entries)
  if keepCount > 0 then
    local old = call('ZRANGEBYSCORE', done, '-inf', '(' .. text(math.max(after(0, 256) - keepMs * 256, 0)), 'LIMIT', 0, 500)
    local most = call('ZCARD', done) - keepCount
    if most > #old then old = call('ZRANGE', done, 0, math.min(most, 500) - 1) end
    if #old > 0 then
      call('ZREM', done, unpack(old))
      forget(old)
    end
  end
end
`

/**
 * KEYS  all
 * ARGV  3 lease id  4 how many of those done are kept  5 for how long in ms  6- id, result or ''...
 * Answers per id '1' acked, or '0' not in this lease.
 */
export const ack = script(`
${names}
${clock}
${bodies}
${groups}
${settle}
${entryOf}
${checkTypes}
readGroups()
${readAck(firstArg, `(#ARGV - ${firstArg + 2}) / 2`)}
${writeAck}
${keepStamp}
return table.concat(finished.marks)
`)

/**
 * Both in one call.
 *
 * KEYS  all
 * ARGV  3-7 as lease  8- as ack from its 3
 * Answers { as ack, as lease }.
 */
export const turn = script(`
${names}
${clock}
${bodies}
${groups}
${settle}
${entryOf}
${checkTypes}
${needGroup}
${readAck(firstArg + 5, `(#ARGV - ${firstArg + 7}) / 2`)}
${readLease(firstArg)}
${writeAck}
${writeLease(firstArg)}
${keepStamp}
return { table.concat(finished.marks), leased }
`)

/**
 * KEYS  all
 * ARGV  3 lease id  4 lease ms
 * Answers 1, or 0 when the lease is lost.
 */
export const extend = script(`
${names}
${clock}
if not call('ZSCORE', leases, ARGV[3]) or call('ZCOUNT', held, ARGV[3], ARGV[3]) == 0 then return 0 end
${latch}
call('ZADD', leases, 'XX', text(now + ARGV[4]), ARGV[3])
return 1
`)
