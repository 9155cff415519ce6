import { script } from '../../../clients/script'
import { idsPerMs, neverDue } from '../ids'
import { largeBodyBytes } from '../keys'
import { clock, limits, readiness, wholeQueue } from './fragments'

/** How many arguments a message has in the scripts of this file. */
export const argsPerMessage = 9

/**
 * Messages from ARGV[at + 1] on, each: body, priority, delay in ms, due time in ms or '', meta or '', what follows the
 * number in its id or '', dedup key or '', its window in ms, children that it waits for. ARGV[at]: '1' when any is rich.
 * Leaves `answers`: per message its id, or '=' and the first one's id for a duplicate. All reads stand in \`readAll\`.
 */
const enqueueing = (at: number) => `
${clock}
${wholeQueue}
${limits}
${readiness}
local state = redis.call('HMGET', KEYS[1], 'id', 'in')
checked('hash', 'payload', 'meta', 'names', 'kids', 'busy', 'windows')
checked('zset', 'delayed', 'held') checked('list', 'wake', 'groups')
local last, added, big, answers, seen = tonumber(state[1] or 0), 0, 0, {}, {}
local fields, notes, due, names, kids, keep = {}, {}, {}, {}, {}, {}
local function first(of, look)
  local id = seen[of]
  if id == nil then id = look(); seen[of] = id end
  return id
end
for i = ${at} + 1, #ARGV, ${argsPerMessage} do
  local body, priority, delay, dueAt, meta = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]), ARGV[i + 4]
  local suffix, dedup, children = ARGV[i + 5], ARGV[i + 6], tonumber(ARGV[i + 8])
  local own = ownOf(suffix)
  local known = dedup ~= '' and first('d' .. dedup, function() return redis.call('GET', key('dedup:' .. dedup)) end)
  known = known or own and first('o' .. own, function()
    local id = redis.call('HGET', key('names'), own)
    return id and redis.call('HEXISTS', key('payload'), id) == 1 and id
  end)
  if known then answers[#answers + 1] = '=' .. known
  else
    last = added == 0 and math.max(last + 1, after(0, ${idsPerMs})) or last + 1
    added = added + 1
    local id = text(last) .. suffix
    answers[#answers + 1] = id
    fields[#fields + 1] = id; fields[#fields + 1] = body
    big = math.max(big, #body)
    if meta ~= '' then notes[#notes + 1] = id; notes[#notes + 1] = meta end
    if own then names[#names + 1] = own; names[#names + 1] = id; seen['o' .. own] = id end
    if dedup ~= '' then keep[#keep + 1] = { dedup, id, ARGV[i + 7] }; seen['d' .. dedup] = id end
    dueAt = dueAt or now + delay
    if children > 0 then
      dueAt = ${neverDue}
      kids[#kids + 1] = id; kids[#kids + 1] = children .. '/' .. children
    end
    if dueAt > now then due[#due + 1] = text(dueAt * 16 + priority); due[#due + 1] = id
    else toReady(id, priority, false) end
  end
end
if added > 0 then
  redis.call('HSET', key('payload'), unpack(fields))
  if #notes > 0 then redis.call('HSET', key('meta'), unpack(notes)) end
  if #names > 0 then redis.call('HSET', key('names'), unpack(names)) end
  if #kids > 0 then redis.call('HSET', key('kids'), unpack(kids)) end
  if #due > 0 then redis.call('ZADD', key('delayed'), unpack(due)) end
  for _, each in ipairs(keep) do redis.call('SET', key('dedup:' .. each[1]), each[2], 'PX', each[3]) end
  redis.call('HSET', KEYS[1], 'id', text(last), 'in', text(tonumber(state[2] or 0) + added))
  if ARGV[${at}] == '1' then redis.call('HSET', KEYS[1], 'rich', '1') end
  if big > ${largeBodyBytes} then redis.call('HSET', KEYS[1], 'big', '1') end
  writeReady()
end
`

/**
 * Messages of any kind.
 *
 * KEYS  1 state
 * ARGV  1 '1' when any has a priority, group, own id or family  2- see enqueueing
 * Answers per message its id, or '=' and the first one's id for a duplicate.
 */
export const enqueue = script(`${enqueueing(1)}
return answers
`)

/**
 * A schedule's messages and its step to the next time, if it still stands at the time expected.
 *
 * KEYS  1 state
 * ARGV  1 schedule key  2 time expected  3 next time, or '' when this was the last  4 as ARGV 1 of enqueue  5- see enqueueing
 * Answers 0 another scheduler was first, or per message its id, '=' and an id for a duplicate.
 */
export const fire = script(`
local ticks, definitions = string.sub(KEYS[1], 1, -6) .. 'ticks', string.sub(KEYS[1], 1, -6) .. 'schedules'
redis.call('HLEN', definitions)
if tonumber(redis.call('ZSCORE', ticks, ARGV[1]) or -1) ~= tonumber(ARGV[2]) then return 0 end
${enqueueing(4)}
if ARGV[3] == '' then redis.call('ZREM', ticks, ARGV[1]); redis.call('HDEL', definitions, ARGV[1])
else redis.call('ZADD', ticks, ARGV[3], ARGV[1]) end
return answers
`)
