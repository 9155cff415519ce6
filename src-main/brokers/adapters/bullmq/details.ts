import type { DetailSection } from '@shared/model/details'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import { evidenceOf, sharedKeysWarning } from '../bull-evidence'
import { type Answer, askAll, listOf, numberOf, textOf } from '../redis-asking'
import { productOf } from './discovery'
import { keysOf } from './keys'

/** What else there is to know of a BullMQ queue, in its own words. */
export async function detailsOf(redis: RedisClient, queue: QueueAddress): Promise<readonly DetailSection[]> {
  const keys = keysOf(queue)
  const [evidence, answers] = await Promise.all([
    evidenceOf(redis, [keys.base.slice(0, -1)]),
    askAll(redis, [
      ['HMGET', keys.meta, 'version', 'max', 'duration', 'concurrency', 'opts.maxLenEvents', 'paused'],
      ['ZCARD', keys.waitingChildren],
      ['ZCARD', keys.schedulers],
      ['GET', `${keys.base}limiter`],
      ['PTTL', `${keys.base}limiter`],
      ['HGET', `${keys.base}metrics:completed`, 'count'],
      ['HGET', `${keys.base}metrics:failed`, 'count'],
      ['XLEN', keys.events],
      ['LLEN', keys.paused],
      ['LINDEX', keys.wait, -1],
    ]),
  ])
  const values = answers.map((answer: Answer) => (answer.ok ? answer.value : null))
  const [version = null, max = null, duration = null, concurrency = null, maxLenEvents = null] = listOf(values[0]).map(
    textOf,
  )
  const word = (at: number) =>
    textOf(values[at]) ?? (numberOf(values[at]) === null ? null : String(numberOf(values[at])))
  const sections: DetailSection[] = [
    {
      title: 'Queue',
      note: version === null ? 'No version is written: only flows have added jobs, or an old version.' : null,
      facts: [
        { name: 'Version', value: version === null ? null : productOf(version) },
        { name: 'Key prefix', value: keys.base },
        { name: 'Job schedulers', value: word(2) },
        { name: 'Events kept', value: maxLenEvents === null ? word(7) : `${word(7) ?? '?'} of about ${maxLenEvents}` },
      ],
    },
    {
      title: 'Limits',
      note: 'Set for all workers of the queue; a worker may have limits of its own in its code.',
      facts: [
        { name: 'Concurrency', value: concurrency ?? 'not limited' },
        { name: 'Rate', value: max === null ? 'not limited' : `${max} per ${duration ?? '?'} ms` },
        ...limiterFacts({ counted: word(3), ttlMs: numberOf(values[4]), max: numberOf(max) }),
      ],
    },
    {
      title: 'Flows',
      note: 'Parents that wait for their children are counted neither as waiting nor as delayed.',
      facts: [{ name: 'Waiting for children', value: word(1) }],
    },
  ]
  if (word(5) !== null || word(6) !== null) {
    sections.push({
      title: 'Metrics',
      note: 'Counted by workers that were started with metrics.',
      facts: [
        { name: 'Completed', value: word(5) },
        { name: 'Failed', value: word(6) },
      ],
    })
  }
  const warnings = otherMajors({
    version,
    pausedJobs: numberOf(values[8]) ?? 0,
    isPaused: textOf(listOf(values[0])[5]) !== null,
    next: textOf(values[9]),
  })
  if (evidence[0]?.isBull) warnings.unshift(sharedKeysWarning)
  return [
    ...warnings.map((note) => ({ title: 'More than one version works this queue', note, facts: [] })),
    ...sections,
  ]
}

function limiterFacts(limiter: {
  readonly counted: string | null
  readonly ttlMs: number | null
  readonly max: number | null
}) {
  const { counted, ttlMs, max } = limiter
  if (counted === null) return [{ name: 'Rate limited now', value: 'no period has begun' }]
  const isFull = max !== null && Number(counted) >= max
  return [
    { name: 'Rate limited now', value: isFull ? 'yes' : max === null ? null : 'no' },
    { name: 'Jobs in this period', value: counted },
    { name: 'Period ends in', value: ttlMs !== null && ttlMs >= 0 ? `${ttlMs} ms` : null },
  ]
}

/** Pure: what one major leaves behind that the other does not use. */
export function otherMajors(queue: {
  readonly version: string | null
  readonly pausedJobs: number
  readonly isPaused: boolean
  readonly next: string | null
}): string[] {
  const major = Number(/:(\d+)\./.exec(queue.version ?? '')?.[1] ?? Number.NaN)
  const notes: string[] = []
  if (major >= 6 && queue.pausedJobs > 0) {
    notes.push(
      `The list "paused", where BullMQ 5 and older put waiting jobs, holds ${queue.pausedJobs}: workers of version 6 do not take them until a version 5 resumes the queue.`,
    )
  }
  if (major < 6 && queue.pausedJobs > 0 && !queue.isPaused) {
    notes.push(
      `The queue is not paused, yet its list "paused" holds ${queue.pausedJobs}: no worker takes jobs from there.`,
    )
  }
  if (queue.next?.startsWith('0:')) {
    notes.push(
      'A marker of BullMQ 4 or older stands in the list "wait": a worker of such a version is or was at work here.',
    )
  }
  return notes
}
