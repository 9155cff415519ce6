import { script } from '../../../clients/script'
import { defaultPriority, largeBodyBytes } from '../keys'
import { readyLookUp } from './erase'
import { clock, fieldsOf, limits, metas, readiness, wholeQueue } from './fragments'
import { opening, parcelLookUp } from './parcels'

/** What a person does to single messages. Each script compares before it changes: what is not as meant is left alone. */

const editing = (isThere: string) =>
  script(`
${clock}
${wholeQueue}
${metas}
${fieldsOf}
checked('hash', 'payload', 'parcels', 'meta', 'leased') checked('zset', 'delayed', 'dead', 'done')
local id = ARGV[1]
${isThere}
if redis.call('HGET', key('payload'), id) ~= ARGV[2] then return -1 end
local meta = fieldsOf(key('meta'), { id })[1]
if ARGV[2] ~= ARGV[3] then
  redis.call('HSET', key('payload'), id, ARGV[3])
  if ARGV[4] == '1' then redis.call('HSET', key('meta'), id, noted(meta, { kind = 'e', fence = '0', worker = '', tail = '\\t\\t' })) end
end
if #ARGV[3] > ${largeBodyBytes} then redis.call('HSET', KEYS[1], 'big', '1') end
return 1
`)

/**
 * A new body, and a word of it in the history where that is asked for: what a person does stands in the console's own record.
 *
 * KEYS  1 state
 * ARGV  1 id  2 body as it was seen  3 new body  4 '1' for the history
 * Answers 1 applied, 0 not in this state, -1 the body is another by now.
 */
export const editDead = editing("if not redis.call('ZSCORE', key('dead'), id) then return 0 end")
export const editDelayed = editing("if not redis.call('ZSCORE', key('delayed'), id) then return 0 end")
export const editReady = editing(`
local ids = { id }
${readyLookUp.replaceAll('#ARGV', '#ids')}
${opening}
local here, first = isReady(id)
if not here then return 0 end
if first then open(first) end
`)

/**
 * Puts messages back where they stood: dead, done and delayed by their score, ready ones into the place they left if it still
 * stands, else at the head of their list or group, in the order given.
 *
 * KEYS  1 state
 * ARGV  per message: id, state, place, body, meta or '', result or '', notes or ''
 * Answers per message '1' put back or '0' the id or its own id is in use, or a place that it left when it was ready is not
 * passed over yet, which would hide it.
 */
export const restore = script(`
${clock}
${wholeQueue}
${limits}
${readiness}
local state = redis.call('HMGET', KEYS[1], 'id', 'died', 'finished')
checked('hash', 'payload', 'parcels', 'meta', 'results', 'notes', 'names', 'busy', 'windows')
checked('zset', 'delayed', 'dead', 'done', 'held') checked('set', 'removed') checked('list', 'wake', 'groups')
${parcelLookUp}
local marks, seen, bodies, metas, results, notes, names, revived = {}, {}, {}, {}, {}, {}, {}, {}
local sorted = { delayed = {}, dead = {}, done = {} }
local highest, died, finished = tonumber(state[1] or 0), tonumber(state[2] or 0), tonumber(state[3] or 0)
local big, rich = false, false
for i = 1, #ARGV, 7 do
  local id, from, place, own = ARGV[i], ARGV[i + 1], ARGV[i + 2], ownOf(ARGV[i])
  local free = not seen[id] and redis.call('HEXISTS', key('payload'), id) == 0
    and not redis.call('ZSCORE', key('delayed'), id) and not redis.call('ZSCORE', key('dead'), id)
    and not redis.call('ZSCORE', key('done'), id) and not parcelOf(id)
  if free and own then
    local holder = redis.call('HGET', key('names'), own)
    if seen[':' .. own] or holder and redis.call('HEXISTS', key('payload'), holder) == 1 then free = false end
  end
  local leftPlace = redis.call('SISMEMBER', key('removed'), id) == 1
  if leftPlace and from ~= 'ready' then free = false end
  marks[#marks + 1] = free and '1' or '0'
  if free then
    seen[id] = true
    bodies[#bodies + 1] = id; bodies[#bodies + 1] = ARGV[i + 3]
    big = big or #ARGV[i + 3] > ${largeBodyBytes}
    if ARGV[i + 4] ~= '' then metas[#metas + 1] = id; metas[#metas + 1] = ARGV[i + 4] end
    if ARGV[i + 5] ~= '' then results[#results + 1] = id; results[#results + 1] = ARGV[i + 5] end
    if ARGV[i + 6] ~= '' then notes[#notes + 1] = id; notes[#notes + 1] = ARGV[i + 6] end
    if own then names[#names + 1] = own; names[#names + 1] = id; seen[':' .. own] = true end
    highest = math.max(highest, tonumber(string.match(id, '^%d+')))
    rich = rich or own or groupOf(id) or from == 'done' or ARGV[i + 6] ~= ''
    if sorted[from] then
      sorted[from][#sorted[from] + 1] = place; sorted[from][#sorted[from] + 1] = id
      if from == 'dead' then died = math.max(died, math.floor(place / 16)) end
      if from == 'done' then finished = math.max(finished, math.floor(place / 16)) end
      rich = rich or place % 16 ~= ${defaultPriority}
    elseif leftPlace then revived[#revived + 1] = id
    else
      toReady(id, tonumber(place), true)
      rich = rich or tonumber(place) ~= ${defaultPriority}
    end
  end
end
if #bodies == 0 then return table.concat(marks) end
redis.call('HSET', key('payload'), unpack(bodies))
redis.call('HSET', KEYS[1], 'id', text(highest))
if #sorted.dead > 0 then redis.call('HSET', KEYS[1], 'died', text(died)) end
if #sorted.done > 0 then redis.call('HSET', KEYS[1], 'finished', text(finished)) end
if big then redis.call('HSET', KEYS[1], 'big', '1') end
if rich then redis.call('HSET', KEYS[1], 'rich', '1') end
for name, values in pairs({ meta = metas, results = results, notes = notes, names = names }) do
  if #values > 0 then redis.call('HSET', key(name), unpack(values)) end
end
for name, values in pairs(sorted) do
  if #values > 0 then redis.call('ZADD', key(name), unpack(values)) end
end
if #revived > 0 then
  redis.call('SREM', key('removed'), unpack(revived))
  if redis.call('LLEN', key('wake')) == 0 then redis.call('RPUSH', key('wake'), '1') end
end
writeReady()
return table.concat(marks)
`)
