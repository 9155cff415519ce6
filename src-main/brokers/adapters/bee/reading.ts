import type { QueueAddress } from '@shared/model/queue'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import { type Reading, unreadable } from '../../reader'
import { askTogether, timeTogether } from '../asking-together'
import { type Answer, type Command, explained, numberOf, textOf } from '../redis-asking'
import { jobOf } from './job'
import { keysOf } from './keys'

/** The next job in line is pulled for its age up to this size: its data are part of the same text. */
const headLimit = 8 * 1024

/** Figures of many queues in three pipelines: counts, the size of who is next, and that job where it is small. */
export async function readAll(
  redis: RedisClient,
  queues: readonly QueueAddress[],
  clock: Clock,
): Promise<readonly Reading[]> {
  if (queues.length === 0) return []
  const asked = queues.map(questionsOf)
  const stride = asked[0]!.length
  const [now, answers] = await Promise.all([timeTogether(redis, clock), askTogether(redis, asked.flat())])
  const own = queues.map((_, index) => answers.slice(index * stride, (index + 1) * stride))
  const heads = queues.map((queue, index) => ({
    jobs: keysOf(queue).jobs,
    id: textOf(valueIn(own[index]![6])) ?? '',
  }))
  const sizes = await askTogether(
    redis,
    heads.map(({ jobs, id }): Command => ['HSTRLEN', jobs, id]),
  )
  const isSmall = (index: number) => (numberOf(valueIn(sizes[index])) ?? 0) <= headLimit
  const texts = await askTogether(
    redis,
    heads.map(({ jobs, id }, index): Command => ['HGET', jobs, isSmall(index) ? id : '']),
  )
  return await Promise.all(
    own.map(async (mine, index) => {
      const refused = [...mine, sizes[index]!].find((answer) => !answer.ok)
      if (refused && !refused.ok) return unreadable((await explained(redis, refused)).message)
      const text = valueIn(texts[index])
      const addedAt = Buffer.isBuffer(text) ? (jobOf(text)?.addedAt ?? null) : null
      return readingOf(mine, addedAt === null ? null : Math.max(0, now - addedAt))
    }),
  )
}

function questionsOf(queue: QueueAddress): readonly Command[] {
  const keys = keysOf(queue)
  return [
    ['LLEN', keys.waiting],
    ['LLEN', keys.active],
    ['ZCARD', keys.delayed],
    ['SCARD', keys.failed],
    ['SCARD', keys.succeeded],
    ['GET', keys.id],
    ['LINDEX', keys.waiting, -1],
  ]
}

/** Ids given out minus jobs that live is what was done; ids that producers chose are not counted by bee-queue. */
function readingOf(own: readonly Answer[], oldestReadyMs: number | null): Reading {
  const figure = (index: number) => numberOf(valueIn(own[index])) ?? 0
  const [ready, leased, delayed, dead, done, given] = [0, 1, 2, 3, 4, 5].map(figure) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return {
    ready,
    leased,
    delayed,
    dead,
    done,
    oldestReadyMs,
    // A pause is each process's own.
    paused: null,
    enqueuedTotal: given,
    ackedTotal: Math.max(0, given - ready - leased - delayed - dead),
    waitBuckets: null,
    trouble: null,
  }
}

const valueIn = (answer: Answer | undefined): unknown => (answer?.ok ? answer.value : null)
