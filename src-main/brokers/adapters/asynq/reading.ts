import type { QueueAddress } from '@shared/model/queue'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import { type Reading, unreadable } from '../../reader'
import { askTogether, timeTogether } from '../asking-together'
import { type Answer, type Command, explained, numberOf, textOf } from '../redis-asking'
import { keysOf, taskKey } from './keys'

const perQueue = 11

/** Two pipelined questions for all queues: the counts with the oldest pending id, and since when that one waits. */
export async function readAll(
  redis: RedisClient,
  queues: readonly QueueAddress[],
  clock: Clock,
): Promise<readonly Reading[]> {
  const answers = await askTogether(
    redis,
    queues.flatMap(({ name }) => figuresOf(name)),
  )
  const rows = queues.map((_, index) => answers.slice(index * perQueue, (index + 1) * perQueue))
  const oldest = rows.map((row) => (row[1]?.ok ? textOf(row[1].value) : null))
  const [now, since] = await Promise.all([
    timeTogether(redis, clock),
    askTogether(
      redis,
      oldest.map((id, index): Command => ['HGET', taskKey(queues[index]!.name, id ?? ''), 'pending_since']),
    ),
  ])
  return await Promise.all(
    rows.map(async (row, index) => {
      const bad = row.find((answer) => !answer.ok)
      if (bad && !bad.ok) {
        const { message, hint } = await explained(redis, bad)
        return unreadable(`${message} ${hint ?? ''}`.trim())
      }
      const nanos = since[index]?.ok ? numberOf(since[index].value) : null
      return readingOf(row, nanos === null ? null : Math.max(0, now - nanos / 1e6))
    }),
  )
}

const figuresOf = (queue: string): readonly Command[] => {
  const keys = keysOf(queue)
  return [
    ['LLEN', keys.pending],
    ['LINDEX', keys.pending, -1],
    ['LLEN', keys.active],
    ['ZCARD', keys.scheduled],
    ['ZCARD', keys.retry],
    ['ZCARD', keys.archived],
    ['ZCARD', keys.completed],
    ['EXISTS', keys.paused],
    ['GET', keys.processed],
    ['GET', keys.failed],
    ['SCARD', keys.groups],
  ]
}

function readingOf(row: readonly Answer[], oldestReadyMs: number | null): Reading {
  const [pending, , active, scheduled, retry, archived, completed, paused, processed, failed] = row.map((answer) =>
    answer.ok ? numberOf(answer.value) : null,
  )
  return {
    ready: pending ?? null,
    leased: active ?? null,
    delayed: (scheduled ?? 0) + (retry ?? 0),
    dead: archived ?? null,
    done: completed ?? null,
    oldestReadyMs,
    paused: paused === 1,
    enqueuedTotal: null,
    // Attempts that ended, the failed ones among them: those that ended well are the difference.
    ackedTotal: Math.max(0, (processed ?? 0) - (failed ?? 0)),
    waitBuckets: null,
    trouble: null,
  }
}
