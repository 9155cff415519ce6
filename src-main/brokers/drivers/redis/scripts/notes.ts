import { script } from '../../../clients/script'
import { text, wholeQueue } from './fragments'
import { parcelLookUp } from './parcels'

/** Lines kept of a message's log, and bytes of each. */
export const mostLogLines = 100

/**
 * A message's notes: its progress as JSON on the first line, then log lines, oldest first. The queue becomes rich, so that an
 * ack takes the notes away with the message.
 *
 * KEYS  1 state
 * ARGV  1 id  2 'progress' or 'log'  3 one line of text
 * Answers 1, or 0 when there is no such message.
 */
export const note = script(`
${text}
${wholeQueue}
checked('hash', 'payload', 'notes')
${parcelLookUp}
if redis.call('HEXISTS', key('payload'), ARGV[1]) == 0 and not parcelOf(ARGV[1]) then return 0 end
local notes = redis.call('HGET', key('notes'), ARGV[1]) or ''
local progress, log = string.match(notes, '^([^\\n]*)(.*)$')
if ARGV[2] == 'progress' then progress = ARGV[3]
else
  log = log .. '\\n' .. ARGV[3]
  local _, lines = string.gsub(log, '\\n', '')
  if lines > ${mostLogLines} then log = string.sub(log, (string.find(log, '\\n', 2, true))) end
end
redis.call('HSET', key('notes'), ARGV[1], progress .. log)
redis.call('HSET', KEYS[1], 'rich', '1')
return 1
`)
