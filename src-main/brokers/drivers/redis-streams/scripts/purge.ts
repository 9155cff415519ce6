import { script } from '../../../clients/script'
import { bodies, checkTypes, clock, firstArg, groups, keepStamp, latch, names, needGroup, settle } from './fragments'

/** Purges take what was there when they began: the bound holds still while new messages arrive. */

const header = `
${names}
${clock}
${bodies}
${groups}
${settle}
${checkTypes}
local limit, bound = tonumber(ARGV[${firstArg}]), ARGV[${firstArg + 1}]
`

/**
 * Dead or done messages, which have no place in the stream any more.
 *
 * KEYS  all
 * ARGV  3 limit  4 highest stamp, or '' at the start  5 "dead" or "done"
 * Answers { removed, bound or '' when nothing is left }.
 */
export const purgeEnded = script(`${header}
local ended = ARGV[${firstArg + 2}] == 'dead' and dead or done
if bound == '' then bound = call('ZRANGE', ended, -1, -1, 'WITHSCORES')[2] or '0' end
local entries = call('ZRANGEBYSCORE', ended, '-inf', bound, 'LIMIT', 0, limit)
if #entries > 0 then
  forget(entries)
  call('ZREM', ended, unpack(entries))
end
return { #entries, #entries == limit and bound or '' }
`)

/**
 * Messages that wait to enter the stream, then retries.
 *
 * KEYS  all
 * ARGV  3 limit  4 bound: '' at the start, else "last sequence, last entry, later ones passed, retries passed"
 * Answers as above.
 */
export const purgeDelayed = script(`${header}
readGroups()
local sequence, newest, passedLater, passedRetries = string.match(bound, '^(%d+) (%S+) (%d+) (%d+)$')
if not sequence then
  local final = call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  sequence, newest, passedLater, passedRetries = call('HGET', queue, 'seq') or '0', final and final[1] or '0-0', 0, 0
  if less(newest, last) then newest = last end
end
local gone, entries, free = {}, {}, {}
local found = call('ZRANGE', later, passedLater, passedLater + limit - 1)
local whole = #found < limit
for _, id in ipairs(found) do
  if tonumber(string.match(id, '%d+$')) <= tonumber(sequence) then gone[#gone + 1] = id else passedLater = passedLater + 1 end
end
if whole then
  local room = limit - #found
  found = room > 0 and call('ZRANGE', delayed, passedRetries, passedRetries + room - 1) or {}
  whole = #found < room
  for _, entry in ipairs(found) do
    if less(newest, entry) then passedRetries = passedRetries + 1
    else
      entries[#entries + 1] = entry
      if isFree(entry) then free[#free + 1] = entry end
    end
  end
end
if #gone + #entries > 0 then ${latch} end
if #gone > 0 then
  call('HDEL', payload, unpack(gone))
  call('ZREM', later, unpack(gone))
end
if #entries > 0 then
  forget(entries)
  release(entries, free)
  call('ZREM', delayed, unpack(entries))
end
bound = sequence .. ' ' .. newest .. ' ' .. passedLater .. ' ' .. passedRetries
return { #gone + #entries, whole and '' or bound }
`)

/**
 * What is ready once more, then what is new in the stream: read as a lease would, and through with.
 *
 * KEYS  all
 * ARGV  3 limit  4 bound: '' at the start, else "last stamp, last entry"
 * Answers as above.
 */
export const purgeReady = script(`${header}
${needGroup}
local high, newest = string.match(bound, '^(%d+) (%S+)$')
if not high then
  local final = call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  high, newest = nextStamp(), final and final[1] or '0-0'
end
local entries = call('ZRANGEBYSCORE', again, '-inf', high, 'LIMIT', 0, limit)
local places, free, counted = #entries, {}, #entries
local coming = {}
if places < limit then
  for _, found in ipairs(call('XRANGE', stream, '(' .. last, newest, 'COUNT', limit - places)) do
    entries[#entries + 1] = found[1]
    coming[#coming + 1] = found[1]
    if call('SISMEMBER', removed, found[1]) == 0 then counted = counted + 1 end
  end
end
for _, entry in ipairs(entries) do
  -- What is new to this group is behind its last entry yet; the others are asked all the same.
  if isFree(entry) then free[#free + 1] = entry end
end
if #entries > 0 then
  ${latch}
  if #coming > 0 then
    call('XREADGROUP', 'GROUP', group, 'qs', 'COUNT', #coming, 'NOACK', 'STREAMS', stream, '>')
    call('SREM', removed, unpack(coming))
  end
  forget(entries)
  release(entries, free)
  if places > 0 then call('ZREM', again, unpack(entries, 1, places)) end
  ${keepStamp}
end
return { counted, #entries == limit and high .. ' ' .. newest or '' }
`)
