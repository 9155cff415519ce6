import { script } from '../../../clients/script'
import { messages } from './enqueue'
import { adding, bodies, checkTypes, clock, firstArg, names } from './fragments'

/**
 * KEYS  all
 * ARGV  3 schedule  4 next time in ms  5 definition
 */
export const put = script(`
${names}
${checkTypes}
call('HSET', definitions, ARGV[${firstArg}], ARGV[${firstArg + 2}])
call('ZADD', schedules, ARGV[${firstArg + 1}], ARGV[${firstArg}])
return 1
`)

/**
 * KEYS  all
 * ARGV  3 schedule
 * Answers 1, or 0 when there was none.
 */
export const remove = script(`
${names}
${checkTypes}
call('HDEL', definitions, ARGV[${firstArg}])
return call('ZREM', schedules, ARGV[${firstArg}])
`)

/**
 * KEYS  all
 * ARGV  3 limit  4 '1' only those that are due, '0' all
 * Answers { now, next time of the first that is not due or '', key, next time, definition, ... }.
 */
export const list = script(`
${names}
${clock}
local high = ARGV[${firstArg + 1}] == '1' and text(now) or '+inf'
local found = call('ZRANGEBYSCORE', schedules, '-inf', high, 'WITHSCORES', 'LIMIT', 0, ARGV[${firstArg}])
local coming = call('ZRANGEBYSCORE', schedules, '(' .. text(now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
local answer = { text(now), coming[2] or '' }
for i = 1, #found, 2 do
  answer[#answer + 1] = found[i]
  answer[#answer + 1] = found[i + 1]
  answer[#answer + 1] = call('HGET', definitions, found[i]) or ''
end
return answer
`)

/**
 * KEYS  all, then dedup keys
 * ARGV  3 schedule  4 the time at which it is expected to stand  5 its next time, or '' for none  6 how many messages
 *       7- as readMessages of enqueue
 * Answers as enqueue, or 0 when it stands at another time.
 */
export const fire = script(`
${names}
${clock}
${bodies}
${adding}
${messages}
${checkTypes}
local stands = call('ZSCORE', schedules, ARGV[${firstArg}])
if not stands or tonumber(stands) ~= tonumber(ARGV[${firstArg + 1}]) then return 0 end
readMessages(${firstArg + 4}, tonumber(ARGV[${firstArg + 3}]))
local answers = writeMessages()
if ARGV[${firstArg + 2}] == '' then
  call('ZREM', schedules, ARGV[${firstArg}])
  call('HDEL', definitions, ARGV[${firstArg}])
else
  call('ZADD', schedules, ARGV[${firstArg + 2}], ARGV[${firstArg}])
end
return answers
`)
