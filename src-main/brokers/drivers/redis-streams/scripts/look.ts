import { script } from '../../../clients/script'
import { bodies, checkTypes, clock, entryOf, firstArg, groups, names } from './fragments'

/**
 * place(id): where a message is for this group: state, entry, score. 'later' delayed, not in the stream; 'delayed' a retry;
 * 'again' or 'new' ready; 'leased', 'dead', 'done'; 'foreign' in the hands of a plain consumer of this group. nil: there is none.
 * Needs entryOf and groups, after readGroups.
 */
export const place = `
local function place(id)
  local due = call('ZSCORE', later, id)
  if due then return 'later', id, due end
  local entry = entryOf(id)
  if not entry then return nil end
  for _, zset in ipairs({ { 'leased', held }, { 'again', again }, { 'delayed', delayed }, { 'dead', dead }, { 'done', done } }) do
    local score = call('ZSCORE', zset[2], entry)
    if score then return zset[1], entry, score end
  end
  if #call('XRANGE', stream, entry, entry) == 0 then return nil end
  if less(last, entry) then
    if call('SISMEMBER', removed, entry) == 1 then return nil end
    return 'new', entry, '0'
  end
  if last ~= '0-0' and #call('XPENDING', stream, group, entry, entry, 1) > 0 then return 'foreign', entry, '0' end
  return nil
end
`

/** Looks at groups, if there are any; a stream that is not there has none. */
export const lookAtGroups = `if call('EXISTS', stream) == 1 then readGroups() end\n`

/** row(state, entry, score): { state, entry, score, packed fields, meta, result, progress, logs }; nil when its body is gone. */
const row = `
local function row(where, entry, score)
  local fields
  if where == 'later' then fields = call('HGET', payload, entry) else fields = fieldsOf(entry) end
  if not fields then return nil end
  local function of(key) return call('HGET', key, entry) end
  return { where, entry, score, fields, of(meta), of(results), of(progress), of(logs) }
end
`

const header = `
${names}
${bodies}
${groups}
${entryOf}
${place}
${row}
${checkTypes}
${lookAtGroups}
`

/**
 * KEYS  all
 * ARGV  3 id
 * Answers a row, or 0.
 */
export const find = script(`${header}
local where, entry, score = place(ARGV[${firstArg}])
return where and row(where, entry, score) or 0
`)

/** A page ends early when it holds this many bytes. */
const bytesPerPage = 4 * 1024 * 1024

/**
 * A page of a sorted set from (score, member) on, upwards or downwards; equal scores stand in the order of their members.
 * Places without a body are passed over.
 *
 * KEYS  all
 * ARGV  3 limit  4 which set: a name of keys.ts  5 "up" or "down"  6 score or ''  7 member  8 highest score, or ''
 *       9 the state to call it
 * Answers { rows, '1' when there is more, highest score: what comes in above it while the pages are read is not of them }.
 */
export const pageOfSet = script(`${header}
local sets = { later = later, again = again, delayed = delayed, dead = dead, done = done, held = held }
local zset, limit, up = sets[ARGV[${firstArg + 1}]], tonumber(ARGV[${firstArg}]), ARGV[${firstArg + 2}] == 'up'
local from, member, high = ARGV[${firstArg + 3}], ARGV[${firstArg + 4}], ARGV[${firstArg + 5}]
local rows, bytes, offset = {}, 0, 0
if high == '' then high = call('ZRANGE', zset, -1, -1, 'WITHSCORES')[2] or '0' end
local lowest, highest = '-inf', high
if from ~= '' then if up then lowest = from else highest = from end end
while #rows < limit do
  local found
  if up then found = call('ZRANGEBYSCORE', zset, lowest, highest, 'WITHSCORES', 'LIMIT', offset, limit)
  else found = call('ZREVRANGEBYSCORE', zset, highest, lowest, 'WITHSCORES', 'LIMIT', offset, limit) end
  for i = 1, #found, 2 do
    local seen = from ~= '' and tonumber(found[i + 1]) == tonumber(from)
      and (up and found[i] <= member or not up and found[i] >= member)
    if not seen then
      local one = row(ARGV[${firstArg + 6}], found[i], found[i + 1])
      if one then rows[#rows + 1] = one; bytes = bytes + #one[4] end
      if #rows >= limit or bytes >= ${bytesPerPage} then return { rows, '1', high } end
    end
  end
  if #found < 2 * limit then break end
  offset = offset + limit
end
return { rows, '0', high }
`)

/**
 * A page of what is new in the stream.
 *
 * KEYS  all
 * ARGV  3 limit  4 entry after which it begins, or ''
 * Answers { rows, '1' when there is more }.
 */
export const pageOfStream = script(`${header}
local limit, from = tonumber(ARGV[${firstArg}]), ARGV[${firstArg + 1}]
if from == '' or less(from, last) then from = last end
local rows, bytes = {}, 0
while #rows < limit do
  local found = call('XRANGE', stream, '(' .. from, '+', 'COUNT', math.min(limit, 50))
  for _, each in ipairs(found) do
    from = each[1]
    if call('SISMEMBER', removed, from) == 0 then
      local one = row('new', from, '0')
      rows[#rows + 1] = one
      bytes = bytes + #one[4]
    end
    if #rows >= limit or bytes >= ${bytesPerPage} then return { rows, '1' } end
  end
  if #found < math.min(limit, 50) then break end
end
return { rows, '0' }
`)

/**
 * What must be known before waiting for something to become ready.
 *
 * KEYS  all
 * Answers { '1' when something is ready once more, '1' when paused, last entry of the group, last entry of wake }.
 */
export const position = script(`
${names}
${groups}
${checkTypes}
${lookAtGroups}
local mark = call('XREVRANGE', wake, '+', '-', 'COUNT', 1)[1]
return {
  call('ZCARD', again) > 0 and '1' or '0', call('HGET', state, 'paused') and '1' or '0', last, mark and mark[1] or '0-0',
}
`)

/** Entries without a lag that the server can tell are counted up to here. */
const mostCounted = 500

/**
 * How much of everything. The lag that the server tells is taken where it can be true. Where all entries of the stream are new
 * to a group, or none, it is not asked. It tells none when the last entry that a group has read is deleted, which is the usual
 * case here, though it knows. After others deleted the entry that came next, it counts that for ever: where one group has the
 * stream to itself, what is not pending must be new. What is in doubt is counted.
 *
 * KEYS  all
 * Answers { now, again, delayed, later, held, dead, done, removed, length, added or -1, first new entry or '', oldest ready
 *   once more or '', state..., groups... } with state { paused, acked, dead, replayed, failed, lost } and per group
 *   { name, lag or -1, pending }.
 */
export const figures = script(`
${names}
${clock}
${groups}
${checkTypes}
local length, added, list, firstId, finalId = call('XLEN', stream), -1, {}, nil, nil
if call('EXISTS', stream) == 1 then
  readGroups()
  local info = call('XINFO', 'STREAM', stream)
  local deleted = '0-0'
  for i = 1, #info, 2 do
    if info[i] == 'entries-added' then added = info[i + 1] end
    if info[i] == 'max-deleted-entry-id' then deleted = info[i + 1] end
  end
  if length > 0 then
    firstId = call('XRANGE', stream, '-', '+', 'COUNT', 1)[1][1]
    finalId = call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1][1]
  end
  local function counted(from)
    local count, bytes = 0, 0
    while count < ${mostCounted} and bytes < 1048576 do
      local found = call('XRANGE', stream, '(' .. from, '+', 'COUNT', 50)
      for _, each in ipairs(found) do for _, part in ipairs(each[2]) do bytes = bytes + #part end end
      count = count + #found
      if #found < 50 then return count end
      from = found[50][1]
    end
    return -1
  end
  for _, told in ipairs(call('XINFO', 'GROUPS', stream)) do
    local fields = {}
    for i = 1, #told, 2 do fields[told[i]] = told[i + 1] end
    local from, lag, read = fields['last-delivered-id'], fields.lag, fields['entries-read']
    if not lag and read and added >= 0 and not less(from, deleted) then lag = added - read end
    if length == 0 or not less(from, finalId) then lag = 0
    elseif less(from, firstId) then lag = length
    elseif not lag or lag > length or deleting and #others == 0 and lag ~= length - fields.pending then
      lag = counted(from)
    end
    list[#list + 1] = { fields.name, lag, fields.pending }
  end
end
local new = length > 0 and call('XRANGE', stream, '(' .. last, '+', 'COUNT', 1)[1]
local oldest = call('ZRANGE', again, 0, 0)[1]
local told = call('HMGET', state, 'paused', 'acked', 'dead', 'replayed', 'failed', 'lost')
return {
  text(now), call('ZCARD', again), call('ZCARD', delayed), call('ZCARD', later), call('ZCARD', held), call('ZCARD', dead),
  call('ZCARD', done), call('SCARD', removed), length, added, new and new[1] or '', oldest or '', told, list,
}
`)
