import { createHash } from 'node:crypto'
import type { QueueAddress } from '@shared/model/queue'
import type { QueueSchedule } from '@shared/model/schedule'
import type { RedisClient } from '../../clients/redis'
import { askAll, askOne, type Command, numberOf, pairsOf, textOf } from '../redis-asking'
import { type RepeatParts, repeatPartsOf } from '../repeat-key'
import { jobKeyOf, keysOf } from './keys'

/** Repeatable jobs that are read. */
const mostSchedules = 200

const previewLength = 120

/** Bull's repeatable jobs, next first. What each enqueues stands in the job of its next run alone. */
export async function schedulesOf(redis: RedisClient, queue: QueueAddress): Promise<readonly QueueSchedule[]> {
  const rows = pairsOf(await askOne(redis, ['ZRANGE', keysOf(queue).repeat, 0, mostSchedules - 1, 'WITHSCORES']))
  const repeats = rows.flatMap(([member, score]) => {
    const [key, nextAt] = [textOf(member), numberOf(score)]
    return key === null || nextAt === null ? [] : [{ key, nextAt, parts: repeatPartsOf(key) }]
  })
  const sizes = await askAll(
    redis,
    repeats.map((each): Command => ['HSTRLEN', jobKeyOf(queue, nextRunOf(each)), 'data']),
  )
  const bodies = await askAll(
    redis,
    repeats.map((each, index): Command => {
      const size = sizes[index]
      const isSmall = size?.ok && (numberOf(size.value) ?? 0) <= 8 * 1024
      return ['HGET', jobKeyOf(queue, nextRunOf(each)), isSmall ? 'data' : 'name']
    }),
  )
  return repeats.map(({ key, nextAt, parts }, index) => {
    const body = bodies[index]
    return {
      key,
      nextAt,
      cron: parts?.cron ?? null,
      everyMs: parts?.everyMs ?? null,
      timeZone: parts?.timeZone ?? null,
      // A run that no worker was there for is caught up once, when its delayed job falls due.
      catchUp: 'one',
      endsAt: parts?.endsAt ?? null,
      preview: [...((body?.ok ? textOf(body.value) : null) ?? '')].slice(0, previewLength).join(''),
      options: parts
        ? [{ name: 'name', value: parts.name }, ...(parts.id ? [{ name: 'id', value: parts.id }] : [])]
        : [],
    }
  })
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

/** The id that Bull gives the job of a run. */
function nextRunOf({ key, nextAt, parts }: { key: string; nextAt: number; parts: RepeatParts | null }): string {
  const name = parts?.name ?? ''
  return `repeat:${md5(`${name}${parts?.id ?? ''}:${md5(key)}`)}:${nextAt}`
}
