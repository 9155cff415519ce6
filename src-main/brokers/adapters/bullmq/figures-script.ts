import { script } from '../../clients/script'
import type { Figures } from './figures'

/** Numbers that the script answers per queue, in the order of `Figures`. */
const width = 9

/**
 * KEYS: none (a read-only script may read what its ARGV name). ARGV: one base per queue, like "bull:orders:".
 * Answers one string: `width` 64-bit floats, little-endian, per queue: ready, active, delayed, waiting-children, failed, completed, the id counter,
 * paused (0 or 1), the age in ms of the oldest waiting job (-1: none or unknown). ready = -1 marks a queue that could
 * not be read; the caller then asks for it command by command, to learn which key it was.
 *
 * Each call costs the server about 0.3 us and each key name put together 0.1 us, hence the care: one EXISTS for six
 * questions to a queue at rest, one MGET for all id counters, one pcall for all queues that can be read. Numbers are given
 * as strings since Lua prints them anew each time.
 */
export const readQueues = script(`
local call, pack, sub, queues = redis.call, struct.pack, string.sub, #ARGV
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local out, ids, q = {}, {}, 1
for i = 1, queues do ids[i] = ARGV[i] .. 'id' end
-- What is no string, or may not be read by this user, is asked for alone, where the error finds its queue.
local fine, counters = pcall(call, 'MGET', unpack(ids))
if not fine then counters = {} end
local function age(base, id, oldest)
  local created = tonumber(call('HGET', base .. id, 'timestamp') or '')
  if created and now - created > oldest then return now - created end
  return oldest
end
local function readOn()
  while q <= queues do
    local base = ARGV[q]
    local wait, active, delayed, paused, prioritized, children, oldest = 0, 0, 0, 0, 0, 0, -1
    local waitKey, pausedKey, prioritizedKey = base .. 'wait', base .. 'paused', base .. 'prioritized'
    local activeKey, delayedKey, childrenKey = base .. 'active', base .. 'delayed', base .. 'waiting-children'
    local there = call('EXISTS', waitKey, activeKey, delayedKey, pausedKey, prioritizedKey, childrenKey)
    if there > 0 then
      wait = call('LLEN', waitKey)
      if wait > 0 then
        there = there - 1
        local id = call('LINDEX', waitKey, '-1')
        if sub(id, 1, 2) == '0:' then
          wait = wait - 1
          id = call('LINDEX', waitKey, '-2')
        end
        if id then oldest = age(base, id, oldest) end
      end
      if there > 0 then
        delayed = call('ZCARD', delayedKey)
        if delayed > 0 then there = there - 1 end
      end
      if there > 0 then
        active = call('LLEN', activeKey)
        if active > 0 then there = there - 1 end
      end
      if there > 0 then
        paused, prioritized, children = call('LLEN', pausedKey), call('ZCARD', prioritizedKey), call('ZCARD', childrenKey)
        if paused > 0 then oldest = age(base, call('LINDEX', pausedKey, '-1'), oldest) end
        if prioritized > 0 then oldest = age(base, call('ZRANGE', prioritizedKey, '0', '0')[1], oldest) end
      end
    end
    out[q] = pack('<${'d'.repeat(width)}', wait + paused + prioritized, active, delayed, children,
      call('ZCARD', base .. 'failed'), call('ZCARD', base .. 'completed'),
      tonumber(counters[q] or call('GET', ids[q]) or '0') or 0, call('HEXISTS', base .. 'meta', 'paused'), oldest)
    q = q + 1
  end
end
while q <= queues do
  if not pcall(readOn) then
    out[q] = pack('<${'d'.repeat(width)}', -1${', 0'.repeat(width - 1)})
    q = q + 1
  end
end
return table.concat(out)
`)

/** The script's answer; throws when it is not one. */
export function viewOf(answer: unknown, queues: number): DataView {
  if (!Buffer.isBuffer(answer) || answer.length !== queues * width * 8)
    throw new Error('the figures have another length')
  return new DataView(answer.buffer, answer.byteOffset, answer.byteLength)
}

const figureAt = (numbers: DataView, queue: number, figure: number) =>
  numbers.getFloat64((queue * width + figure) * 8, true)

/** undefined: this queue could not be read. */
export function figuresAt(numbers: DataView, queue: number): Figures | undefined {
  if (figureAt(numbers, queue, 0) === -1) return undefined
  const oldest = figureAt(numbers, queue, 8)
  return {
    ready: figureAt(numbers, queue, 0),
    active: figureAt(numbers, queue, 1),
    delayed: figureAt(numbers, queue, 2),
    waitingChildren: figureAt(numbers, queue, 3),
    failed: figureAt(numbers, queue, 4),
    completed: figureAt(numbers, queue, 5),
    idCounter: figureAt(numbers, queue, 6),
    paused: figureAt(numbers, queue, 7) === 1,
    oldestReadyMs: oldest < 0 ? null : oldest,
  }
}
