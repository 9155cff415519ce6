import { script } from '../../../clients/script'

/**
 * Purges take what was there when they began: the bound holds still while new messages arrive. Bodies and metas go
 * first here, and the places after them: a purge that is cut short leaves places without a body, which are passed over,
 * never bodies without a place.
 */

const removeIds = `
redis.call('HDEL', KEYS[2], unpack(ids))
if redis.call('EXISTS', KEYS[3]) == 1 then redis.call('HDEL', KEYS[3], unpack(ids)) end
`

/**
 * KEYS  1 dead  2 payload  3 meta
 * ARGV  1 limit  2 bound: '' at the start, else the highest score
 * Answers { removed, bound or '' when nothing is left }.
 */
export const purgeDead = script(`
local high = ARGV[2]
if high == '' then high = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2] or '0' end
redis.call('HLEN', KEYS[2]) redis.call('HLEN', KEYS[3])
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', high, 'LIMIT', 0, ARGV[1])
if #ids > 0 then
  ${removeIds}
  redis.call('ZREMRANGEBYRANK', KEYS[1], 0, #ids - 1)
end
return { #ids, #ids == tonumber(ARGV[1]) and high or '' }
`)

/**
 * KEYS  1 delayed  2 payload  3 meta  4 state
 * ARGV  1 limit  2 bound: '' at the start, else "highest id:survivors passed"
 * Answers { removed, bound or '' when nothing is left }.
 */
export const purgeDelayed = script(`
local high, passed = string.match(ARGV[2], '^(%d+):(%d+)$')
if not high then high, passed = redis.call('HGET', KEYS[4], 'id') or '0', 0 end
redis.call('HLEN', KEYS[2]) redis.call('HLEN', KEYS[3])
local limit = tonumber(ARGV[1])
local found = redis.call('ZRANGE', KEYS[1], passed, passed + limit - 1)
local ids = {}
for _, id in ipairs(found) do
  if tonumber(id) <= tonumber(high) then ids[#ids + 1] = id else passed = passed + 1 end
end
if #ids > 0 then
  ${removeIds}
  redis.call('ZREM', KEYS[1], unpack(ids))
end
return { #ids, #found == limit and high .. ':' .. passed or '' }
`)

/**
 * Each list is taken from its head until a message stands there that came after the purge began.
 *
 * KEYS  1 state  2 payload  3 meta  4 removed  5-14 ready, by priority
 * ARGV  1 limit  2 bound: '' at the start, else the highest id
 * Answers { removed, bound or '' when nothing is left }.
 */
export const purgeReady = script(`
local high = ARGV[2]
if high == '' then high = redis.call('HGET', KEYS[1], 'id') or '0' end
redis.call('HLEN', KEYS[2]) redis.call('HLEN', KEYS[3]) redis.call('SCARD', KEYS[4])
local room, ids, trims = tonumber(ARGV[1]), {}, {}
for k = 5, 14 do
  local found = room > #ids and redis.call('LRANGE', KEYS[k], 0, room - #ids - 1) or {}
  local count = 0
  for _, id in ipairs(found) do
    if tonumber(id) > tonumber(high) then break end
    count = count + 1
    ids[#ids + 1] = id
  end
  if count > 0 then trims[KEYS[k]] = count end
end
local gone = 0
if #ids > 0 then
  gone = redis.call('HLEN', KEYS[2])
  ${removeIds}
  gone = gone - redis.call('HLEN', KEYS[2])
  for list, count in pairs(trims) do redis.call('LTRIM', list, count, -1) end
  redis.call('SREM', KEYS[4], unpack(ids))
end
return { gone, #ids == room and high or '' }
`)
