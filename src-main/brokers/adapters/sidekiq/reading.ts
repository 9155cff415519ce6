import type { QueueAddress } from '@shared/model/queue'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import { type Reading, unreadable } from '../../reader'
import { askTogether, timeTogether } from '../asking-together'
import { type Answer, type Command, explained, numberOf } from '../redis-asking'
import type { BusyJobs } from './busy'
import { jobOf, memberOf, timeOf } from './job'
import { keysOf, listKey, setKey, setOf, stateOfSet } from './keys'

/** One pipeline for all queues, and what processes hold beside it. */
export async function readAll(
  redis: RedisClient,
  queues: readonly QueueAddress[],
  { busy, clock }: { readonly busy: BusyJobs; readonly clock: Clock },
): Promise<readonly Reading[]> {
  const commands = queues.map(commandsOf)
  const prefixes = [...new Set(queues.flatMap((queue) => (setOf(queue) ? [] : [queue.prefix])))]
  const [now, answers, counts] = await Promise.all([
    timeTogether(redis, clock),
    askTogether(redis, commands.flat()),
    Promise.all(prefixes.map(async (prefix) => [prefix, await busy.counts(prefix)] as const)),
  ])
  const leasedOf = new Map(counts)
  let at = 0
  return await Promise.all(
    queues.map(async (queue, index) => {
      const own = answers.slice(at, at + commands[index]!.length)
      at += own.length
      // The last command asks for what Sidekiq Pro alone has: whatever stands there is no trouble.
      const refused = own.slice(0, setOf(queue) ? 1 : 2).find((answer) => !answer.ok)
      if (refused && !refused.ok) return unreadable((await explained(redis, refused)).message)
      const leased = leasedOf.get(queue.prefix)
      return readingOf(queue, { own, now, leased: leased ? (leased.get(queue.name) ?? 0) : null })
    }),
  )
}

function commandsOf(queue: QueueAddress): readonly Command[] {
  const set = setOf(queue)
  if (set) return [['ZCARD', setKey(queue.prefix, set)]]
  const list = listKey(queue.prefix, queue.name)
  return [
    ['LLEN', list],
    ['LINDEX', list, -1],
    ['SISMEMBER', keysOf(queue.prefix).paused, queue.name],
  ]
}

function readingOf(
  queue: QueueAddress,
  { own, now, leased }: { readonly own: readonly Answer[]; readonly now: number; readonly leased: number | null },
): Reading {
  const [size, next, paused] = own.map((answer) => (answer.ok ? answer.value : undefined))
  const set = setOf(queue)
  const count = numberOf(size)
  return {
    ready: set ? 0 : count,
    leased: set ? 0 : leased,
    delayed: set && stateOfSet(set) === 'delayed' ? count : 0,
    dead: set && stateOfSet(set) === 'dead' ? count : 0,
    done: null,
    oldestReadyMs: ageOf(next, now),
    paused: set ? false : paused === undefined ? null : numberOf(paused) === 1,
    enqueuedTotal: null,
    ackedTotal: null,
    waitBuckets: null,
    trouble: null,
  }
}

/** Of the job that is next, as Sidekiq's own latency. */
function ageOf(next: unknown, now: number): number | null {
  if (!Buffer.isBuffer(next)) return null
  const job = jobOf(next)
  const enqueued = timeOf(memberOf(job, 'enqueued_at')) ?? timeOf(memberOf(job, 'created_at'))
  return enqueued === null ? null : Math.max(0, now - enqueued)
}
