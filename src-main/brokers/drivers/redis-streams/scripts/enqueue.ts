import { script } from '../../../clients/script'
import { atField } from '../entry'
import { keyNames } from '../keys'
import { adding, bodies, checkTypes, clock, firstArg, names } from './fragments'

/**
 * readMessages(at, count), writeMessages(): per message due time ('' for now), delay in ms, place of its dedup key among the
 * further KEYS (0: none), window in ms, how many fields follow, the fields. The answer names each with '+' or, where it is a
 * duplicate, '='.
 */
export const messages = `
local coming, seen = {}, {}
local function readMessages(at, count)
  for n = 1, count do
    local due, delay, key, window, size = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), ARGV[at + 3], tonumber(ARGV[at + 4])
    local message = { due = 0, window = window, fields = {} }
    if due ~= '' then message.due = tonumber(due) elseif delay > 0 then message.due = now + delay end
    for i = 1, size do message.fields[i] = ARGV[at + 4 + i] end
    if key > 0 then
      message.key = KEYS[${keyNames.length} + key]
      local first = call('GET', message.key)
      if first then message.first = first
      elseif seen[message.key] then message.twin = seen[message.key]
      else seen[message.key] = n end
    end
    coming[n] = message
    at = at + 5 + size
  end
end
local function writeMessages()
  local answers, sequence, added = {}, tonumber(call('HGET', queue, 'seq') or 0), 0
  for n, message in ipairs(coming) do
    if message.first then answers[n] = '=' .. message.first
    elseif message.twin then answers[n] = '=' .. string.sub(answers[message.twin], 2)
    else
      local id
      if message.due > now then
        sequence = sequence + 1
        id = 'later-' .. text(sequence)
        table.insert(message.fields, '${atField}')
        table.insert(message.fields, text(now))
        call('HSET', payload, id, packed(message.fields))
        call('ZADD', later, text(message.due), id)
      else
        id = addEntry(message.fields)
      end
      if message.key then call('SET', message.key, id, 'PX', message.window) end
      answers[n] = '+' .. id
      added = added + 1
    end
  end
  call('HSET', queue, 'seq', text(sequence))
  return answers
end
`

/**
 * KEYS  all of the queue, then dedup keys
 * ARGV  3 how many  4- as readMessages
 * Answers per message '+id' or '=id of the first'.
 */
export const enqueue = script(`
${names}
${clock}
${bodies}
${adding}
${messages}
${checkTypes}
readMessages(${firstArg + 1}, tonumber(ARGV[${firstArg}]))
return writeMessages()
`)
