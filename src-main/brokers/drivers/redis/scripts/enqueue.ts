import { script } from '../../../clients/script'
import { defaultPriority } from '../keys'
import { clock, nextId, wakeOne } from './fragments'

/**
 * Messages of the default priority, ready now, with nothing but a body.
 *
 * KEYS  1 state  2 payload  3 wake  4 ready (default priority)
 * ARGV  one body per message, at most 1,000
 * Answers the first of the consecutive ids.
 */
export const enqueuePlain = script(`
${clock}
local state = redis.call('HMGET', KEYS[1], 'id', 'in')
redis.call('HLEN', KEYS[2])
local marks, waiting = redis.call('LLEN', KEYS[3]), redis.call('LLEN', KEYS[4])
local count, first = #ARGV, ${nextId('state[1]')}
local ids, fields = {}, {}
-- One pattern for all ids of the batch: its high digits are the same, unless the low ones run over.
local low, format = first % 10000000, string.format
local pattern = format('%d', math.floor(first / 10000000)) .. '%07d'
local over = low + count > 10000000
for i = 1, count do
  local id = over and text(first + i - 1) or format(pattern, low + i - 1)
  ids[i] = id
  fields[2 * i - 1] = id
  fields[2 * i] = ARGV[i]
end
redis.call('HSET', KEYS[2], unpack(fields))
redis.call('RPUSH', KEYS[4], unpack(ids))
redis.call('HSET', KEYS[1], 'id', ids[count], 'in', text(tonumber(state[2] or 0) + count))
if marks == 0 and waiting == 0 then redis.call('RPUSH', KEYS[3], '1') end
return ids[1]
`)

/**
 * Messages of any kind, of at most 1 KB each.
 *
 * KEYS  1 state  2 payload  3 meta  4 delayed  5 wake  6-15 ready, by priority
 * ARGV  per message: body, priority, delay in ms, meta or ''
 * Answers the first of the consecutive ids.
 */
export const enqueueMixed = script(`
${clock}
local state = redis.call('HMGET', KEYS[1], 'id', 'in')
redis.call('HLEN', KEYS[2]) redis.call('HLEN', KEYS[3]) redis.call('ZCARD', KEYS[4]) redis.call('LLEN', KEYS[5])
for i = 6, 15 do redis.call('LLEN', KEYS[i]) end
local count, first = #ARGV / 4, ${nextId('state[1]')}
local fields, notes, due, ready, mixed, last = {}, {}, {}, {}, false, ''
for i = 1, count do
  local at = 4 * i - 3
  local id, priority, delay = text(first + i - 1), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  fields[2 * i - 1] = id
  fields[2 * i] = ARGV[at]
  if ARGV[at + 3] ~= '' then notes[#notes + 1] = id; notes[#notes + 1] = ARGV[at + 3] end
  if delay > 0 then
    due[#due + 1] = text((now + delay) * 16 + priority)
    due[#due + 1] = id
  else
    local list = ready[priority] or {}
    list[#list + 1] = id
    ready[priority] = list
  end
  mixed = mixed or priority ~= ${defaultPriority}
  last = id
end
redis.call('HSET', KEYS[2], unpack(fields))
if #notes > 0 then redis.call('HSET', KEYS[3], unpack(notes)) end
if #due > 0 then redis.call('ZADD', KEYS[4], unpack(due)) end
for priority, list in pairs(ready) do redis.call('RPUSH', KEYS[6 + priority], unpack(list)) end
redis.call('HSET', KEYS[1], 'id', last, 'in', text(tonumber(state[2] or 0) + count))
if mixed then redis.call('HSET', KEYS[1], 'mixed', '1') end
if next(ready) then ${wakeOne('KEYS[5]')} end
return text(first)
`)

/**
 * Ids for messages whose bodies travel outside Lua; checks the type of every key that the transaction after it writes.
 * Ids that are never used are no loss.
 *
 * KEYS  1 state  2 payload  3 meta  4 delayed  5 wake  6-15 ready, by priority
 * ARGV  1 how many
 * Answers { first id, now in ms }.
 */
export const reserve = script(`
${clock}
local last = redis.call('HGET', KEYS[1], 'id')
redis.call('HLEN', KEYS[2]) redis.call('HLEN', KEYS[3]) redis.call('ZCARD', KEYS[4]) redis.call('LLEN', KEYS[5])
for i = 6, 15 do redis.call('LLEN', KEYS[i]) end
local first = ${nextId('last')}
redis.call('HSET', KEYS[1], 'id', text(first + ARGV[1] - 1))
return { text(first), text(now) }
`)
