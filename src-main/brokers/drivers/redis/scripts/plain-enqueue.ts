import { script } from '../../../clients/script'
import { clock, nextId } from './fragments'

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
if marks == 0 and waiting == 0 then redis.call('RPUSH', KEYS[3], '1') end
return ids[1]
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
