import { script } from '../../../clients/script'
import { neverDue } from '../ids'
import { clock, fieldsOf, latch, limits, metas, readiness, richAnswer, text, wakeOne, wholeQueue } from './fragments'
import { opening, parcelLookUp, runs } from './parcels'

const header = `
${clock}
${wholeQueue}
${limits}
${readiness}
checked('hash', 'payload', 'meta', 'busy', 'windows') checked('zset', 'delayed', 'dead', 'held')
checked('list', 'wake', 'groups')
`

/** A retry goes back to the head of its group, which it held; what was only delayed goes to the end. */
const becomesReady = `
local function becomesReady(id, priority)
  local group = groupOf(id)
  local held = group and redis.call('HGET', key('busy'), group) == id
  if held then free(id) end
  toReady(id, priority, held)
end
`

/**
 * Due messages become ready, and groups whose limit lets them go on take their turn again.
 *
 * KEYS  1 state
 * ARGV  1 limit
 * Answers { moved, when the next is due in ms or -1 }.
 */
export const promote = script(`${header}${becomesReady}
local due = redis.call('ZRANGEBYSCORE', key('delayed'), '-inf', text(now * 16 + 15), 'WITHSCORES', 'LIMIT', 0, ARGV[1])
local open = redis.call('ZRANGEBYSCORE', key('held'), '-inf', text(now), 'LIMIT', 0, ARGV[1])
for i = 1, #due, 2 do becomesReady(due[i], due[i + 1] % 16) end
if #due > 0 or #open > 0 then
  ${latch('KEYS[1]')}
  writeReady()
  if #due > 0 then redis.call('ZREMRANGEBYRANK', key('delayed'), 0, #due / 2 - 1) end
  if #open > 0 then
    redis.call('RPUSH', key('groups'), unpack(open))
    redis.call('ZREM', key('held'), unpack(open))
    ${wakeOne("key('wake')")}
  end
end
local nearest, gate = redis.call('ZRANGE', key('delayed'), 0, 0, 'WITHSCORES'), redis.call('ZRANGE', key('held'), 0, 0, 'WITHSCORES')
local next = nearest[2] and math.floor(nearest[2] / 16) or ${neverDue}
if gate[2] then next = math.min(next, tonumber(gate[2])) end
return { #due / 2, next < ${neverDue} and text(next) or -1 }
`)

const countReplayed = (count: string) =>
  `redis.call('HSET', KEYS[1], 'replayed', text(tonumber(state[2] or 0) + ${count}))\n`

/**
 * Dead letters of a queue of plain messages become ready, oldest death first, up to a stamp that holds still while a replay
 * goes on. Their ids are moved and nothing is read.
 *
 * KEYS  1 state  2 dead  3 wake  4 ready (default priority)
 * ARGV  1 limit  2 highest score, or '' for "all that died until now"
 * Answers { moved, highest score }, where '' says that nothing is left; -2 a rich queue.
 */
export const replayDead = script(`
${text}
local state = redis.call('HMGET', KEYS[1], 'rich', 'replayed')
if state[1] then return ${richAnswer} end
redis.call('LLEN', KEYS[3]) redis.call('LLEN', KEYS[4])
local high = ARGV[2]
if high == '' then high = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')[2] or '0' end
local found = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', high, 'LIMIT', 0, ARGV[1])
local count = #found
if count > 0 then
  ${latch('KEYS[1]')}
  redis.call('RPUSH', KEYS[4], unpack(found))
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, count - 1)
  ${countReplayed('count')}
  ${wakeOne('KEYS[3]')}
end
if count < tonumber(ARGV[1]) then high = '' end
return { count, high }
`)

/**
 * The same for any queue.
 *
 * KEYS  1 state
 * ARGV  as replayDead
 * Answers as replayDead.
 */
export const richReplayDead = script(`${header}
local state = redis.call('HMGET', KEYS[1], 'rich', 'replayed')
local high = ARGV[2]
if high == '' then high = redis.call('ZRANGE', key('dead'), -1, -1, 'WITHSCORES')[2] or '0' end
local found = redis.call('ZRANGEBYSCORE', key('dead'), '-inf', high, 'WITHSCORES', 'LIMIT', 0, ARGV[1])
local count = #found / 2
for i = 1, #found, 2 do toReady(found[i], found[i + 1] % 16) end
if count > 0 then
  ${latch('KEYS[1]')}
  writeReady()
  redis.call('ZREMRANGEBYRANK', key('dead'), 0, count - 1)
  ${countReplayed('count')}
end
if count < tonumber(ARGV[1]) then high = '' end
return { count, high }
`)

/** ids, scores: those of ARGV[at]... that stand in \`place\`, each once; marks: '1' or '0' per id given. */
const standing = (place: string, at: number) => `
local marks, ids, scores, seen = {}, {}, {}, {}
for i = ${at}, #ARGV do
  local id = ARGV[i]
  local score = not seen[id] and redis.call('ZSCORE', key('${place}'), id)
  marks[#marks + 1] = score and '1' or '0'
  if score then seen[id] = true; ids[#ids + 1] = id; scores[#scores + 1] = score end
end
`

/**
 * KEYS  1 state
 * ARGV  ids
 * Answers per id '1' or '0' (not dead).
 */
export const replayIds = script(`${header}
local state = redis.call('HMGET', KEYS[1], 'rich', 'replayed')
${standing('dead', 1)}
for n, id in ipairs(ids) do toReady(id, scores[n] % 16) end
if #ids > 0 then
  ${latch('KEYS[1]')}
  writeReady()
  redis.call('ZREM', key('dead'), unpack(ids))
  ${countReplayed('#ids')}
end
return table.concat(marks)
`)

/**
 * Delayed messages become ready now, and say so in their history. A parent that waits for children can be promoted too: it
 * then begins without them.
 *
 * KEYS  1 state
 * ARGV  ids
 * Answers per id '1' or '0' (not delayed).
 */
export const promoteIds = script(`${header}${becomesReady}
${metas}
${fieldsOf}
${standing('delayed', 1)}
local found, notes = fieldsOf(key('meta'), ids), {}
for n, id in ipairs(ids) do
  becomesReady(id, scores[n] % 16)
  notes[#notes + 1] = id
  notes[#notes + 1] = noted(found[n], { kind = 'p', fence = '0', worker = '', tail = '\\t\\t' })
end
if #ids > 0 then
  ${latch('KEYS[1]')}
  redis.call('HSET', key('meta'), unpack(notes))
  writeReady()
  redis.call('ZREM', key('delayed'), unpack(ids))
end
return table.concat(marks)
`)

/** How far around the place where a ready message was seen it is looked for: leases may have moved it meanwhile. */
const nearby = 500

/**
 * Of delayed and ready messages. A ready one leaves a hole in its old list, which a lease passes over. A message of a group
 * keeps the order of its group: its priority says nothing and is left alone.
 *
 * KEYS  1 state
 * ARGV  1 priority  2- per id: id, the priority of the ready list in which it was seen or '' for delayed, its place there
 * Answers per id '1' or '0' (not there any more).
 */
export const changePriority = script(`${header}
${metas}
${fieldsOf}
checked('hash', 'parcels') checked('set', 'removed')
redis.call('LLEN', key('ready:' .. ARGV[1]))
${runs}
${opening}
${parcelLookUp}
local spread, windows, written = tonumber(redis.call('HGET', KEYS[1], 'spread') or 0), {}, {}
local function without(place, id)
  local number, left, found = tonumber(id), {}, false
  for token in string.gmatch(place, '[^,]+') do
    local first, count = runOf(token)
    if token == id then found = true
    elseif first and number >= first and number < first + count then
      found = true
      if number > first then left[#left + 1] = runFrom(first, number - first) end
      if number < first + count - 1 then left[#left + 1] = runFrom(number + 1, first + count - 1 - number) end
    else left[#left + 1] = token end
  end
  return found and table.concat(left, ',')
end
local function placeOf(id, list, start)
  local window = windows[list .. start] or redis.call('LRANGE', key('ready:' .. list), start, start + 2 * ${nearby})
  windows[list .. start] = window
  for n, place in ipairs(window) do
    if place == id then return start + n - 1 end
  end
  if spread == 0 or not tonumber(id) then return nil end
  for n, place in ipairs(window) do
    if string.find(place, '[*,]') and without(place, id) then return start + n - 1, place end
  end
end
local marks, ids, from, places, runsAt, opens = {}, {}, {}, {}, {}, {}
for i = 2, #ARGV, 3 do
  local id, list, here, run = ARGV[i], ARGV[i + 1], nil, nil
  local first = parcelOf(id)
  if not groupOf(id) and (first or redis.call('HEXISTS', key('payload'), id) == 1) then
    if list == '' then here = redis.call('ZSCORE', key('delayed'), id)
    else here, run = placeOf(id, list, math.max(ARGV[i + 2] - ${nearby}, 0)) end
  end
  if here and first then opens[first] = true end
  if here then runsAt[#ids + 1] = run end
  marks[#marks + 1] = here and '1' or '0'
  if here then ids[#ids + 1] = id; from[#from + 1] = list; places[#places + 1] = here end
end
local found, notes = fieldsOf(key('meta'), ids), {}
for n, id in ipairs(ids) do
  notes[#notes + 1] = id
  notes[#notes + 1] = noted(found[n], { kind = 'c', fence = '0', worker = '', tail = '\\t' .. ARGV[1] .. '\\t' })
end
if #ids > 0 then
  ${latch('KEYS[1]')}
  for first in pairs(opens) do open(first) end
  redis.call('HSET', key('meta'), unpack(notes))
  redis.call('HSET', KEYS[1], 'rich', '1', 'holes', '1')
  for n, id in ipairs(ids) do
    if from[n] == '' then
      redis.call('ZADD', key('delayed'), text(math.floor(places[n] / 16) * 16 + ARGV[1]), id)
    else
      redis.call('RPUSH', key('ready:' .. ARGV[1]), id)
      local at = from[n] .. ' ' .. places[n]
      local run = written[at] or runsAt[n]
      if run and run ~= id then
        written[at] = without(run, id)
        redis.call('LSET', key('ready:' .. from[n]), places[n], written[at])
        add('spread', -1)
      else
      local hole = 'h' .. id .. '.' .. redis.call('HINCRBY', KEYS[1], 'hole', 1)
      redis.call('SADD', key('removed'), hole)
      redis.call('LSET', key('ready:' .. from[n]), places[n], hole)
      end
    end
  end
end
return table.concat(marks)
`)
