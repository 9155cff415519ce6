import { script } from '../brokers/clients/script'

/** A stream grows to this many entries above what is kept before it is trimmed, and is trimmed by no more at once. */
const slack = 100

/**
 * Appends an event, tells who listens now, and trims. An entry is only trimmed when it is not among the newest that are kept,
 * and every group of subscribers has acked it, or buried it, which copies it.
 *
 * KEYS  1 stream
 * ARGV  1 channel  2 how many are kept at least  3 attributes as JSON  4 data as JSON  5 fields...
 * Answers the id.
 */
export const publish = script(`
local stream = KEYS[1]
local id = redis.call('XADD', stream, '*', unpack(ARGV, 5))
redis.call('PUBLISH', ARGV[1], id .. '\\n' .. ARGV[3] .. '\\n' .. ARGV[4])
local excess = redis.call('XLEN', stream) - tonumber(ARGV[2])
if excess < ${slack} then return id end
local function less(a, b)
  local am, as = string.match(a, '^(%d+)-(%d+)$')
  local bm, bs = string.match(b, '^(%d+)-(%d+)$')
  if #am ~= #bm then return #am < #bm end
  if am ~= bm then return am < bm end
  if #as ~= #bs then return #as < #bs end
  return as < bs
end
local safe
for _, info in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  local group = {}
  for i = 1, #info, 2 do group[info[i]] = info[i + 1] end
  local least = group['last-delivered-id']
  if group.pending > 0 then
    local pending = redis.call('XPENDING', stream, group.name)[2]
    if pending and less(pending, least) then least = pending end
  end
  if not safe or less(least, safe) then safe = least end
end
local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
if safe and not less(first[1], safe) then return id end
local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', ${slack} + 1)
local bound = oldest[#oldest][1]
if safe and less(safe, bound) then bound = safe end
redis.call('XTRIM', stream, 'MINID', bound)
return id
`)
