import type { QueueAddress } from '@shared/model/queue'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import { type Reading, unreadable } from '../../reader'
import { askTogether, timeTogether } from '../asking-together'
import { type Answer, type Command, explained, numberOf, textOf } from '../redis-asking'
import { timeOf } from './job-fields'
import { jobKeys, keysOf, suspendedKey } from './keys'

/** One pipeline for all queues, and one for the jobs that are next. Counts are what RQ's own registries count after they cleaned up. */
export async function readAll(
  redis: RedisClient,
  queues: readonly QueueAddress[],
  clock: Clock,
): Promise<readonly Reading[]> {
  const now = await timeTogether(redis, clock)
  const commands = queues.map(({ name }) => commandsOf(name, Math.floor(now / 1_000)))
  const [suspended, ...answers] = await askTogether(redis, [['EXISTS', suspendedKey], ...commands.flat()])
  const stride = commands[0]?.length ?? 0
  const own = queues.map((_, index) => answers.slice(index * stride, (index + 1) * stride))
  const next = own.map(([, head]) => (head?.ok ? textOf(head.value) : null))
  const heads = await askTogether(
    redis,
    next.map((id): Command => ['HMGET', jobKeys(id ?? '').job, 'enqueued_at', 'created_at']),
  )
  const isSuspended = suspended?.ok ? numberOf(suspended.value) === 1 : null
  return await Promise.all(
    own.map(async (figures, index) => {
      const refused = figures.find((answer) => !answer.ok)
      if (refused && !refused.ok) return unreadable((await explained(redis, refused)).message)
      return readingOf(figures, { now, isSuspended, head: next[index] === null ? undefined : heads[index] })
    }),
  )
}

function commandsOf(name: string, nowSeconds: number): readonly Command[] {
  const keys = keysOf(name)
  return [
    ['LLEN', keys.list],
    ['LINDEX', keys.list, 0],
    ['ZCARD', keys.started],
    ['ZCARD', keys.scheduled],
    ['ZCARD', keys.failed],
    ['ZCOUNT', keys.failed, 0, nowSeconds],
    ['ZCARD', keys.finished],
    ['ZCOUNT', keys.finished, 0, nowSeconds],
  ]
}

function readingOf(
  figures: readonly Answer[],
  {
    now,
    isSuspended,
    head,
  }: { readonly now: number; readonly isSuspended: boolean | null; readonly head: Answer | undefined },
): Reading {
  const [ready, , started, scheduled, failed, forgottenFailed, finished, forgottenFinished] = figures.map((answer) =>
    answer.ok ? (numberOf(answer.value) ?? 0) : 0,
  )
  const [enqueued, created] = head?.ok && Array.isArray(head.value) ? head.value.map(textOf) : []
  const since = timeOf(enqueued ?? null) ?? timeOf(created ?? null)
  return {
    ready: ready!,
    leased: started!,
    delayed: scheduled!,
    dead: failed! - forgottenFailed!,
    done: finished! - forgottenFinished!,
    oldestReadyMs: since === null ? null : Math.max(0, now - since),
    paused: isSuspended,
    enqueuedTotal: null,
    ackedTotal: null,
    waitBuckets: null,
    trouble: null,
  }
}
