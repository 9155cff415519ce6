import type { DetailSection } from '@shared/model/details'
import type { QueueAddress } from '@shared/model/queue'
import { queueKey } from '@shared/model/queue'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import { type Answer, askAll, brokerTime, type Command, numberOf } from '../redis-asking'
import { keysOf, type SetName, setAddress, setKey, setNames, setOf } from './keys'
import { readProcesses } from './processes'

/** Sidekiq's totals, the sets, and what its sets are for; a figure that cannot be read is unknown and no failure. */
export async function detailsOf(
  redis: RedisClient,
  queue: QueueAddress,
  clock: Clock,
): Promise<readonly DetailSection[]> {
  const { prefix } = queue
  const keys = keysOf(prefix)
  const now = await brokerTime(redis, clock)
  const today = new Date(now).toISOString().slice(0, 10)
  const seconds = now / 1_000
  const due: readonly SetName[] = ['retry set', 'scheduled set']
  const [counts, { processes }] = await Promise.all([
    askAll(redis, [
      ['GET', keys.processed],
      ['GET', keys.failed],
      ['GET', keys.processedOn(today)],
      ['GET', keys.failedOn(today)],
      ...setNames.map((set): Command => ['ZCARD', setKey(prefix, set)]),
      ...due.map((set): Command => ['ZCOUNT', setKey(prefix, set), '-inf', seconds]),
    ]),
    readProcesses(redis, prefix),
  ])
  const [processed, failed, processedToday, failedToday, dead, retry, scheduled, overdueRetries, overdueScheduled] =
    counts.map(figure)
  const alive = processes.filter(({ info }) => info !== null)
  const sizes: Readonly<Record<SetName, string | null>> = {
    'dead set': dead ?? null,
    'retry set': retry ?? null,
    'scheduled set': scheduled ?? null,
  }
  const overdue: Readonly<Record<SetName, string | null>> = {
    'dead set': null,
    'retry set': overdueRetries ?? null,
    'scheduled set': overdueScheduled ?? null,
  }
  return [
    ...aboutSet(setOf(queue), overdue),
    {
      title: 'All of Sidekiq',
      note:
        prefix === ''
          ? 'Sidekiq counts over all of its queues together, not for each.'
          : `Sidekiq counts over all queues of the namespace ${prefix} together, not for each.`,
      facts: [
        { name: 'Processed', value: processed ?? null },
        { name: 'Failed tries', value: failed ?? null },
        { name: 'Processed today (UTC)', value: processedToday ?? null },
        { name: 'Failed tries today (UTC)', value: failedToday ?? null },
        ...setNames.map((set) => ({
          name: `In the ${set}`,
          value: sizes[set],
          queue: queueKey(setAddress(prefix, set)),
        })),
        { name: 'Processes', value: String(alive.length) },
        {
          name: 'Threads',
          value: String(alive.reduce((sum, { info }) => sum + (info?.concurrency ?? 0), 0)),
        },
        { name: 'Version', value: versionOf(alive.map(({ info }) => info?.version ?? null)) },
      ],
    },
  ]
}

/** Source of the figures: job_retry.rb, sidekiq.rb, scheduled.rb. */
function aboutSet(set: SetName | null, overdue: Readonly<Record<SetName, string | null>>): readonly DetailSection[] {
  switch (set) {
    case null:
      return []
    case 'dead set':
      return [
        {
          title: 'Dead set',
          note: 'Jobs that used up their retries, or that somebody killed. Sidekiq itself never tries them again.',
          facts: [
            { name: 'Holds', value: '10,000 jobs unless the service sets dead_max_jobs; the oldest go first' },
            { name: 'Keeps for', value: '180 days unless the service sets dead_timeout_in_seconds' },
          ],
        },
      ]
    case 'retry set':
      return [
        {
          title: 'Retries',
          note: 'Jobs that failed and wait for their next try; a process brings them back when they are due.',
          facts: [
            { name: 'Tries', value: '25 retries over about 20 days unless the job or the service says otherwise' },
            { name: 'Wait before retry n', value: 'n⁴ + 15 seconds, and up to 10 × (n + 1) more by chance' },
            { name: 'Overdue', value: overdue[set] },
          ],
        },
      ]
    case 'scheduled set':
      return [
        {
          title: 'Schedule',
          note: 'Jobs for later; a process puts them in their queues when they are due, looking every 5 seconds or so.',
          facts: [{ name: 'Overdue', value: overdue[set] }],
        },
      ]
  }
}

/** A key that is not there counts nothing yet. */
function figure(answer: Answer): string | null {
  if (!answer.ok) return null
  return String(answer.value === null ? 0 : (numberOf(answer.value) ?? ''))
}

function versionOf(told: readonly (string | null)[]): string | null {
  if (told.length === 0) return null
  const versions = new Set(told.map((version) => version ?? '6 or older, which tells no number'))
  return [...versions].sort().join(' and ')
}
