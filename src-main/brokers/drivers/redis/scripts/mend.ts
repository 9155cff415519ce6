import { script } from '../../../clients/script'
import { defaultPriority, largeBodyBytes } from '../keys'
import { latch, text, wakeOne } from './fragments'

/** What a person does to single messages. Each script compares before it changes: what is not as meant is left alone. */

/**
 * isReady(id): a body, and not delayed, dead or leased. Records of leases are searched as text, so the work is bounded by what
 * is leased times the ids asked for; above the bound a script answers -n: ask again with at most n ids.
 */
const readiness = (keys: { payload: string; delayed: string; dead: string; leased: string }, asked: string) => `
local leased = table.concat(redis.call('HVALS', ${keys.leased}), '')
if #leased * (${asked}) > 4000000 and ${asked} > 1 then return -math.max(1, math.floor(4000000 / #leased)) end
local function isReady(id)
  return redis.call('HEXISTS', ${keys.payload}, id) == 1 and not redis.call('ZSCORE', ${keys.delayed}, id)
    and not redis.call('ZSCORE', ${keys.dead}, id) and not string.find(leased, ',' .. id .. ',', 1, true)
end
`

/**
 * KEYS  1 dead or delayed  2 payload  3 meta
 * ARGV  ids
 * Answers per id '1' removed or '0' not in this state.
 */
export const removeSorted = script(`
redis.call('HLEN', KEYS[2]) redis.call('HLEN', KEYS[3])
local marks, ids = {}, {}
for i, id in ipairs(ARGV) do
  local here = redis.call('ZSCORE', KEYS[1], id)
  marks[i] = here and '1' or '0'
  if here then ids[#ids + 1] = id end
end
if #ids > 0 then
  redis.call('HDEL', KEYS[2], unpack(ids))
  redis.call('HDEL', KEYS[3], unpack(ids))
  redis.call('ZREM', KEYS[1], unpack(ids))
end
return table.concat(marks)
`)

/**
 * Takes the body and leaves the place: a list cannot be searched in bounded time. The place is remembered among the
 * removed until a lease passes over it; what stands at a list's head goes at once.
 *
 * KEYS  1 payload  2 meta  3 delayed  4 dead  5 leased  6 removed  7-16 ready, by priority  17 state
 * ARGV  ids
 * Answers per id '1' removed or '0' not ready; -n: at most n ids at a time.
 */
export const removeReady = script(`
${readiness({ payload: 'KEYS[1]', delayed: 'KEYS[3]', dead: 'KEYS[4]', leased: 'KEYS[5]' }, '#ARGV')}
redis.call('HLEN', KEYS[2]) redis.call('SCARD', KEYS[6]) redis.call('HLEN', KEYS[17])
local marks, ids, goes = {}, {}, {}
for i, id in ipairs(ARGV) do
  local here = not goes[id] and isReady(id)
  marks[i] = here and '1' or '0'
  if here then ids[#ids + 1] = id; goes[id] = true end
end
if #ids == 0 then return table.concat(marks) end
local heads = {}
for k = 7, 16 do
  local count = 0
  for _, id in ipairs(redis.call('LRANGE', KEYS[k], 0, #ids - 1)) do
    if not goes[id] then break end
    count = count + 1
    goes[id] = nil
  end
  if count > 0 then heads[KEYS[k]] = count end
end
${latch('KEYS[1]')}
local left = {}
for id in pairs(goes) do left[#left + 1] = id end
if #left > 0 then redis.call('HSET', KEYS[17], 'holes', '1'); redis.call('SADD', KEYS[6], unpack(left)) end
redis.call('HDEL', KEYS[1], unpack(ids))
redis.call('HDEL', KEYS[2], unpack(ids))
for list, count in pairs(heads) do redis.call('LTRIM', list, count, -1) end
return table.concat(marks)
`)

const replaceBody = (payload: string, state: string) => `
if redis.call('HGET', ${payload}, ARGV[1]) ~= ARGV[2] then return -1 end
redis.call('HSET', ${payload}, ARGV[1], ARGV[3])
if #ARGV[3] > ${largeBodyBytes} then redis.call('HSET', ${state}, 'big', '1') end
return 1
`

/**
 * KEYS  1 dead or delayed  2 payload  3 state
 * ARGV  1 id  2 body as it was seen  3 new body
 * Answers 1 applied, 0 not in this state, -1 the body is another by now.
 */
export const editSorted = script(`
redis.call('HLEN', KEYS[3])
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
${replaceBody('KEYS[2]', 'KEYS[3]')}
`)

/**
 * KEYS  1 payload  2 state  3 delayed  4 dead  5 leased
 * ARGV  as editSorted
 * Answers as editSorted.
 */
export const editReady = script(`
${readiness({ payload: 'KEYS[1]', delayed: 'KEYS[3]', dead: 'KEYS[4]', leased: 'KEYS[5]' }, '1')}
redis.call('HLEN', KEYS[2])
if not isReady(ARGV[1]) then return 0 end
${replaceBody('KEYS[1]', 'KEYS[2]')}
`)

/**
 * Puts messages back where they stood: dead and delayed by their score, ready ones into the place they left if it still
 * stands, else at the head of their list, in the order given.
 *
 * KEYS  1 state  2 payload  3 meta  4 delayed  5 dead  6 removed  7 wake  8-17 ready, by priority
 * ARGV  per message: id, state, place, body, meta or ''
 * Answers per message '1' put back or '0' the id is in use.
 */
export const restore = script(`
${text}
local state = redis.call('HMGET', KEYS[1], 'id', 'died')
redis.call('HLEN', KEYS[3]) redis.call('SCARD', KEYS[6]) redis.call('LLEN', KEYS[7])
for k = 8, 17 do redis.call('LLEN', KEYS[k]) end
local marks, seen, bodies, notes, delayed, dead, heads, revived = {}, {}, {}, {}, {}, {}, {}, {}
local highest, died, big, mixed = tonumber(state[1] or 0), tonumber(state[2] or 0), false, false
for i = 1, #ARGV, 5 do
  local id, place = ARGV[i], ARGV[i + 2]
  local free = not seen[id] and redis.call('HEXISTS', KEYS[2], id) == 0
    and not redis.call('ZSCORE', KEYS[4], id) and not redis.call('ZSCORE', KEYS[5], id)
  seen[id] = true
  marks[#marks + 1] = free and '1' or '0'
  if free then
    bodies[#bodies + 1] = id; bodies[#bodies + 1] = ARGV[i + 3]
    big = big or #ARGV[i + 3] > ${largeBodyBytes}
    if ARGV[i + 4] ~= '' then notes[#notes + 1] = id; notes[#notes + 1] = ARGV[i + 4] end
    highest = math.max(highest, tonumber(id))
    if ARGV[i + 1] == 'delayed' then
      delayed[#delayed + 1] = place; delayed[#delayed + 1] = id
      mixed = mixed or place % 16 ~= ${defaultPriority}
    elseif ARGV[i + 1] == 'dead' then
      dead[#dead + 1] = place; dead[#dead + 1] = id
      died = math.max(died, math.floor(place / 16))
      mixed = mixed or place % 16 ~= ${defaultPriority}
    elseif redis.call('SISMEMBER', KEYS[6], id) == 1 then revived[#revived + 1] = id
    else
      local priority = tonumber(place)
      local list = heads[priority] or {}
      list[#list + 1] = id
      heads[priority] = list
      mixed = mixed or priority ~= ${defaultPriority}
    end
  end
end
if #bodies == 0 then return table.concat(marks) end
redis.call('HSET', KEYS[2], unpack(bodies))
redis.call('HSET', KEYS[1], 'id', text(highest), 'died', text(died))
if big then redis.call('HSET', KEYS[1], 'big', '1') end
if mixed then redis.call('HSET', KEYS[1], 'mixed', '1') end
if #notes > 0 then redis.call('HSET', KEYS[3], unpack(notes)) end
if #delayed > 0 then redis.call('ZADD', KEYS[4], unpack(delayed)) end
if #dead > 0 then redis.call('ZADD', KEYS[5], unpack(dead)) end
for priority, list in pairs(heads) do
  local n = #list
  for i = 1, math.floor(n / 2) do list[i], list[n + 1 - i] = list[n + 1 - i], list[i] end
  redis.call('LPUSH', KEYS[8 + priority], unpack(list))
end
if #revived > 0 then redis.call('SREM', KEYS[6], unpack(revived)) end
if next(heads) or #revived > 0 then ${wakeOne('KEYS[7]')} end
return table.concat(marks)
`)
