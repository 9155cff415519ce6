import { script } from '../../../clients/script'

/** Histories may be long: beyond so many bytes they are fetched outside Lua, which copies what it touches. */
const mostMetaBytes = 256 * 1024
const metasPerLook = 50

/**
 * A page of what is dead, or done, newest first, with what it holds. Writes nothing.
 *
 * KEYS  1 state  2 dead or done  3 payload  4 meta
 * ARGV  1 highest score  2 limit
 * Answers { 'id score id score ...', bodies and behind them metas, 1 when the queue is rich }. Bodies and metas are 0 when they
 * are to be fetched outside Lua: in a rich queue, in one that has seen large bodies, and where histories are long.
 */
export const endedPage = script(`
local state = redis.call('HMGET', KEYS[1], 'rich', 'big')
local found = redis.call('ZREVRANGEBYSCORE', KEYS[2], ARGV[1], '-inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
local places, rich = table.concat(found, ' '), state[1] and 1 or 0
if state[1] or state[2] or #found == 0 then return { places, 0, rich } end
local ids, count = {}, #found / 2
for i = 1, count do ids[i] = found[2 * i - 1] end
local held, bytes = redis.call('HMGET', KEYS[3], unpack(ids)), 0
for i = 1, count, ${metasPerLook} do
  local last = math.min(i + ${metasPerLook} - 1, count)
  local metas = redis.call('HMGET', KEYS[4], unpack(ids, i, last))
  for n = 1, last - i + 1 do
    held[i + n - 1 + count] = metas[n]
    bytes = bytes + #(metas[n] or '')
  end
  if bytes > ${mostMetaBytes} then return { places, 0, rich } end
end
return { places, held, rich }
`)
