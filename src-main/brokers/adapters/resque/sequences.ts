import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import { handleOf } from '../element-id'
import { type Element, listSequence, type Sequence } from '../element-sequence'
import { ask, askOne, buffersOf, type Command, numberOf } from '../redis-asking'
import { keysOf, kindOf } from './keys'

/** The jobs of one queue in the order in which a person wants them: next in line, newest failure, soonest due. */
export function sequenceOf(redis: RedisClient, queue: QueueAddress): Sequence {
  const keys = keysOf(queue.prefix)
  switch (kindOf(queue)) {
    case 'queue':
      return listSequence(redis, keys.queue(queue.name), 'left')
    case 'failed':
      return listSequence(redis, keys.failed, 'right')
    case 'delayed':
      return delayedSequence(redis, queue.prefix)
  }
}

/** Seconds of the schedule that are looked into, soonest first. */
const mostSeconds = 1_000

const perLook = 200

/**
 * The scheduler's lists, one behind the other by their seconds, as one sequence: `score` is the second. Handles are of the second and
 * the bytes, since the same job may be due at several.
 */
function delayedSequence(redis: RedisClient, namespace: string): Sequence {
  const keys = keysOf(namespace)
  const seconds = async () => {
    const due = buffersOf(await askOne(redis, ['ZRANGE', keys.schedule, 0, mostSeconds - 1])).map(String)
    const lengths = await ask(
      redis,
      due.map((second): Command => ['LLEN', keys.delayed(second)]),
    )
    return due.map((second, index) => ({ second, length: numberOf(lengths[index]) ?? 0 }))
  }
  return {
    key: keys.schedule,
    async measure() {
      return { length: (await seconds()).reduce((sum, { length }) => sum + length, 0), perLook }
    },
    async window(low, high) {
      const parts: { readonly second: string; readonly from: number; readonly to: number; readonly start: number }[] =
        []
      let start = 0
      for (const { second, length } of await seconds()) {
        const [from, to] = [Math.max(0, low - start), Math.min(length - 1, high - start)]
        if (from <= to) parts.push({ second, from, to, start })
        start += length
      }
      const lists = await ask(
        redis,
        parts.map(({ second, from, to }): Command => ['LRANGE', keys.delayed(second), from, to]),
      )
      return parts.flatMap(({ second, from, start: before }, index) =>
        buffersOf(lists[index]).map(
          (bytes, at): Element => ({
            bytes,
            handle: delayedHandle(second, bytes),
            distance: before + from + at,
            score: second,
          }),
        ),
      )
    },
  }
}

export const delayedHandle = (second: string, bytes: Uint8Array): string =>
  handleOf(Buffer.concat([Buffer.from(`${second} `), bytes]))

/** Jobs in the schedule; null where it has more seconds than are looked into. */
export async function delayedCount(redis: RedisClient, namespace: string): Promise<number | null> {
  const { schedule } = keysOf(namespace)
  const seconds = numberOf(await askOne(redis, ['ZCARD', schedule]))
  if ((seconds ?? 0) > mostSeconds) return null
  return (await delayedSequence(redis, namespace).measure()).length
}
