import { script } from '../clients/script'
import { putBackAmong } from './element-sequence'

/**
 * Finds an element of a list by its bytes: at either index where it stood, around them, then from both ends. Its index by now,
 * or false. `reach` bounds what is copied, so that large elements cost no more than small ones.
 */
const indexOf = `
local function indexOf(key, member, near, far, reach)
  if call('LINDEX', key, near) == member then return near end
  if call('LINDEX', key, far) == member then return far end
  local length = call('LLEN', key)
  for _, hint in ipairs({ near, far }) do
    local at = tonumber(hint)
    if at < 0 then at = at + length end
    local low, best = math.max(0, at - reach), false
    for offset, element in ipairs(call('LRANGE', key, low, math.max(0, at + reach))) do
      local index = low + offset - 1
      if element == member and (not best or math.abs(index - at) < math.abs(best - at)) then best = index end
    end
    if best then return best end
  end
  return call('LPOS', key, member, 'MAXLEN', 20000) or call('LPOS', key, member, 'RANK', -1, 'MAXLEN', 20000)
end
`

const checkType = `
local function isOther(key, expected)
  local kind = call('TYPE', key).ok
  return kind ~= 'none' and kind ~= expected and redis.error_reply('WRONGTYPE ' .. key .. ' holds a ' .. kind)
end
`

/** What is put, and whether it can be: false where the same stands there already. */
const puts = `
local function canPut(key, kind, put)
  if kind == 'zset' then return not call('ZSCORE', key, put[2]) end
  if kind == 'hash' then return call('HEXISTS', key, put[1]) == 0 end
  return true
end
local function putAt(key, kind, put)
  if kind == 'list' then call(put[1], key, put[2])
  elseif kind == 'zset' then call('ZADD', key, put[1], put[2])
  elseif kind == 'hash' then call('HSET', key, put[1], put[2])
  else call('XADD', key, unpack(put)) end
end
`

/** An entry that a consumer of any group holds is left alone: without its body it would be lost to that consumer. */
const isPending = `
local groups
local function isPending(key, id)
  if not groups then
    groups = {}
    for _, group in ipairs(call('XINFO', 'GROUPS', key)) do groups[#groups + 1] = group[2] end
  end
  for _, group in ipairs(groups) do
    if #call('XPENDING', key, group, id, id, 1) > 0 then return true end
  end
  return false
end
`

/**
 * KEYS: from, and to unless it goes nowhere. ARGV: type of from, type of to or "", a text that no element is, reach, then for each
 * item: two hints where it is (of a list both indexes, of a hash the field, of a stream the id), its bytes, how many arguments
 * it is put with, and these. Answers for each 1: done; 0: not there; -1: the same stands at the new place already; -2: a
 * consumer holds it.
 *
 * What is taken from a list is overwritten first and removed at the end, all in one pass: indexes do not shift meanwhile.
 */
export const moveElements = script(`
local call, from, to = redis.call, KEYS[1], KEYS[2]
local fromKind, toKind, gone, reach, at = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), 5
${checkType}${indexOf}${puts}${isPending}
local other = isOther(from, fromKind) or (to and isOther(to, toKind))
if other then return other end
local codes, marked, firstMarked = {}, 0, 0
local here = call('EXISTS', from) == 1
while at <= #ARGV do
  local hint, otherHint, member = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local count, put, code = tonumber(ARGV[at + 3]), {}, 1
  for i = 1, count do put[i] = ARGV[at + 3 + i] end
  at = at + 4 + count
  local place
  if not here then place = false
  elseif fromKind == 'list' then place = indexOf(from, member, hint, otherHint, reach)
  elseif fromKind == 'zset' then place = call('ZSCORE', from, member)
  elseif fromKind == 'hash' then place = call('HGET', from, hint) == member
  else place = #call('XRANGE', from, hint, hint) > 0 end
  if not place then code = 0
  elseif fromKind == 'stream' and isPending(from, hint) then code = -2
  elseif to and not canPut(to, toKind, put) then code = -1
  else
    if to then putAt(to, toKind, put) end
    if fromKind == 'list' then
      if marked == 0 then firstMarked = tonumber(place) end
      call('LSET', from, place, gone)
      marked = marked + 1
    elseif fromKind == 'zset' then call('ZREM', from, member)
    elseif fromKind == 'hash' then call('HDEL', from, hint)
    else call('XDEL', from, hint) end
  end
  codes[#codes + 1] = code
end
if marked > 0 then
  local length = call('LLEN', from)
  if firstMarked < 0 then firstMarked = firstMarked + length end
  call('LREM', from, firstMarked > length / 2 and -marked or marked, gone)
end
return codes
`)

/**
 * KEYS: the place. ARGV: its type, then for each item: what it was (of a list how many of the same bytes it held with it, of a stream
 * the id), how many arguments it is put with, and these. Answers for each 1: put; -1: it is there again.
 */
export const putElements = script(`
local call, key, kind, at, codes = redis.call, KEYS[1], ARGV[1], 2, {}
${checkType}${puts}
local other = isOther(key, kind)
if other then return other end
while at <= #ARGV do
  local was, count, put, code = ARGV[at], tonumber(ARGV[at + 1]), {}, 1
  for i = 1, count do put[i] = ARGV[at + 1 + i] end
  at = at + 2 + count
  if kind == 'list' then
    local rank = put[1] == 'LPUSH' and 1 or -1
    local copies = math.max(1, tonumber(was))
    if #call('LPOS', key, put[2], 'RANK', rank, 'COUNT', copies, 'MAXLEN', ${putBackAmong}) >= copies then code = -1 end
  elseif kind == 'stream' then
    if was ~= '' and #call('XRANGE', key, was, was) > 0 then code = -1 end
  elseif not canPut(key, kind, put) then code = -1 end
  if code == 1 then putAt(key, kind, put) end
  codes[#codes + 1] = code
end
return codes
`)

/**
 * KEYS: the place. ARGV: its type, reach, two hints where the element is, its bytes, the new bytes. Answers 1: written; 0: not
 * there; -1: the new bytes stand there already, where each stands only once.
 */
export const editElement = script(`
local call, key, kind = redis.call, KEYS[1], ARGV[1]
local hint, member, new = ARGV[3], ARGV[5], ARGV[6]
${checkType}${indexOf}
local other = isOther(key, kind)
if other then return other end
if call('EXISTS', key) == 0 then return { 0 } end
if kind == 'list' then
  local place = indexOf(key, member, hint, ARGV[4], tonumber(ARGV[2]))
  if not place then return { 0 } end
  call('LSET', key, place, new)
elseif kind == 'zset' then
  local score = call('ZSCORE', key, member)
  if not score then return { 0 } end
  if new == member then return { 1 } end
  if call('ZSCORE', key, new) then return { -1 } end
  call('ZADD', key, score, new)
  call('ZREM', key, member)
else
  if call('HGET', key, hint) ~= member then return { 0 } end
  call('HSET', key, hint, new)
end
return { 1 }
`)
