import type { QueueAddress } from '@shared/model/queue'
import type { QueueSchedule } from '@shared/model/schedule'
import type { RedisClient } from '../../clients/redis'
import { previewOf } from '../body-text'
import { ask, askAll, askOne, type Command, listOf, numberOf, pairsOf, textOf } from '../redis-asking'
import { repeatPartsOf } from '../repeat-key'
import { keysOf } from './keys'

/** Schedulers that are read. */
const mostSchedules = 200

/** A template's data and options are pulled up to this size. */
const templateLimit = 16 * 1024

const fields = ['name', 'every', 'pattern', 'tz', 'endDate', 'limit', 'ic', 'offset'] as const

/**
 * Job schedulers and repeatable jobs, next first: the sorted set says when, and a hash of each what. Repeatable jobs of older versions
 * have no hash, and tell all in their name; what they enqueue is in the job of the next run alone.
 */
export async function schedulesOf(redis: RedisClient, queue: QueueAddress): Promise<readonly QueueSchedule[]> {
  const { schedulers } = keysOf(queue)
  const rows = pairsOf(await askOne(redis, ['ZRANGE', schedulers, 0, mostSchedules - 1, 'WITHSCORES']))
  const due = rows.flatMap(([member, score]) => {
    const [key, nextAt] = [textOf(member), numberOf(score)]
    return key === null || nextAt === null ? [] : [{ key, nextAt }]
  })
  const known = await askAll(
    redis,
    due.flatMap(({ key }): Command[] => [
      ['HMGET', `${schedulers}:${key}`, ...fields],
      ['HSTRLEN', `${schedulers}:${key}`, 'data'],
      ['HSTRLEN', `${schedulers}:${key}`, 'opts'],
    ]),
  )
  const isSmall = (at: number) => {
    const answer = known[at]
    return answer?.ok === true && (numberOf(answer.value) ?? 0) <= templateLimit
  }
  const templates = await ask(
    redis,
    due.map(({ key }, index): Command => {
      const small = isSmall(index * 3 + 1) && isSmall(index * 3 + 2)
      return ['HMGET', `${schedulers}:${key}`, ...(small ? ['data', 'opts'] : ['none', 'none'])]
    }),
  )
  return due.map(({ key, nextAt }, index) => {
    const answer = known[index * 3]
    const values = answer?.ok ? listOf(answer.value).map(textOf) : []
    const [data, opts] = listOf(templates[index])
    return scheduleOf({ key, nextAt, values, data, opts: textOf(opts) })
  })
}

function scheduleOf(at: {
  readonly key: string
  readonly nextAt: number
  readonly values: readonly (string | null)[]
  readonly data: unknown
  readonly opts: string | null
}): QueueSchedule {
  const { key, nextAt, values, data, opts } = at
  const [name, every, pattern, zone, endDate, limit, count, offset] = values
  const parts = values.some((value) => value !== null) ? null : repeatPartsOf(key)
  const options = { name: name ?? parts?.name, limit, 'runs so far': count, offset, options: opts }
  return {
    key,
    nextAt,
    cron: pattern ?? parts?.cron ?? null,
    everyMs: numberOf(every) ?? parts?.everyMs ?? null,
    timeZone: zone ?? parts?.timeZone ?? null,
    // The next run is a delayed job: one that was missed is enqueued late, the others never.
    catchUp: 'one',
    endsAt: numberOf(endDate) ?? parts?.endsAt ?? null,
    preview: Buffer.isBuffer(data) ? previewOf(data) : '',
    options: Object.entries(options).flatMap(([option, value]) => (value == null ? [] : [{ name: option, value }])),
  }
}
