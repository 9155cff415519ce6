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
 * Each call costs the server about 0.5 us and each key name put together 0.1 us, hence the care; numbers are given as
 * strings since Lua prints them anew each time.
 */
export const readQueues = script(`
local call, time = redis.call, redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local out, pack = {}, struct.pack
local function age(base, id, oldest)
  local created = tonumber(call('HGET', base .. id, 'timestamp') or '')
  if created and now - created > oldest then return now - created end
  return oldest
end
local function read(base)
  local wait, active, delayed, paused, prioritized, children, oldest = 0, 0, 0, 0, 0, 0, -1
  local waitKey, pausedKey, prioritizedKey = base .. 'wait', base .. 'paused', base .. 'prioritized'
  local activeKey, delayedKey, childrenKey = base .. 'active', base .. 'delayed', base .. 'waiting-children'
  -- A queue at rest has none of these: one question instead of six.
  local there = call('EXISTS', waitKey, activeKey, delayedKey, pausedKey, prioritizedKey, childrenKey)
  if there > 0 then
    wait = call('LLEN', waitKey)
    if wait > 0 then
      there = there - 1
      local id = call('LINDEX', waitKey, '-1')
      if string.sub(id, 1, 2) == '0:' then
        wait = wait - 1
        id = call('LINDEX', waitKey, '-2')
      end
      if id then oldest = age(base, id, oldest) end
    end
  end
  if there > 0 then
    active = call('LLEN', activeKey)
    if active > 0 then there = there - 1 end
  end
  if there > 0 then
    delayed = call('ZCARD', delayedKey)
    if delayed > 0 then there = there - 1 end
  end
  if there > 0 then
    paused, prioritized, children = call('LLEN', pausedKey), call('ZCARD', prioritizedKey), call('ZCARD', childrenKey)
    if paused > 0 then oldest = age(base, call('LINDEX', pausedKey, '-1'), oldest) end
    if prioritized > 0 then oldest = age(base, call('ZRANGE', prioritizedKey, '0', '0')[1], oldest) end
  end
  return pack('<${'d'.repeat(width)}', wait + paused + prioritized, active, delayed, children,
    call('ZCARD', base .. 'failed'), call('ZCARD', base .. 'completed'), tonumber(call('GET', base .. 'id') or '0') or 0,
    call('HEXISTS', base .. 'meta', 'paused'), oldest)
end
local unread = pack('<${'d'.repeat(width)}', -1, 0, 0, 0, 0, 0, 0, 0, -1)
for i = 1, #ARGV do
  local ok, row = pcall(read, ARGV[i])
  out[i] = ok and row or unread
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
