import type { RedisClient } from '../clients/redis'
import { askTogether } from './asking-together'
import { type Answer, type Command, listOf, textOf } from './redis-asking'

/** What both libraries do to one queue: shown by either, and the reason why nothing of Bull's is changed there. */
export const sharedKeysWarning =
  'Bull and BullMQ both write to these keys. Each takes the other’s jobs without understanding them, so jobs can be lost: give one of them another prefix.'

export interface Evidence {
  readonly isBull: boolean
  readonly isBullmq: boolean
}

const places = {
  wait: 'list',
  paused: 'list',
  completed: 'zset',
  failed: 'zset',
  'stalled-check': 'string',
  'meta-paused': 'string',
} as const

/** Places that bee-queue has too, whose queues are known by a hash that Bull has not. */
const sharedPlaces = { active: 'list', delayed: 'zset' } as const
const beesJobs = 'jobs'

/** Bull's alone: BullMQ keeps priorities and the paused mark elsewhere. */
const onlyBulls = { priority: 'zset', 'meta-paused': 'string' } as const

/** Which of the two libraries has written the keys with these bases, less the last colon. */
export async function evidenceOf(redis: RedisClient, paths: readonly string[]): Promise<readonly Evidence[]> {
  const names = [
    ...new Set([
      ...Object.keys(places),
      ...Object.keys(sharedPlaces),
      ...Object.keys(onlyBulls),
      beesJobs,
      'events',
      'id',
    ]),
  ]
  const stride = names.length + 2
  const answers = await askTogether(
    redis,
    paths.flatMap((path): Command[] => [
      ['HMGET', `${path}:meta`, 'opts.maxLenEvents', 'version'],
      ['GET', `${path}:id`],
      ...names.map((name): Command => ['TYPE', `${path}:${name}`]),
    ]),
  )
  return paths.map((_, index) => {
    const own = answers.slice(index * stride, (index + 1) * stride)
    const types = Object.fromEntries(names.map((name, at) => [name, textOf(answered(own[at + 2]))]))
    const [maxLenEvents, version] = listOf(answered(own[0])).map(textOf)
    const isBullmq = (maxLenEvents ?? null) !== null || (version ?? null) !== null || types.events === 'stream'
    const stands = (wanted: Readonly<Record<string, string>>) =>
      Object.entries(wanted).some(([name, type]) => types[name] === type)
    const counts = /^\d+$/.test(textOf(answered(own[1])) ?? '')
    const isPlaced = stands(places) || (types[beesJobs] !== 'hash' && stands(sharedPlaces))
    return { isBullmq, isBull: counts && (isBullmq ? stands(onlyBulls) : isPlaced) }
  })
}

const answered = (answer: Answer | undefined): unknown => (answer?.ok ? answer.value : null)
