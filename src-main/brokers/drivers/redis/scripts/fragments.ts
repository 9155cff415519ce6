import { idEpochMs, idsPerMs } from '../ids'
import { defaultPriority } from '../keys'
import { longestHistory } from '../meta'

/**
 * Pieces of Lua that more than one script needs. They hold for all scripts:
 * every read comes before the first write, so that a key of the wrong type stops a script before it changed anything;
 * a new place is written before the old one is removed; time is the server's; numbers become text by '%d' of two halves,
 * since Lua's own conversion turns large ones into 3.7e+14, and '%d' has 32 bits on some servers.
 */

/** text(n): a whole number below 2^53 as digits. */
export const text = `
local function text(n)
  if n < 10000000 then return string.format('%d', n) end
  return string.format('%d%07d', math.floor(n / 10000000), n % 10000000)
end
`

/** now: ms since 1970. after(last, perMs): the next of a growing sequence that carries the time. */
export const clock = `
${text}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function after(last, perMs) return math.max(tonumber(last or 0) + 1, (now - ${idEpochMs}) * perMs) end
`

/** An id or lease id after \`last\`. */
export const nextId = (last: string) => `after(${last}, ${idsPerMs})`

/**
 * Ready lists stand last among KEYS: either the default priority's alone, or all ten. A queue that ever held another
 * priority is marked 'mixed'; a script that was given one list then answers -2 and is asked again with ten.
 */
export const readyLists = (before: number) => `
local many = #KEYS > ${before + 1}
local function readyKey(priority) if many then return KEYS[${before + 1} + priority] end return KEYS[${before + 1}] end
`

/** A write that changes nothing and is allowed at maxmemory: after it the server lets this script finish what it began. */
export const latch = (hashKey: string) => `redis.call('HDEL', ${hashKey}, '')\n`

/** Leaves a marker for one idle worker, if none is left already. */
export const wakeOne = (wakeKey: string) => `
if redis.call('LLEN', ${wakeKey}) == 0 then redis.call('RPUSH', ${wakeKey}, '1') end
`

/**
 * idsOf(record): the ids in order, and their priorities when the record has any marker (nil otherwise).
 * cut(record, id): the record without the id, and the id's priority; nil when it is not in it.
 */
export const records = `
local function idsOf(record)
  local body = string.sub(record, 1, string.find(record, '|', 1, true) - 1)
  local ids, n = {}, 0
  if not string.find(body, 'p', 1, true) then
    for id in string.gmatch(body, '%d+') do n = n + 1; ids[n] = id end
    return ids
  end
  local of, priority = {}, ${defaultPriority}
  for token in string.gmatch(body, '[^,]+') do
    if string.byte(token) == 112 then priority = tonumber(string.sub(token, 2))
    else n = n + 1; ids[n] = token; of[n] = priority end
  end
  return ids, of
end
local function cut(record, id)
  local from, to = string.find(record, ',' .. id .. ',', 1, true)
  if not from or from > string.find(record, '|', 1, true) then return nil end
  local before, priority = string.sub(record, 1, from), ${defaultPriority}
  if string.find(before, 'p', 1, true) then
    for mark in string.gmatch(before, 'p(%d)') do priority = tonumber(mark) end
  end
  return before .. string.sub(record, to + 1), priority
end
local function hasIds(record)
  local from = string.find(record, ',%d')
  return from ~= nil and from < string.find(record, '|', 1, true)
end
`

/**
 * failed(meta, tail, stack, after): the meta with one more event, 'attempts' set to \`after\` or, when nil, one more than
 * before. attemptsIn(meta), limitIn(meta): failed attempts so far; own limit or 0.
 */
export const metas = `
local function attemptsIn(meta) return meta and tonumber(string.match(meta, '^%d+')) or 0 end
local function limitIn(meta) return meta and tonumber(string.match(meta, '^%d+ (%d+)')) or 0 end
local function failed(meta, tail, stack, after)
  local attempts, limit, events, attributes, lines = 0, '0', 0, '', ''
  if meta then
    local a, l, e, attr, from = string.match(meta, '^(%d+) (%d+) (%d+)\\n([^\\n]*)\\n[^\\n]*\\n()')
    if a then attempts, limit, events, attributes, lines = tonumber(a), l, tonumber(e), attr, string.sub(meta, from) end
  end
  if events >= ${longestHistory} then
    lines = string.sub(lines, string.find(lines, '\\n', 1, true) + 1)
    events = events - 1
  end
  return (after or attempts + 1) .. ' ' .. limit .. ' ' .. (events + 1) .. '\\n' .. attributes .. '\\n' .. stack .. '\\n'
    .. lines .. '{"at":' .. text(now) .. ',"attempt":' .. (attempts + 1) .. ',' .. tail .. '\\n'
end
`

/** Existing fields of the meta hash for \`ids\`, in order; false for each that has none. Free while the hash does not exist. */
export const metaOf = (metaKey: string) => `
local function metaOf(ids)
  if redis.call('EXISTS', ${metaKey}) == 0 then return {} end
  return redis.call('HMGET', ${metaKey}, unpack(ids))
end
`
