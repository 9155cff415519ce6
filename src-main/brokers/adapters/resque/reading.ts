import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import { type Reading, unreadable } from '../../reader'
import { askTogether } from '../asking-together'
import { type Command, explained, failureOf, numberOf } from '../redis-asking'
import { keysOf, kindOf } from './keys'
import { delayedCount } from './sequences'
import { heldByQueue } from './workers'

/**
 * Figures of many queues in one pipeline, and those of their namespaces beside it. What has failed or is delayed stands in a queue
 * of its own here, and so counts as none in the others.
 */
export async function readAll(redis: RedisClient, queues: readonly QueueAddress[]): Promise<readonly Reading[]> {
  const namespaces = [...new Set(queues.map(({ prefix }) => prefix))]
  const wantsDelayed = namespaces.filter((namespace) =>
    queues.some((queue) => queue.prefix === namespace && kindOf(queue) === 'delayed'),
  )
  const [answers, held, delayed] = await Promise.all([
    askTogether(redis, queues.map(questionOf)),
    perNamespace(namespaces, (namespace) => heldByQueue(redis, namespace)),
    perNamespace(wantsDelayed, (namespace) => delayedCount(redis, namespace)),
  ])
  return await Promise.all(
    queues.map(async (queue, index) => {
      const answer = answers[index]!
      if (!answer.ok) return unreadable((await explained(redis, answer)).message)
      const count = numberOf(answer.value) ?? 0
      switch (kindOf(queue)) {
        case 'queue': {
          const counts = held.get(queue.prefix) ?? null
          return readingOf({ ready: count, leased: counts && (counts.get(queue.name) ?? 0) })
        }
        case 'failed':
          return readingOf({ dead: count })
        case 'delayed':
          return readingOf({ delayed: count === 0 ? 0 : (delayed.get(queue.prefix) ?? null) })
      }
    }),
  )
}

function questionOf(queue: QueueAddress): Command {
  const keys = keysOf(queue.prefix)
  switch (kindOf(queue)) {
    case 'queue':
      return ['LLEN', keys.queue(queue.name)]
    case 'failed':
      return ['LLEN', keys.failed]
    case 'delayed':
      return ['ZCARD', keys.schedule]
  }
}

/** What one namespace refuses is unknown, and spoils no other. */
async function perNamespace<Value>(
  namespaces: readonly string[],
  ask: (namespace: string) => Promise<Value>,
): Promise<ReadonlyMap<string, Value | null>> {
  const answers = await Promise.all(
    namespaces.map(async (namespace) => {
      const value = await ask(namespace).catch((error: unknown) => {
        const failure = failureOf(error)
        if (failure.code === 'denied' || failure.code === 'wrong-type') return null
        throw failure
      })
      return [namespace, value] as const
    }),
  )
  return new Map(answers)
}

const readingOf = (known: Partial<Pick<Reading, 'ready' | 'leased' | 'delayed' | 'dead'>>): Reading => ({
  ready: 0,
  leased: 0,
  delayed: 0,
  dead: 0,
  ...known,
  done: null,
  oldestReadyMs: null,
  paused: false,
  enqueuedTotal: null,
  ackedTotal: null,
  waitBuckets: null,
  trouble: null,
})
