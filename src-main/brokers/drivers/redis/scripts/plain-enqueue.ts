import { script } from '../../../clients/script'
import { parcelStride } from '../parcel'
import { clock, nextId, richAnswer } from './fragments'

/** Leaves a marker for an idle worker where none is left and nothing waited: else a marker was left before. */
const wake = `
if marks == 0 and waiting == 0 then redis.call('RPUSH', KEYS[3], '1') end
`

/** Below, making the table of digits would cost more than it saves. */
const fewIds = 20

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
local marks, waiting = redis.call('LLEN', KEYS[3]), redis.call('LLEN', KEYS[4])
local count, first = #ARGV, ${nextId('state[1]')}
local ids, fields = {}, {}
if count < ${fewIds} then
  for i = 1, count do ids[i] = text(first + i - 1) end
else
  -- Only the last two digits change from one to the next: formatting each id would cost as much as storing it.
  local twoDigits = { ${Array.from({ length: 100 }, (_, n) => `'${String(n).padStart(2, '0')}'`).join(',')} }
  local hundreds, rest = math.floor(first / 100), first % 100
  local prefix = text(hundreds)
  for i = 1, count do
    if rest == 100 then hundreds = hundreds + 1; prefix = text(hundreds); rest = 0 end
    ids[i] = prefix .. twoDigits[rest + 1]
    rest = rest + 1
  end
end
for i = 1, count do fields[2 * i - 1] = ids[i]; fields[2 * i] = ARGV[i] end
redis.call('HSET', KEYS[2], unpack(fields))
redis.call('RPUSH', KEYS[4], unpack(ids))
redis.call('HSET', KEYS[1], 'id', ids[count], 'in', text(tonumber(state[2] or 0) + count))
${wake}return ids[1]
`)

/** runs[n], firsts[n] of so many messages each, from ARGV[at] in steps; next: the id after the last; total. */
const numbered = (at: number, step: number) => `
local state = redis.call('HMGET', KEYS[1], 'id', 'rich', 'in', 'spread', 'parceled')
if state[2] then return ${richAnswer} end
local runs, firsts, total, next = {}, {}, 0, ${nextId('state[1]')}
for i = ${at}, #ARGV, ${step} do
  local first = text(math.ceil(next / ${parcelStride}) * ${parcelStride})
  firsts[#firsts + 1] = first
  runs[#runs + 1] = first .. '*' .. ARGV[i]
  next = first + ARGV[i]
  total = total + ARGV[i]
end
`

/**
 * The same by whole parcels, into a queue that holds nothing but plain messages.
 *
 * KEYS  1 state  2 parcels  3 wake  4 ready (default priority)
 * ARGV  per parcel how many messages, and the parcel
 * Answers the first id of each, with blanks between them; -2 a rich queue.
 */
export const enqueueParcels = script(`
${clock}
${numbered(1, 2)}
local marks, waiting = redis.call('LLEN', KEYS[3]), redis.call('LLEN', KEYS[4])
local fields = {}
for n, first in ipairs(firsts) do fields[2 * n - 1] = first; fields[2 * n] = ARGV[2 * n] end
redis.call('HSET', KEYS[2], unpack(fields))
redis.call('RPUSH', KEYS[4], unpack(runs))
redis.call('HSET', KEYS[1], 'id', text(next - 1), 'in', text(tonumber(state[3] or 0) + total),
  'spread', text(tonumber(state[4] or 0) + total - #runs), 'parceled', text(tonumber(state[5] or 0) + total))
${wake}return table.concat(firsts, ' ')
`)

/**
 * Ids for parcels that travel outside Lua, as reserve gives them for single messages.
 *
 * KEYS  1 state  2 parcels  3 wake  4 ready (default priority)
 * ARGV  per parcel how many messages
 * Answers the first id of each, with blanks between them; -2 a rich queue.
 */
export const reserveParcels = script(`
${clock}
${numbered(1, 1)}
redis.call('HLEN', KEYS[2]) redis.call('LLEN', KEYS[3]) redis.call('LLEN', KEYS[4])
redis.call('HSET', KEYS[1], 'id', text(next - 1))
return table.concat(firsts, ' ')
`)

/**
 * Ids for messages whose bodies travel outside Lua; checks the type of every key that the transaction after it writes.
 * Ids that are never used are no loss.
 *
 * KEYS  1 state  2 payload  3 wake  4 ready (default priority)
 * ARGV  1 how many
 * Answers the first of the consecutive ids.
 */
export const reserve = script(`
${clock}
local last = redis.call('HGET', KEYS[1], 'id')
redis.call('HLEN', KEYS[2]) redis.call('LLEN', KEYS[3]) redis.call('LLEN', KEYS[4])
local first = ${nextId('last')}
redis.call('HSET', KEYS[1], 'id', text(first + ARGV[1] - 1))
return text(first)
`)
