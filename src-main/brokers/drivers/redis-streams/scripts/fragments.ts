import { idField, maxField } from '../entry'
import { epochMs, leasesPerMs, stampsPerMs } from '../ids'
import { keyNames } from '../keys'
import { longestHistory } from '../meta'

/**
 * Pieces of Lua that more than one script needs. They hold for all scripts:
 * KEYS are those of keys.ts, in its order; ARGV begins with the group and "1" where what all groups have acked is deleted;
 * every read comes before the first write, so that a key of the wrong type stops a script before it changed anything;
 * a new place is written before the old one is removed; time is the server's.
 */
export const names = `
local ${keyNames.join(', ')} = unpack(KEYS)
local group, deleting = ARGV[1], ARGV[2] == '1'
local call = redis.call
`

/** The first of a script's own arguments. */
export const firstArg = 3

/** Commands that fail on a key of the wrong type, and do nothing else. */
const touch: Partial<Record<(typeof keyNames)[number], string>> = {
  stream: 'XLEN',
  wake: 'XLEN',
  later: 'ZCARD',
  schedules: 'ZCARD',
  again: 'ZCARD',
  delayed: 'ZCARD',
  dead: 'ZCARD',
  done: 'ZCARD',
  held: 'ZCARD',
  leases: 'ZCARD',
  removed: 'SCARD',
  begun: 'LLEN',
  lost: 'LLEN',
}

export const checkTypes = keyNames.map((name) => `call('${touch[name] ?? 'HLEN'}', ${name})`).join(' ')

/** text(n): a whole number below 2^53 as digits; Lua's own conversion turns large ones into 3.7e+14, and '%d' may have 32 bits. */
export const clock = `
local function text(n)
  if n < 10000000 then return string.format('%d', n) end
  return string.format('%d%07d', math.floor(n / 10000000), n % 10000000)
end
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function after(last, perMs) return math.max(tonumber(last or 0) + 1, (now - ${epochMs}) * perMs) end
local stamp
local function nextStamp()
  stamp = after(stamp or call('HGET', state, 'stamp'), ${stampsPerMs})
  return text(stamp)
end
`

export const nextLease = `text(after(call('HGET', state, 'lease'), ${leasesPerMs}))`

/** A write that changes nothing and is allowed at maxmemory: after it the server lets this script finish what it began. */
export const latch = `call('HDEL', state, '')\n`

/** Written once at the end by scripts that gave out stamps. */
export const keepStamp = `if stamp then call('HSET', state, 'stamp', text(stamp)) end\n`

/** less(a, b): of entries' ids. Digits are compared as text: they may have 64 bits. */
export const order = `
local function less(a, b)
  local am, as = string.match(a, '^(%d+)-(%d+)$')
  local bm, bs = string.match(b, '^(%d+)-(%d+)$')
  if #am ~= #bm then return #am < #bm end
  if am ~= bm then return am < bm end
  if #as ~= #bs then return #as < #bs end
  return as < bs
end
`

/** packed(parts), unpacked(text), fieldsOf(entry): packed fields, kept ones first; nil when they are gone. */
export const bodies = `
local function packed(parts)
  local out = {}
  for i = 1, #parts do out[i] = #parts[i] .. ':' .. parts[i] end
  return table.concat(out)
end
local function unpacked(text)
  local parts, at = {}, 1
  while at <= #text do
    local colon = string.find(text, ':', at, true)
    local length = tonumber(string.sub(text, at, colon - 1))
    parts[#parts + 1] = string.sub(text, colon + 1, colon + length)
    at = colon + length + 1
  end
  return parts
end
local function fieldsOf(entry)
  local own = call('HGET', kept, entry)
  if own then return own end
  local found = call('XRANGE', stream, entry, entry)[1]
  if found then return packed(found[2]) end
  return nil
end
local function ownLimit(fields)
  if not string.find(fields, '${maxField}', 1, true) then return nil end
  local parts = unpacked(fields)
  for i = 1, #parts, 2 do if parts[i] == '${maxField}' then return tonumber(parts[i + 1]) end end
end
`

/** entryOf(id): the entry of a message, by whichever of its ids; false where there is none. */
export const entryOf = `
local function entryOf(id)
  if string.find(id, '-', 1, true) and string.find(id, '^%d') then return id end
  return call('HGET', names, id) or call('HGET', aliases, id)
end
`

/**
 * readGroups(): this group's last entry, and all others with theirs; false: this group is missing. Fails where there is no
 * stream.
 * isFree(entry): no other group has it before itself or in hand. Called before writing.
 */
export const groups = `
${order}
local last, others = '0-0', {}
local function readGroups()
  local found = false
  for _, info in ipairs(call('XINFO', 'GROUPS', stream)) do
    local fields = {}
    for i = 1, #info, 2 do fields[info[i]] = info[i + 1] end
    if fields.name == group then
      last, found = fields['last-delivered-id'], true
    else
      others[#others + 1] = { fields.name, fields['last-delivered-id'], fields.pending }
    end
  end
  return found
end
local function isFree(entry)
  if not deleting then return false end
  for _, other in ipairs(others) do
    if less(other[2], entry) then return false end
    if other[3] > 0 and #call('XPENDING', stream, other[1], entry, entry, 1) > 0 then return false end
  end
  return true
end
`

/** Ends a script that cannot do without its group, before anything was written. */
export const needGroup = `if not readGroups() then return redis.error_reply('NOGROUP ' .. group) end\n`

/**
 * release(entries, free): this group is through with their places in the stream. forget(entries): and with all that it knew
 * of them.
 */
export const settle = `
local function dropAlias(entry)
  local id = call('HGET', aliases, entry)
  if id then call('HDEL', aliases, entry, id) end
end
local function release(entries, free)
  if #entries > 0 then call('XACK', stream, group, unpack(entries)) end
  if #free == 0 then return end
  call('XDEL', stream, unpack(free))
  if call('HLEN', aliases) > 0 then for _, entry in ipairs(free) do dropAlias(entry) end end
end
local function forget(entries)
  if #entries == 0 then return end
  for _, key in ipairs({ meta, kept, results, progress, logs }) do call('HDEL', key, unpack(entries)) end
  if call('HLEN', names) == 0 then return end
  for _, entry in ipairs(entries) do
    local id = call('HGET', names, entry)
    if id then call('HDEL', names, entry, id) end
  end
end
local function isOver(lease) return call('ZCOUNT', held, lease, lease) == 0 end
local function closeLease(lease)
  if isOver(lease) then
    call('ZREM', leases, lease)
    call('HDEL', workers, lease)
  end
end
local function lose(entries)
  for i = 1, #entries do
    call('LPUSH', lost, entries[i])
    dropAlias(entries[i])
  end
  call('LTRIM', lost, 0, 99)
  call('HINCRBY', state, 'lost', #entries)
end
`

/** Tells whoever waits that something is ready besides what is new in the stream. */
export const wakeAll = `call('XADD', wake, 'MAXLEN', 1, '*', 'w', '1')\n`

/**
 * noted(meta, tail, stack, change): the meta with one more event. \`change\`: attempts and replays to add, or attempts = 0.
 * attemptsIn(meta): failed attempts so far.
 */
export const metas = `
local function attemptsIn(found) return found and tonumber(string.match(found, '^%d+')) or 0 end
local function noted(found, event)
  local attempts, replays, events, stack, lines = 0, 0, 0, '', ''
  if found then
    local a, r, e, s, from = string.match(found, '^(%d+) (%d+) (%d+)\\n([^\\n]*)\\n()')
    if a then attempts, replays, events, stack, lines = tonumber(a), tonumber(r), tonumber(e), s, string.sub(found, from) end
  end
  while events >= ${longestHistory} do
    lines = string.sub(lines, string.find(lines, '\\n', 1, true) + 1)
    events = events - 1
  end
  local attempt = 'null'
  if event.replay then
    attempts, replays = 0, replays + 1
  else
    attempts, stack = attempts + 1, event.stack
    attempt = text(attempts)
  end
  return attempts .. ' ' .. replays .. ' ' .. (events + 1) .. '\\n' .. stack .. '\\n' .. lines
    .. '{"at":' .. text(now) .. ',"attempt":' .. attempt .. ',"event":"' .. event.what .. '","to":"' .. event.to
    .. '","actor":' .. (event.actor or 'null') .. ',"fence":' .. (event.fence or 'null') .. ','
    .. (event.tail or '"name":null,"message":null') .. '}\\n'
end
local function quoted(word) return '"' .. string.gsub(word, '[%c"\\\\]', ' ') .. '"' end
`

/** addEntry(fields): XADD; answers the entry. addLater(id): a message whose time has come enters the stream under its id. */
export const adding = `
local function addEntry(fields) return call('XADD', stream, '*', unpack(fields)) end
local function addLater(id)
  local stored = call('HGET', payload, id)
  if stored then
    local fields = unpacked(stored)
    table.insert(fields, 1, id)
    table.insert(fields, 1, '${idField}')
    local entry = addEntry(fields)
    call('HSET', aliases, id, entry, entry, id)
    call('HDEL', payload, id)
  end
  call('ZREM', later, id)
  return stored
end
`
