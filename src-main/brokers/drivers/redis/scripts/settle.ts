import { script } from '../../../clients/script'
import { defaultPriority } from '../keys'
import { clock, latch, metaOf, metas, readyLists, records, wakeOne } from './fragments'

/** KEYS 1 to 8 of both scripts, and what both do once `moves` says where each id goes. */
const header = `
${clock}
${readyLists(8)}
${records}
${metas}
${metaOf('KEYS[3]')}
local state = redis.call('HMGET', KEYS[1], 'mixed', 'died', 'dead')
if state[1] and not many then return -2 end
redis.call('HLEN', KEYS[2]) redis.call('HLEN', KEYS[3]) redis.call('ZCARD', KEYS[4]) redis.call('ZCARD', KEYS[5])
redis.call('ZCARD', KEYS[6]) redis.call('HLEN', KEYS[7]) redis.call('LLEN', KEYS[8])
for k = 9, #KEYS do redis.call('LLEN', KEYS[k]) end
local notes, due, ready, dead, died = {}, {}, {}, {}, tonumber(state[2] or 0)
local function toReady(id, priority)
  local list = ready[priority] or {}
  list[#list + 1] = id
  ready[priority] = list
end
local function toDead(id, priority)
  died = after(died, 256)
  dead[#dead + 1] = text(died * 16 + priority)
  dead[#dead + 1] = id
end
local function note(id, meta) notes[#notes + 1] = id; notes[#notes + 1] = meta end
local function write(push)
  ${latch('KEYS[7]')}
  if #notes > 0 then redis.call('HSET', KEYS[3], unpack(notes)) end
  if #due > 0 then redis.call('ZADD', KEYS[4], unpack(due)) end
  if #dead > 0 then
    redis.call('ZADD', KEYS[5], unpack(dead))
    redis.call('HSET', KEYS[1], 'died', text(died), 'dead', text(tonumber(state[3] or 0) + #dead / 2))
  end
  for priority, list in pairs(ready) do redis.call(push, readyKey(priority), unpack(list)) end
  if next(ready) then ${wakeOne('KEYS[8]')} end
end
`

/**
 * Each message of a lease that failed goes to ready (delay 0), delayed, or dead (delay -1). A dead one's meta is written
 * as it shall be after a replay: no attempts, all history. So a replay moves ids and reads nothing.
 *
 * KEYS  1 state  2 payload  3 meta  4 delayed  5 dead  6 leases  7 leased  8 wake  9- ready (one list or ten)
 * ARGV  1 lease id  2- per message: id, delay in ms, tail of the event, stack
 * Answers per message '1' applied or '0' not in this lease; -2 ten ready lists are needed.
 */
export const nack = script(`${header}
local marks, given, at = {}, {}, {}
for i = 2, #ARGV, 4 do
  marks[#marks + 1] = '0'
  given[#given + 1] = ARGV[i]
end
local record = redis.call('HGET', KEYS[7], ARGV[1])
if not record then return table.concat(marks) end
local found = metaOf(given)
local gone = {}
for n = 1, #given do
  local id, i = given[n], 4 * n - 2
  local rest, priority = cut(record, id)
  if rest then
    record = rest
    marks[n] = '1'
    if redis.call('HEXISTS', KEYS[2], id) == 0 then gone[#gone + 1] = id
    else
      local delay = tonumber(ARGV[i + 1])
      note(id, failed(found[n], ARGV[i + 2], ARGV[i + 3], delay < 0 and 0 or nil))
      if delay < 0 then toDead(id, priority)
      elseif delay == 0 then toReady(id, priority)
      else due[#due + 1] = text((now + delay) * 16 + priority); due[#due + 1] = id end
    end
  end
end
write('RPUSH')
if hasIds(record) then redis.call('HSET', KEYS[7], ARGV[1], record)
else redis.call('ZREM', KEYS[6], ARGV[1]); redis.call('HDEL', KEYS[7], ARGV[1]) end
if #gone > 0 then redis.call('HDEL', KEYS[3], unpack(gone)) end
return table.concat(marks)
`)

/**
 * Takes back messages of leases that have run out: to the head of their ready list or, when that was the last attempt,
 * dead. At most \`limit\` messages; what is left of a lease stays in it, expired.
 *
 * KEYS  as nack
 * ARGV  1 limit  2 max attempts of a message that has no limit of its own  3 tail of the event, up to the worker's name
 * Answers { back to ready, died, when the next lease expires in ms or -1 }; -2 ten ready lists are needed.
 */
export const recover = script(`${header}
local function quoted(worker) return '"' .. string.gsub(worker, '[%c"\\\\]', ' ') .. '"}' end
local room, closed, kept, requeued = tonumber(ARGV[1]), {}, {}, 0
local expired = redis.call('ZRANGEBYSCORE', KEYS[6], '-inf', text(now), 'LIMIT', 0, room)
local gone = {}
for _, lease in ipairs(expired) do
  if room <= 0 then break end
  local record = redis.call('HGET', KEYS[7], lease)
  if not record then closed[#closed + 1] = lease
  else
    local ids, of = idsOf(record)
    local worker = string.sub(record, string.find(record, '|', 1, true) + 1)
    local count = math.min(#ids, room)
    room = room - math.max(count, 1)
    local taken = {}
    for n = 1, count do taken[n] = ids[n] end
    local found = count > 0 and metaOf(taken) or {}
    for n = 1, count do
      local id, priority = ids[n], of and of[n] or ${defaultPriority}
      if redis.call('HEXISTS', KEYS[2], id) == 0 then gone[#gone + 1] = id
      else
        local limit = limitIn(found[n])
        if limit == 0 then limit = tonumber(ARGV[2]) end
        local last = attemptsIn(found[n]) + 1 >= limit
        note(id, failed(found[n], ARGV[3] .. quoted(worker), '', last and 0 or nil))
        if last then toDead(id, priority) else toReady(id, priority); requeued = requeued + 1 end
      end
    end
    if count == #ids then closed[#closed + 1] = lease
    else
      local _, to = string.find(record, ',' .. ids[count] .. ',', 1, true)
      kept[#kept + 1] = lease
      kept[#kept + 1] = (of and ',p' .. of[count + 1] or '') .. string.sub(record, to)
    end
  end
end
for _, list in pairs(ready) do
  local n = #list
  for i = 1, math.floor(n / 2) do list[i], list[n + 1 - i] = list[n + 1 - i], list[i] end
end
if #expired > 0 then
  write('LPUSH')
  if #kept > 0 then redis.call('HSET', KEYS[7], unpack(kept)) end
  if #closed > 0 then redis.call('ZREM', KEYS[6], unpack(closed)); redis.call('HDEL', KEYS[7], unpack(closed)) end
  if #gone > 0 then redis.call('HDEL', KEYS[3], unpack(gone)) end
end
local nearest = redis.call('ZRANGE', KEYS[6], 0, 0, 'WITHSCORES')
return { requeued, #dead / 2, nearest[2] and text(tonumber(nearest[2])) or -1 }
`)
