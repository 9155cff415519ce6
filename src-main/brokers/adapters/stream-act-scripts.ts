import { script } from '../clients/script'

/** Pending ids of a group (of one consumer, or of all) that have been idle so long: at most `most`, looked for among 10,000. */
const idleIds = `
local function idleIds(key, group, consumer, minIdle, most)
  local ids, from = {}, '-'
  for _ = 1, 10 do
    local rows
    if consumer == '' then rows = call('XPENDING', key, group, from, '+', 1000)
    else rows = call('XPENDING', key, group, from, '+', 1000, consumer) end
    for _, row in ipairs(rows) do
      if row[3] >= minIdle and #ids < most then ids[#ids + 1] = row[1] end
    end
    if #rows < 1000 or #ids >= most then break end
    local ms, seq = string.match(rows[#rows][1], '(%d+)-(%d+)')
    from = ms .. '-' .. string.format('%.0f', tonumber(seq) + 1)
  end
  return ids
end
`

/**
 * KEYS: the stream. ARGV: group, the consumer that gets them, the one that holds them now or "", least idle time in ms, how many.
 * Answers how many it got, and how many were idle: the others had no body any more and are pending no longer.
 */
export const claimIdle = script(`
local call = redis.call
${idleIds}
local ids = idleIds(KEYS[1], ARGV[1], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]))
if #ids == 0 then return { 0, 0 } end
local args = { KEYS[1], ARGV[1], ARGV[2], ARGV[4] }
for _, id in ipairs(ids) do args[#args + 1] = id end
args[#args + 1] = 'JUSTID'
return { #call('XCLAIM', unpack(args)), #ids }
`)

/**
 * KEYS: the stream. ARGV: group, then either "ids" and these, or "idle", least idle time in ms, how many.
 * Answers how many were pending and are not any more.
 */
export const acknowledge = script(`
local call = redis.call
${idleIds}
local args = { KEYS[1], ARGV[1] }
if ARGV[2] == 'ids' then
  for i = 3, #ARGV do args[#args + 1] = ARGV[i] end
else
  for _, id in ipairs(idleIds(KEYS[1], ARGV[1], '', tonumber(ARGV[3]), tonumber(ARGV[4]))) do args[#args + 1] = id end
end
if #args == 2 then return 0 end
return call('XACK', unpack(args))
`)

/**
 * KEYS: the stream. ARGV: group, the consumer, who gets what it holds or "".
 * A consumer takes what it holds with it: so it goes only when it holds nothing. Answers first 1: it is gone; 0: it holds more, call
 * again; -1: it holds some and nobody is named, nothing was done; -2: there is no such consumer. Then how many were handed over.
 */
export const removeConsumer = script(`
local call, key, group, consumer, heir = redis.call, KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local isThere = false
for _, each in ipairs(call('XINFO', 'CONSUMERS', key, group)) do isThere = isThere or each[2] == consumer end
if not isThere then return { -2, 0 } end
local rows = call('XPENDING', key, group, '-', '+', 1000, consumer)
if #rows > 0 then
  if heir == '' or heir == consumer then return { -1, #rows } end
  local args = { key, group, heir, 0 }
  for _, row in ipairs(rows) do args[#args + 1] = row[1] end
  args[#args + 1] = 'JUSTID'
  call('XCLAIM', unpack(args))
end
if #call('XPENDING', key, group, '-', '+', 1, consumer) > 0 then return { 0, #rows } end
call('XGROUP', 'DELCONSUMER', key, group, consumer)
return { 1, #rows }
`)

/**
 * KEYS: the stream. ARGV: the first id to keep, how many at once.
 * The safe point is the first id that some group has not been given or not acknowledged; it is reckoned in the step that trims.
 * Answers 1: done, 0: call again, -1: the id is behind the safe point, -2: no group reads this stream; then how many went, and the
 * safe point.
 */
export const trimBefore = script(`
local call, key, keep = redis.call, KEYS[1], ARGV[1]
local function longer(a, b) return #a ~= #b and (#a > #b) or (#a == #b and a > b) end
local function isBehind(a, b)
  local ams, aseq = string.match(a, '(%d+)-?(%d*)')
  local bms, bseq = string.match(b, '(%d+)-?(%d*)')
  if aseq == '' then aseq = '0' end
  if bseq == '' then bseq = '0' end
  if ams ~= bms then return longer(ams, bms) end
  return longer(aseq, bseq)
end
local safe
for _, group in ipairs(call('XINFO', 'GROUPS', key)) do
  local facts = {}
  for i = 1, #group, 2 do facts[group[i]] = group[i + 1] end
  local first = call('XPENDING', key, facts['name'])[2]
  if not first then
    local unread = call('XRANGE', key, '(' .. facts['last-delivered-id'], '+', 'COUNT', 1)[1]
    first = unread and unread[1] or facts['last-delivered-id']
  end
  if not safe or isBehind(safe, first) then safe = first end
end
if not safe then return { -2, 0, '' } end
if isBehind(keep, safe) then return { -1, 0, safe } end
local went = call('XTRIM', key, 'MINID', '~', keep, 'LIMIT', ARGV[2])
if went > 0 then return { 0, went, safe } end
return { 1, call('XTRIM', key, 'MINID', keep), safe }
`)
