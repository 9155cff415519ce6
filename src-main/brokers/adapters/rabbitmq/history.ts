import type { QueueAddress } from '@shared/model/queue'
import { type Metric, metrics, type Sample } from '@shared/model/sample'
import type { RabbitmqConnection } from '../../clients/rabbitmq'
import { listOf, numberIn, valueIn } from '../../clients/rabbitmq-json'
import type { TimeRange } from '../../reader'
import { asked, pathOf } from './listing'
import { finished } from './queue-facts'

/** Figures of the last `reachMs`, one per `stepMs`. */
export interface Band {
  readonly reachMs: number
  readonly stepMs: number
}

interface Wanted extends TimeRange {
  readonly queue: QueueAddress
  readonly isDeadLetterQueue: boolean
  readonly isStream: boolean
}

/**
 * A queue's figures as the broker itself kept them: the last ten minutes finely, the last hour by the minute, as a rule. Two small
 * questions at most for an hour.
 */
export async function historyOf(
  connection: RabbitmqConnection,
  { queue, from, to, isDeadLetterQueue, isStream }: Wanted,
): Promise<readonly Sample[]> {
  const { management, clock, keptForSeconds, statisticsOff } = connection
  if (statisticsOff) return []
  const now = clock.now()
  const bands = bandsFor(keptForSeconds, now - from)
  const answers = await Promise.all(
    bands.map(({ reachMs, stepMs }) => {
      const [age, step] = [Math.round(reachMs / 1_000), Math.round(stepMs / 1_000)]
      const ages = `lengths_age=${age}&lengths_incr=${step}&msg_rates_age=${age}&msg_rates_incr=${step}`
      return management.get(`${pathOf(queue)}?columns=${columns}&${ages}`, asked(queue, `look at ${queue.name}`))
    }),
  )
  let oldest = Math.min(to, now) + 1
  const pieces = bands.map(({ stepMs }, index) => {
    const samples = samplesOf(answers[index], { stepMs, isDeadLetterQueue, isStream })
    // Where a finer one tells it, the coarser one is not wanted.
    const piece = samples.filter(({ at }) => at >= from && at < oldest)
    oldest = piece[0]?.at ?? oldest
    return piece
  })
  return pieces.reverse().flat()
}

/**
 * Pure: what to ask for to look back so far, the finest first. The plugin says how far back it keeps figures, and not how finely;
 * these are the steps that RabbitMQ comes with.
 */
export function bandsFor(keptForSeconds: readonly number[], reachMs: number): readonly Band[] {
  const bands = keptForSeconds.map((seconds) => ({
    reachMs: seconds * 1_000,
    stepMs: seconds <= 660 ? 5_000 : seconds <= 3_660 ? 60_000 : seconds <= 30_000 ? 600_000 : 1_800_000,
  }))
  const enough = bands.findIndex((band) => band.reachMs >= reachMs)
  return enough < 0 ? bands : bands.slice(0, enough + 1)
}

const columns = [
  'messages_ready_details.samples',
  'messages_unacknowledged_details.samples',
  ...['publish', ...finished].map((name) => `message_stats.${name}_details.samples`),
].join(',')

interface Drawn {
  readonly stepMs: number
  readonly isDeadLetterQueue: boolean
  readonly isStream: boolean
}

/**
 * Pure: oldest first. The plugin fills up with zeros what it does not have, from before the queue was there or the node ran: so
 * nothing counts as known before the first figure that is not zero.
 */
export function samplesOf(row: unknown, { stepMs, isDeadLetterQueue, isStream }: Drawn): readonly Sample[] {
  const stats = valueIn(row, 'message_stats')
  const ready = pointsIn(valueIn(row, 'messages_ready_details'))
  const unacked = pointsIn(valueIn(row, 'messages_unacknowledged_details'))
  const published = pointsIn(valueIn(stats, 'publish_details'))
  const done = finished.map((name) => pointsIn(valueIn(stats, `${name}_details`)))
  const doneAt = (at: number): number | null =>
    done.every((points) => points.size === 0) ? null : done.reduce((sum, points) => sum + (points.get(at) ?? 0), 0)
  const isKnown = (at: number) => [ready, unacked, published, ...done].some((points) => (points.get(at) ?? 0) > 0)
  const times = [...ready.keys()].sort((a, b) => a - b)
  const first = times.findIndex(isKnown)
  return (first < 0 ? [] : times.slice(first)).map((at, index): Sample => {
    const before = index === 0 ? null : at - stepMs
    const perSecond = (total: (at: number) => number | null): number | null => {
      const [now, then] = [total(at), before === null ? null : total(before)]
      return now === null || then === null || now < then ? null : ((now - then) * 1_000) / stepMs
    }
    const waiting = ready.get(at) ?? null
    const figures: Partial<Record<Metric, number | null>> = {
      ready: isDeadLetterQueue ? 0 : waiting,
      leased: unacked.get(at) ?? null,
      delayed: 0,
      dead: isDeadLetterQueue ? waiting : 0,
      inPerSecond: perSecond((time) => published.get(time) ?? null),
      outPerSecond: isStream ? null : perSecond(doneAt),
    }
    return { at, stepMs, values: metrics.map((metric) => figures[metric] ?? null) }
  })
}

function pointsIn(details: unknown): ReadonlyMap<number, number> {
  return new Map(
    listOf(valueIn(details, 'samples')).flatMap((point) => {
      const [at, value] = [numberIn(point, 'timestamp'), numberIn(point, 'sample')]
      return at === null || value === null ? [] : [[at, value] as const]
    }),
  )
}
