import { script } from '../../../clients/script'
import { clock, latch, limits, readiness, wholeQueue } from './fragments'

/**
 * Marks children as done at their parents; one that was marked already changes nothing, so a notice may come twice. A parent
 * whose last child it was becomes ready, unless it was promoted or removed meanwhile.
 *
 * KEYS  1 state
 * ARGV  per child: parent's id, index, result or ''
 * Answers how many parents became ready.
 */
export const settleChildren = script(`
${clock}
${wholeQueue}
${limits}
${readiness}
checked('hash', 'payload', 'kids', 'busy', 'windows') checked('zset', 'delayed', 'held') checked('list', 'wake', 'groups')
local counts, fields, gone, seen = {}, {}, {}, {}
for i = 1, #ARGV, 3 do
  local id, child = ARGV[i], ARGV[i] .. ' ' .. ARGV[i + 1]
  local count = counts[id] or redis.call('HGET', key('kids'), id)
  if count and not seen[child] and redis.call('HEXISTS', key('kids'), child) == 0 then
    seen[child] = true
    local left, total = string.match(count, '^(%d+)/(%d+)$')
    counts[id] = (left - 1) .. '/' .. total
    fields[#fields + 1] = child; fields[#fields + 1] = ARGV[i + 2]
    if tonumber(left) == 1 then
      local score = redis.call('ZSCORE', key('delayed'), id)
      if score then gone[#gone + 1] = id; toReady(id, score % 16) end
    end
  end
end
if #fields > 0 then
  ${latch('KEYS[1]')}
  for id, count in pairs(counts) do fields[#fields + 1] = id; fields[#fields + 1] = count end
  redis.call('HSET', key('kids'), unpack(fields))
  writeReady()
  if #gone > 0 then redis.call('ZREM', key('delayed'), unpack(gone)) end
end
return #gone
`)
