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
  if not string.find(body, '!', 1, true) then
    for id in string.gmatch(body, '[^,]+') do n = n + 1; ids[n] = id end
    return ids
  end
  local of, priority = {}, ${defaultPriority}
  for token in string.gmatch(body, '[^,]+') do
    if string.byte(token) == 33 then priority = tonumber(string.sub(token, 2))
    else n = n + 1; ids[n] = token; of[n] = priority end
  end
  return ids, of
end
local function cut(record, id)
  local from, to = string.find(record, ',' .. id .. ',', 1, true)
  if not from or from > string.find(record, '|', 1, true) then return nil end
  local before, priority = string.sub(record, 1, from), ${defaultPriority}
  if string.find(before, '!', 1, true) then
    for mark in string.gmatch(before, '!(%d)') do priority = tonumber(mark) end
  end
  return before .. string.sub(record, to + 1), priority
end
local function hasIds(record)
  local from = string.find(record, ',%d')
  return from ~= nil and from < string.find(record, '|', 1, true)
end
`

/**
 * attemptsIn(meta), limitIn(meta), parentIn(meta): failed attempts so far; own limit or 0; the parent's token or nil.
 * noted(meta, event): the meta with one more event, \`event\` being { kind, fence, worker, tail, stack, attempts }, where
 * attempts is what the count becomes (nil: it stays) and a death counts itself.
 */
export const metas = `
local function attemptsIn(meta) return meta and tonumber(string.match(meta, '^%d+')) or 0 end
local function limitIn(meta) return meta and tonumber(string.match(meta, '^%d+ (%d+)')) or 0 end
local function parentIn(meta) return meta and string.match(meta, '^%d+ %d+ %d+ %d+ ([^\\n]+)') end
local function noted(meta, event)
  local attempts, limit, events, deaths, parent, attributes, stack, lines = 0, '0', 0, 0, '', '', '', ''
  if meta then
    local a, l, e, d, p, attr, s, from = string.match(meta, '^(%d+) (%d+) (%d+) (%d+)([^\\n]*)\\n([^\\n]*)\\n([^\\n]*)\\n()')
    if a then
      attempts, limit, events, deaths, parent, attributes, stack = tonumber(a), l, tonumber(e), tonumber(d), p, attr, s
      lines = string.sub(meta, from)
    end
  end
  if events >= ${longestHistory} then
    lines = string.sub(lines, string.find(lines, '\\n', 1, true) + 1)
    events = events - 1
  end
  if event.kind == 'd' or event.kind == 'X' then deaths = deaths + 1 end
  local of = event.attempts and attempts + 1 or attempts
  return (event.attempts or attempts) .. ' ' .. limit .. ' ' .. (events + 1) .. ' ' .. deaths .. parent .. '\\n'
    .. attributes .. '\\n' .. (event.stack or stack) .. '\\n' .. lines
    .. text(now) .. ' ' .. of .. ' ' .. event.kind .. ' ' .. event.fence .. ' ' .. event.worker .. event.tail .. '\\n'
end
local function workerIn(record)
  return (string.gsub(string.sub(record, string.find(record, '|', 1, true) + 1), '[%c\\\\]', ' '))
end
`

/** Existing fields of a hash for \`ids\`, in order; false for each that has none. Free while the hash does not exist. */
export const fieldsOf = `
local function fieldsOf(hash, ids)
  if #ids == 0 or redis.call('EXISTS', hash) == 0 then return {} end
  return redis.call('HMGET', hash, unpack(ids))
end
`

/** Lists come out in the order in which they went in when they are pushed to a head reversed. */
export const reversed = `
local function reversed(list)
  local n = #list
  for i = 1, math.floor(n / 2) do list[i], list[n + 1 - i] = list[n + 1 - i], list[i] end
  return list
end
`

/** key(name): a key of the queue whose state is KEYS[1], in the same slot. */
export const named = `
local base = string.sub(KEYS[1], 1, -6)
local function key(name) return base .. name end
`

/**
 * For scripts that know all keys of a queue.
 * checked(types): one read of each key named, by type, so that a wrong one stops the script before its first write.
 */
export const wholeQueue = `
redis.call('HLEN', KEYS[1])
${named}
local reads = { hash = 'HLEN', zset = 'ZCARD', list = 'LLEN', set = 'SCARD' }
local function checked(kind, ...)
  for _, name in ipairs({ ... }) do redis.call(reads[kind], base .. name) end
end
local function groupOf(id) return string.match(id, '^%d+~([^:]*)') end
local function ownOf(id) return string.match(id, ':(.*)$') end
local function add(field, n) if n ~= 0 then redis.call('HINCRBY', KEYS[1], field, n) end end
`

/**
 * Where messages become ready: lists by priority, or the list of a group. While a group has one in flight, or its limit
 * is used up, it stands in no queue of groups; else, with anything ready, exactly once in \`groups\`.
 *
 * toReady(id, priority, front), free(id): collect; free lets the group of a message go on when that message held it.
 * writeReady(): writes what was collected; answers how many.
 */
export const readiness = `
${reversed}
local lists, touched, order = { front = {}, back = {} }, {}, {}
local function touch(group)
  local own = touched[group]
  if not own then
    own = { had = redis.call('LLEN', key('g:' .. group)), front = {}, back = {},
      busy = redis.call('HGET', key('busy'), group), held = redis.call('ZSCORE', key('held'), group) }
    touched[group] = own
    order[#order + 1] = group
  end
  return own
end
local function toReady(id, priority, front)
  local group = groupOf(id)
  local list
  if group then list = touch(group)[front and 'front' or 'back']
  else
    local side = lists[front and 'front' or 'back']
    list = side[priority]
    if not list then
      redis.call('LLEN', key('ready:' .. priority))
      list = {}
      side[priority] = list
    end
  end
  list[#list + 1] = id
end
local function free(id)
  local group = groupOf(id)
  if group then
    local own = touch(group)
    if own.busy == id then own.freed = true end
  end
end
local function writeReady()
  local count, grouped = 0, 0
  for priority, list in pairs(lists.front) do
    redis.call('LPUSH', key('ready:' .. priority), unpack(reversed(list)))
    count = count + #list
  end
  for priority, list in pairs(lists.back) do
    redis.call('RPUSH', key('ready:' .. priority), unpack(list))
    count = count + #list
  end
  for _, group in ipairs(order) do
    local own = touched[group]
    local came = #own.front + #own.back
    if #own.front > 0 then redis.call('LPUSH', key('g:' .. group), unpack(reversed(own.front))) end
    if #own.back > 0 then redis.call('RPUSH', key('g:' .. group), unpack(own.back)) end
    local enters = own.had + came > 0 and (own.freed or (not own.busy and own.had == 0 and not own.held))
    if enters then
      local openAt = opensAt(group)
      if openAt > now then redis.call('ZADD', key('held'), text(openAt), group)
      else redis.call('RPUSH', key('groups'), group) end
      if came == 0 then count = count + 1 end
    end
    if own.freed then redis.call('HDEL', key('busy'), group) end
    count, grouped = count + came, grouped + came
  end
  add('grouped', grouped)
  if count > 0 then ${wakeOne("key('wake')")} end
  return count
end
`

/**
 * A limit of at most max in any perMs, kept as spans of starts: "first last count ...", oldest span first, each at most a
 * twentieth of perMs long. A span counts until its last start is out of the window, so the limit is never exceeded.
 *
 * started(window, perMs): how many, and when the oldest span leaves. begun(window, perMs, n): the window with n more.
 * opensAt(group): when its limit lets the group go on, 0 for now.
 */
export const limits = `
local function spans(window, perMs)
  local kept, total, leaves = {}, 0, nil
  for first, last, count in string.gmatch(window or '', '(%d+) (%d+) (%d+)') do
    if last + perMs > now then
      kept[#kept + 1] = { first, last, tonumber(count) }
      total = total + count
      leaves = leaves or last + perMs
    end
  end
  return kept, total, leaves
end
local function started(window, perMs)
  local _, total, leaves = spans(window, perMs)
  return total, leaves
end
local function begun(window, perMs, n)
  local kept = spans(window, perMs)
  local newest = kept[#kept]
  if newest and now - newest[1] < perMs / 20 then newest[2] = text(now); newest[3] = newest[3] + n
  else kept[#kept + 1] = { text(now), text(now), n } end
  for i, span in ipairs(kept) do kept[i] = span[1] .. ' ' .. span[2] .. ' ' .. text(span[3]) end
  return table.concat(kept, ' ')
end
local function opensAt(group)
  local max, perMs, window = string.match(redis.call('HGET', key('windows'), group) or '', '^(%d+)/(%d+):(.*)$')
  if not max then return 0 end
  local total, leaves = started(window, tonumber(perMs))
  return total >= tonumber(max) and leaves or 0
end
`

/**
 * erase(ids, metas): bodies and all that belongs to them, with their own ids; the places are the caller's. Where the
 * queue is not rich there is only body and meta.
 */
export const erasing = `
local function erase(ids)
  if #ids == 0 then return end
  redis.call('HDEL', key('payload'), unpack(ids))
  for _, name in ipairs({ 'meta', 'results', 'notes' }) do
    if redis.call('EXISTS', key(name)) == 1 then redis.call('HDEL', key(name), unpack(ids)) end
  end
  local names = {}
  for _, id in ipairs(ids) do
    -- A place that was left may still name a message whose own id has gone to another since.
    local own = ownOf(id)
    if own and redis.call('HGET', key('names'), own) == id then names[#names + 1] = own end
  end
  if #names > 0 then redis.call('HDEL', key('names'), unpack(names)) end
  if redis.call('EXISTS', key('kids')) == 1 then
    for _, id in ipairs(ids) do
      local total = string.match(redis.call('HGET', key('kids'), id) or '', '/(%d+)$')
      if total then
        local fields = { id }
        for index = 0, total - 1 do fields[#fields + 1] = id .. ' ' .. index end
        redis.call('HDEL', key('kids'), unpack(fields))
      end
    end
  end
end
`

/** What scripts that were not meant for rich queues answer there. */
export const richAnswer = -2
