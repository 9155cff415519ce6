import { script } from '../../../clients/script'
import {
  bodies,
  checkTypes,
  clock,
  entryOf,
  firstArg,
  groups,
  keepStamp,
  latch,
  metas,
  names,
  needGroup,
  settle,
  wakeAll,
} from './fragments'

/** Where each goes is collected, then written: toAgain, toDelayed, toDead, toLost. */
const header = `
${names}
${clock}
${bodies}
${groups}
${settle}
${metas}
${checkTypes}
local notes, copies, due, agains, buried, gone, free = {}, {}, {}, {}, {}, {}, {}
local function note(entry, found) notes[#notes + 1] = entry; notes[#notes + 1] = found end
local function toAgain(entry) agains[#agains + 1] = entry end
local function toDelayed(entry, at) due[#due + 1] = text(at); due[#due + 1] = entry end
local function toDead(entry, fields)
  buried[#buried + 1] = entry
  copies[#copies + 1] = entry
  copies[#copies + 1] = fields
  if isFree(entry) then free[#free + 1] = entry end
end
local function toLost(entry) gone[#gone + 1] = entry end
local function stamped(entries)
  local places = {}
  for i, entry in ipairs(entries) do places[2 * i - 1] = nextStamp(); places[2 * i] = entry end
  return places
end
local function write()
  ${latch}
  if #notes > 0 then call('HSET', meta, unpack(notes)) end
  if #copies > 0 then call('HSET', kept, unpack(copies)) end
  if #due > 0 then call('ZADD', delayed, unpack(due)) end
  if #buried > 0 then
    call('ZADD', dead, unpack(stamped(buried)))
    call('HINCRBY', state, 'dead', #buried)
  end
  if #agains > 0 then
    call('ZADD', again, unpack(stamped(agains)))
    ${wakeAll}
  end
  if #gone > 0 then
    lose(gone)
    forget(gone)
    release(gone, {})
  end
  release(buried, free)
  if #notes > 0 then call('HINCRBY', state, 'failed', #notes / 2) end
  ${keepStamp}
end
`

/**
 * Each message of a lease that failed goes to ready (delay 0), delayed, or dead (delay -1). A dead one's fields are copied:
 * the stream may be trimmed by others, and is trimmed by us when all groups are through with an entry.
 *
 * KEYS  all
 * ARGV  3 lease id  4- per message: id, delay in ms, name and message of the error, stack
 * Answers per message '1' applied or '0' not in this lease.
 */
export const nack = script(`${header}
${entryOf}
readGroups()
local lease, marks, taken, already = ARGV[${firstArg}], {}, {}, {}
local actor = quoted(call('HGET', workers, lease) or '')
for i = ${firstArg + 1}, #ARGV, 4 do
  local entry = entryOf(ARGV[i])
  local holder = entry and not already[entry] and call('ZSCORE', held, entry)
  if holder and text(tonumber(holder)) == lease then
    already[entry] = true
    marks[#marks + 1] = '1'
    taken[#taken + 1] = entry
    local delay = tonumber(ARGV[i + 1])
    local event = { what = 'failed', to = 'ready', actor = actor, fence = '"' .. lease .. '"', tail = ARGV[i + 2], stack = ARGV[i + 3] }
    local fields
    if delay < 0 then
      event.what, event.to = 'died', 'dead'
      fields = fieldsOf(entry)
    elseif delay > 0 then event.to = 'delayed' end
    if delay < 0 and not fields then toLost(entry)
    else
      note(entry, noted(call('HGET', meta, entry), event))
      if delay < 0 then toDead(entry, fields)
      elseif delay == 0 then toAgain(entry)
      else toDelayed(entry, now + delay) end
    end
  else
    marks[#marks + 1] = '0'
  end
end
if #taken > 0 then
  write()
  call('ZREM', held, unpack(taken))
  closeLease(lease)
end
return table.concat(marks)
`)

/** A call reads no more bodies than this many bytes; what is left comes with the next. */
const bytesPerCall = 4 * 1024 * 1024

/**
 * Takes back messages of leases that have run out: ready once more or, when that was the last attempt, dead. Then messages
 * that a plain consumer of this group holds and has not acked for long; then what all groups are through with but nobody
 * deleted. At most \`limit\` messages.
 *
 * KEYS  all
 * ARGV  3 limit  4 attempts of a message that has no limit of its own  5 ms after which a plain consumer is taken for dead
 * Answers { back to ready, died, when the next lease expires in ms or -1 }.
 */
export const recover = script(`${header}
${needGroup}
local room, bytes, closed, left = tonumber(ARGV[${firstArg}]), 0, {}, {}
local function takeBack(entry, actor, fence)
  local fields = fieldsOf(entry)
  if not fields then toLost(entry) return end
  bytes = bytes + #fields
  local found = call('HGET', meta, entry)
  local isLast = attemptsIn(found) + 1 >= (ownLimit(fields) or tonumber(ARGV[${firstArg + 1}]))
  note(entry, noted(found, {
    what = 'lease expired', to = isLast and 'dead' or 'ready', actor = quoted(actor), fence = fence, stack = '',
    tail = '"name":"LeaseExpired","message":' .. quoted('The lease of ' .. actor .. ' ran out.'),
  }))
  if isLast then toDead(entry, fields) else toAgain(entry) end
end
for _, lease in ipairs(call('ZRANGEBYSCORE', leases, '-inf', text(now), 'LIMIT', 0, room)) do
  if room <= 0 or bytes >= ${bytesPerCall} then break end
  local worker = call('HGET', workers, lease) or ''
  local entries = call('ZRANGEBYSCORE', held, lease, lease, 'LIMIT', 0, room)
  table.sort(entries, less)
  for _, entry in ipairs(entries) do
    if bytes >= ${bytesPerCall} then break end
    takeBack(entry, worker, '"' .. lease .. '"')
    left[#left + 1] = entry
    room = room - 1
  end
  closed[#closed + 1] = lease
end
local claimed = {}
for _, info in ipairs(call('XINFO', 'CONSUMERS', stream, group)) do
  local fields = {}
  for i = 1, #info, 2 do fields[info[i]] = info[i + 1] end
  if fields.name ~= 'qs' and fields.pending > 0 and room > 0 and bytes < ${bytesPerCall} then
    for _, found in ipairs(call('XPENDING', stream, group, 'IDLE', ARGV[${firstArg + 2}], '-', '+', math.min(room, 100), fields.name)) do
      -- One of ours that was claimed from us is ours still.
      local entry = found[1]
      if not call('ZSCORE', held, entry) and not call('ZSCORE', again, entry) and not call('ZSCORE', delayed, entry) then
        takeBack(entry, fields.name, 'null')
      end
      claimed[#claimed + 1] = entry
      room = room - 1
    end
  end
end
local bound, first
if deleting then
  first = call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  bound = last
  local names = { group }
  for i, other in ipairs(others) do
    names[i + 1] = other[1]
    if less(other[2], bound) then bound = other[2] end
  end
  for _, name in ipairs(names) do
    local least = call('XPENDING', stream, name)[2]
    if least and less(least, bound) then bound = least end
  end
end
-- Others may have trimmed what once waited to enter the stream: a few are looked at each time.
local stray = {}
if call('HLEN', aliases) > 0 then
  for _, entry in ipairs(call('HRANDFIELD', aliases, 10)) do
    if string.find(entry, '^%d') and #call('XRANGE', stream, entry, entry) == 0 then stray[#stray + 1] = entry end
  end
end
if #left > 0 or #claimed > 0 then
  ${latch}
  for _, entry in ipairs(claimed) do call('XCLAIM', stream, group, 'qs', 0, entry, 'JUSTID') end
  write()
  if #left > 0 then call('ZREM', held, unpack(left)) end
end
for _, lease in ipairs(closed) do closeLease(lease) end
for _, entry in ipairs(stray) do dropAlias(entry) end
if first and less(first[1], bound) then call('XTRIM', stream, 'MINID', '~', bound, 'LIMIT', 1000) end
local nearest = call('ZRANGE', leases, 0, 0, 'WITHSCORES')
return { #agains, #buried, nearest[2] and text(tonumber(nearest[2])) or -1 }
`)
