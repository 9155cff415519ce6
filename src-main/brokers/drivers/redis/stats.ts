import type { RedisClient } from '../../clients/redis'
import type { DriverStats } from '../../driver-messages'
import { figureCommands, figuresOfReplies, readingOf } from './figures'
import { groupList, type QueueKeys } from './keys'
import { groupNames } from './paging'

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
  const heads = await headsOfGroups(redis, keys)
  const oldestId = Math.min(...[figures.oldestId, ...heads].filter((id) => id > 0))
  const reading = readingOf(
    { ...figures, oldestId: Number.isFinite(oldestId) ? oldestId : 0 },
    Number(time[0]) * 1000 + Math.floor(Number(time[1]) / 1000),
  )
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

/** Groups looked at for the oldest message. */
const groupsLookedAt = 100

/** Numbers of the messages that stand first in their groups. */
async function headsOfGroups(redis: RedisClient, keys: QueueKeys): Promise<readonly number[]> {
  const names = (await groupNames(redis, keys)).slice(0, groupsLookedAt)
  const heads = await Promise.all(names.map((name) => redis.lindex(groupList(keys, name), 0)))
  return heads.map((id) => Number.parseInt(id ?? '0', 10))
}
