import type { RedisClient } from '../../clients/redis'
import type { DriverStats } from '../../driver-messages'
import { figureCommands, figuresOfReplies, readingOf } from './figures'
import type { QueueKeys } from './keys'

/** The figures of one queue at one moment. */
export async function readStats(redis: RedisClient, keys: QueueKeys): Promise<DriverStats> {
  const questions = redis.multi()
  for (const [name, ...args] of figureCommands(keys)) questions.callBuffer(name, ...args)
  questions.hmget(keys.state, 'dead', 'replayed', 'failed')
  questions.time()
  const replies = (await questions.exec()) ?? []
  const answers = replies.map(([error, answer]) => error ?? answer)
  const time = answers.pop() as [string, string]
  const totals = answers.pop() as (string | null)[]
  const figures = figuresOfReplies(keys, answers)
  if ('error' in figures) throw figures.error
  const reading = readingOf(figures, Number(time[0]) * 1000 + Math.floor(Number(time[1]) / 1000))
  const [died, replayed, failed] = totals.map((total) => Number(total ?? 0)) as [number, number, number]
  return {
    ready: reading.ready,
    delayed: figures.delayed,
    leased: reading.leased,
    dead: figures.dead,
    done: figures.done,
    enqueuedTotal: figures.enqueued,
    ackedTotal: figures.acked,
    diedTotal: died,
    replayedTotal: replayed,
    failedTotal: failed,
    oldestReadyMs: reading.oldestReadyMs,
    paused: figures.paused,
    approximate: false,
    groups: [],
  }
}
