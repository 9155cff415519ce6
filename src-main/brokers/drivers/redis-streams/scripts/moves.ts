import { script } from '../../../clients/script'
import {
  adding,
  bodies,
  checkTypes,
  clock,
  entryOf,
  firstArg,
  keepStamp,
  latch,
  metas,
  names,
  wakeAll,
} from './fragments'

/**
 * What is due enters the stream (a delayed message) or is ready once more (a retry).
 *
 * KEYS  all
 * ARGV  3 limit
 * Answers { moved, when the next is due in ms or -1 }.
 */
export const promote = script(`
${names}
${clock}
${bodies}
${adding}
${checkTypes}
local limit = tonumber(ARGV[${firstArg}])
local news = call('ZRANGEBYSCORE', later, '-inf', text(now), 'LIMIT', 0, limit)
local retries = call('ZRANGEBYSCORE', delayed, '-inf', text(now), 'LIMIT', 0, limit - #news)
if #news + #retries > 0 then ${latch} end
for _, id in ipairs(news) do addLater(id) end
if #retries > 0 then
  local places = {}
  for i, entry in ipairs(retries) do places[2 * i - 1] = nextStamp(); places[2 * i] = entry end
  call('ZADD', again, unpack(places))
  call('ZREM', delayed, unpack(retries))
  ${keepStamp}
  ${wakeAll}
end
local nearest
for _, key in ipairs({ later, delayed }) do
  local due = tonumber(call('ZRANGE', key, 0, 0, 'WITHSCORES')[2])
  if due and (not nearest or due < nearest) then nearest = due end
end
return { #news + #retries, nearest and text(nearest) or -1 }
`)

const revive = `
local function revive(entries)
  if #entries == 0 then return end
  local found = call('HMGET', meta, unpack(entries))
  local places, notes = {}, {}
  for i, entry in ipairs(entries) do
    places[2 * i - 1] = nextStamp()
    places[2 * i] = entry
    notes[2 * i - 1] = entry
    notes[2 * i] = noted(found[i], { replay = true, what = 'replayed', to = 'ready' })
  end
  ${latch}
  call('HSET', meta, unpack(notes))
  call('ZADD', again, unpack(places))
  call('ZREM', dead, unpack(entries))
  call('HINCRBY', state, 'replayed', #entries)
  ${keepStamp}
  ${wakeAll}
end
`

/**
 * Dead letters become ready, oldest death first, up to a stamp that holds still while a replay goes on.
 *
 * KEYS  all
 * ARGV  3 limit  4 highest stamp, or '' for "all that died until now"
 * Answers { moved, highest stamp }, where '' says that nothing is left.
 */
export const replayDead = script(`
${names}
${clock}
${metas}
${revive}
${checkTypes}
local limit, high = tonumber(ARGV[${firstArg}]), ARGV[${firstArg + 1}]
if high == '' then high = call('ZRANGE', dead, -1, -1, 'WITHSCORES')[2] or '0' end
local entries = call('ZRANGEBYSCORE', dead, '-inf', high, 'LIMIT', 0, limit)
revive(entries)
return { #entries, #entries < limit and '' or high }
`)

/**
 * KEYS  all
 * ARGV  3- ids
 * Answers per id '1' or '0' (not dead).
 */
export const replayIds = script(`
${names}
${clock}
${metas}
${entryOf}
${revive}
${checkTypes}
local marks, entries, already = {}, {}, {}
for i = ${firstArg}, #ARGV do
  local entry = entryOf(ARGV[i])
  local isDead = entry and not already[entry] and call('ZSCORE', dead, entry)
  if isDead then
    already[entry] = true
    entries[#entries + 1] = entry
  end
  marks[#marks + 1] = isDead and '1' or '0'
end
revive(entries)
return table.concat(marks)
`)
