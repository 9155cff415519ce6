import { script } from '../../../clients/script'
import { neverDue } from '../ids'
import { clock, fieldsOf, latch, limits, metas, readiness, richAnswer, text, wakeOne, wholeQueue } from './fragments'

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
