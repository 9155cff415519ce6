import { script } from '../../../clients/script'
import { stampsPerMs } from '../ids'
import { defaultPriority } from '../keys'
import { clock, fieldsOf, latch, limits, metas, readiness, records, wholeQueue } from './fragments'
import { runs, unfolding } from './parcels'

/** What both scripts need once they know where each id goes. */
const header = `
${clock}
${wholeQueue}
${limits}
${readiness}
${records}
${metas}
${fieldsOf}
${runs}
${unfolding}
checked('hash', 'payload', 'parcels', 'meta', 'leased', 'busy', 'windows') checked('zset', 'delayed', 'dead', 'leases', 'held')
checked('list', 'wake', 'groups', 'ready:${defaultPriority}')
local state = redis.call('HMGET', KEYS[1], 'died')
local notes, due, dead, died, failures = {}, {}, {}, tonumber(state[1] or 0), 0
local function toDead(id, priority)
  died = after(died, ${stampsPerMs})
  dead[#dead + 1] = text(died * 16 + priority)
  dead[#dead + 1] = id
  free(id)
end
local function note(id, meta) notes[#notes + 1] = id; notes[#notes + 1] = meta; failures = failures + 1 end
local function write()
  ${latch("key('leased')")}
  if #notes > 0 then redis.call('HSET', key('meta'), unpack(notes)) end
  if #due > 0 then redis.call('ZADD', key('delayed'), unpack(due)) end
  if #dead > 0 then
    redis.call('ZADD', key('dead'), unpack(dead))
    redis.call('HSET', KEYS[1], 'died', text(died))
    add('dead', #dead / 2)
  end
  add('failed', failures)
  writeReady()
end
`

/**
 * Each message of a lease that failed goes to ready (delay 0), delayed, or dead (delay -1). A dead one's meta is written
 * as it shall be after a replay: no attempts, all history. So a replay moves ids and reads nothing. A message of a group goes
 * back to its group's head, or holds its group while it waits for the retry.
 *
 * KEYS  1 state
 * ARGV  1 lease id  2- per message: id, delay in ms, tail of the event, stack
 * Answers per message '1' applied or '0' not in this lease.
 */
export const nack = script(`${header}
local marks, given = {}, {}
for i = 2, #ARGV, 4 do
  marks[#marks + 1] = '0'
  given[#given + 1] = ARGV[i]
end
local record = redis.call('HGET', key('leased'), ARGV[1])
if not record then return table.concat(marks) end
record = unfolded(ARGV[1], record, holder(given, 1, 1))
local found, worker = fieldsOf(key('meta'), given), workerIn(record)
local gone = {}
for n = 1, #given do
  local id, i = given[n], 4 * n - 2
  local rest, priority = cut(record, id)
  if rest then
    record = rest
    marks[n] = '1'
    if redis.call('HEXISTS', key('payload'), id) == 0 then gone[#gone + 1] = id; free(id)
    else
      local delay = tonumber(ARGV[i + 1])
      local kind = delay < 0 and 'd' or delay == 0 and 'r' or 'f'
      note(id, noted(found[n], { kind = kind, fence = ARGV[1], worker = worker, tail = ARGV[i + 2], stack = ARGV[i + 3],
        attempts = delay < 0 and 0 or attemptsIn(found[n]) + 1 }))
      if delay < 0 then toDead(id, priority)
      elseif delay == 0 then free(id); toReady(id, priority, groupOf(id) ~= nil)
      else due[#due + 1] = text((now + delay) * 16 + priority); due[#due + 1] = id end
    end
  end
end
write()
if hasIds(record) then redis.call('HSET', key('leased'), ARGV[1], record)
else redis.call('ZREM', key('leases'), ARGV[1]); redis.call('HDEL', key('leased'), ARGV[1]) end
if #gone > 0 then redis.call('HDEL', key('meta'), unpack(gone)) end
return table.concat(marks)
`)

/**
 * Takes back messages of leases that have run out: to the head of their ready list or, when that was the last attempt,
 * dead. At most \`limit\` messages; what is left of a lease stays in it, expired.
 *
 * KEYS  1 state
 * ARGV  1 limit  2 max attempts of a message that has no limit of its own  3 tail of the event, up to the worker's name
 * Answers { back to ready, died, when the next lease expires in ms or -1 }.
 */
export const recover = script(`${header}
local function among(tokens, room)
  local reached = {}
  for _, token in ipairs(tokens) do
    local first, count = runOf(token)
    if first and room > 0 then reached[first] = true end
    room = room - (count or 1)
  end
  return function(first) return reached[first] end
end
local room, closed, kept, requeued = tonumber(ARGV[1]), {}, {}, 0
local expired = redis.call('ZRANGEBYSCORE', key('leases'), '-inf', text(now), 'LIMIT', 0, room)
local gone = {}
for _, lease in ipairs(expired) do
  if room <= 0 then break end
  local record = redis.call('HGET', key('leased'), lease)
  if not record then closed[#closed + 1] = lease
  else
    record = unfolded(lease, record, among(idsOf(record), room))
    local ids, of = idsOf(record)
    local worker = workerIn(record)
    local count = math.min(#ids, room)
    room = room - math.max(count, 1)
    local taken = {}
    for n = 1, count do taken[n] = ids[n] end
    local found = fieldsOf(key('meta'), taken)
    for n = 1, count do
      local id, priority = ids[n], of and of[n] or ${defaultPriority}
      if redis.call('HEXISTS', key('payload'), id) == 0 then gone[#gone + 1] = id; free(id)
      else
        local limit = limitIn(found[n])
        if limit == 0 then limit = tonumber(ARGV[2]) end
        local last = attemptsIn(found[n]) + 1 >= limit
        note(id, noted(found[n], { kind = last and 'X' or 'x', fence = lease, worker = worker, tail = ARGV[3] .. worker, stack = '',
          attempts = last and 0 or attemptsIn(found[n]) + 1 }))
        if last then toDead(id, priority) else free(id); toReady(id, priority, true); requeued = requeued + 1 end
      end
    end
    if count == #ids then closed[#closed + 1] = lease
    else
      local _, to = string.find(record, ',' .. ids[count] .. ',', 1, true)
      kept[#kept + 1] = lease
      kept[#kept + 1] = (of and ',!' .. of[count + 1] or '') .. string.sub(record, to)
    end
  end
end
if #expired > 0 then
  write()
  if #kept > 0 then redis.call('HSET', key('leased'), unpack(kept)) end
  if #closed > 0 then redis.call('ZREM', key('leases'), unpack(closed)); redis.call('HDEL', key('leased'), unpack(closed)) end
  if #gone > 0 then redis.call('HDEL', key('meta'), unpack(gone)) end
end
local nearest = redis.call('ZRANGE', key('leases'), 0, 0, 'WITHSCORES')
return { requeued, #dead / 2, nearest[2] and text(tonumber(nearest[2])) or -1 }
`)
