import { script } from '../../../clients/script'
import {
  adding,
  bodies,
  checkTypes,
  clock,
  entryOf,
  firstArg,
  groups,
  keepStamp,
  latch,
  names,
  settle,
  wakeAll,
} from './fragments'
import { lookAtGroups, place } from './look'

const header = `
${names}
${clock}
${bodies}
${groups}
${entryOf}
${place}
${settle}
${checkTypes}
${lookAtGroups}
`

/**
 * KEYS  all
 * ARGV  3- ids
 * Answers per id 'a' applied, 'g' gone, 'l' leased.
 */
export const cancel = script(`${header}
local marks = {}
${latch}
for i = ${firstArg}, #ARGV do
  local where, entry = place(ARGV[i])
  local mark = 'a'
  if where == 'later' then
    call('HDEL', payload, entry)
    call('ZREM', later, entry)
  elseif where == 'again' or where == 'delayed' then
    forget({ entry })
    release({ entry }, isFree(entry) and { entry } or {})
    call('ZREM', where == 'again' and again or delayed, entry)
  elseif where == 'new' then
    -- Deleted from the stream it would be gone for the other groups as well, and the server's lag would be wrong.
    call('SADD', removed, entry)
  else
    mark = (where == 'leased' or where == 'foreign') and 'l' or 'g'
  end
  marks[#marks + 1] = mark
end
return table.concat(marks)
`)

/**
 * KEYS  all
 * ARGV  3- ids
 * Answers per id as cancel.
 */
export const promoteIds = script(`${header}
${adding}
local marks, woken = {}, false
${latch}
for i = ${firstArg}, #ARGV do
  local where, entry = place(ARGV[i])
  local mark = 'a'
  if where == 'later' then addLater(entry)
  elseif where == 'delayed' then
    call('ZADD', again, nextStamp(), entry)
    call('ZREM', delayed, entry)
    woken = true
  else
    mark = (where == 'leased' or where == 'foreign') and 'l' or 'g'
  end
  marks[#marks + 1] = mark
end
${keepStamp}
if woken then ${wakeAll} end
return table.concat(marks)
`)

/**
 * Changes the fields of a message for this group, or, where it waits to enter the stream, for all.
 *
 * KEYS  all
 * ARGV  3 id  4 packed fields as they were seen  5 packed fields as they shall be
 * Answers as cancel, or 'c' when they are not as seen.
 */
export const edit = script(`${header}
local where, entry = place(ARGV[${firstArg}])
if not where or where == 'done' then return 'g' end
if where == 'leased' or where == 'foreign' then return 'l' end
local fields
if where == 'later' then fields = call('HGET', payload, entry) else fields = fieldsOf(entry) end
if not fields then return 'g' end
if fields ~= ARGV[${firstArg + 1}] then return 'c' end
call('HSET', where == 'later' and payload or kept, entry, ARGV[${firstArg + 2}])
return 'a'
`)

/**
 * KEYS  all
 * ARGV  3 '1' pause, '0' resume
 */
export const setPaused = script(`
${names}
${checkTypes}
if ARGV[${firstArg}] == '1' then call('HSET', state, 'paused', '1')
else
  call('HDEL', state, 'paused')
  ${wakeAll}
end
return 1
`)

/** The newest are kept. */
const mostLines = 100

/**
 * KEYS  all
 * ARGV  3 id  4 "progress" or "log"  5 JSON or line
 * Answers 1, or 0 when there is no such message.
 */
export const note = script(`${header}
local where, entry = place(ARGV[${firstArg}])
-- What waits to enter the stream has no entry yet, and no worker.
if not where or where == 'later' then return 0 end
if ARGV[${firstArg + 1}] == 'progress' then
  call('HSET', progress, entry, ARGV[${firstArg + 2}])
  return 1
end
local lines = unpacked(call('HGET', logs, entry) or '')
lines[#lines + 1] = ARGV[${firstArg + 2}]
while #lines > ${mostLines} do table.remove(lines, 1) end
call('HSET', logs, entry, packed(lines))
return 1
`)
