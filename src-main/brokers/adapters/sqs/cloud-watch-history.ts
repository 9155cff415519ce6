import { type CloudWatchClient, GetMetricDataCommand, type MetricDataResult } from '@aws-sdk/client-cloudwatch'
import { type Metric, metrics, type Sample } from '@shared/model/sample'
import type { TimeRange } from '../../reader'

export interface CloudWatchSpan extends TimeRange {
  readonly queue: string
  /** What is available in it counts as dead. */
  readonly isDeadLetterQueue: boolean
}

/** Points of one answer, about: a chart draws no more. */
const points = 600
const minuteMs = 60_000
const dayMs = 86_400_000
/** Source: CloudWatch keeps a minute's figures for 15 days, five minutes' for 63, an hour's for 455. */
const keptFor = [
  { periodMs: minuteMs, days: 15 },
  { periodMs: 5 * minuteMs, days: 63 },
  { periodMs: 60 * minuteMs, days: 455 },
] as const

const told = {
  visible: { name: 'ApproximateNumberOfMessagesVisible', stat: 'Average' },
  hidden: { name: 'ApproximateNumberOfMessagesNotVisible', stat: 'Average' },
  delayed: { name: 'ApproximateNumberOfMessagesDelayed', stat: 'Average' },
  age: { name: 'ApproximateAgeOfOldestMessage', stat: 'Maximum' },
  sent: { name: 'NumberOfMessagesSent', stat: 'Sum' },
  deleted: { name: 'NumberOfMessagesDeleted', stat: 'Sum' },
} as const
type Told = keyof typeof told

/** A queue's figures as AWS kept them; six metrics of one question, billed by AWS. Oldest first. */
export async function askHistory(
  client: CloudWatchClient,
  span: CloudWatchSpan,
  now: number,
): Promise<readonly Sample[]> {
  const periodMs = periodFor(span, now)
  const { MetricDataResults = [] } = await client.send(
    new GetMetricDataCommand({
      MetricDataQueries: Object.entries(told).map(([id, { name, stat }]) => ({
        Id: id,
        MetricStat: {
          Metric: { Namespace: 'AWS/SQS', MetricName: name, Dimensions: [{ Name: 'QueueName', Value: span.queue }] },
          Period: periodMs / 1_000,
          Stat: stat,
        },
      })),
      StartTime: new Date(span.from),
      EndTime: new Date(Math.min(span.to, now)),
      ScanBy: 'TimestampAscending',
    }),
  )
  return samplesOf(MetricDataResults, { periodMs, isDeadLetterQueue: span.isDeadLetterQueue })
}

/** Pure: no finer than what is still kept of the span's beginning, and than a chart can draw. */
export function periodFor({ from, to }: TimeRange, now: number): number {
  const kept = keptFor.find(({ days }) => now - from <= days * dayMs)?.periodMs ?? keptFor.at(-1)!.periodMs
  return Math.max(kept, Math.ceil((to - from) / points / kept) * kept)
}

/** Pure: one sample for each time that any metric tells; a metric that says nothing then is unknown. */
export function samplesOf(
  results: readonly MetricDataResult[],
  { periodMs, isDeadLetterQueue }: { readonly periodMs: number; readonly isDeadLetterQueue: boolean },
): readonly Sample[] {
  const byTime = new Map<number, Partial<Record<Told, number>>>()
  for (const { Id, Timestamps = [], Values = [] } of results) {
    for (const [index, time] of Timestamps.entries()) {
      const figures = byTime.get(time.getTime()) ?? {}
      byTime.set(time.getTime(), { ...figures, [Id ?? '']: Values[index] })
    }
  }
  return [...byTime]
    .sort(([a], [b]) => a - b)
    .map(([at, { visible, hidden, delayed, age, sent, deleted }]): Sample => {
      const perSecond = (sum: number | undefined) => (sum === undefined ? null : (sum * 1_000) / periodMs)
      const figures: Partial<Record<Metric, number | null>> = {
        ready: isDeadLetterQueue ? 0 : visible,
        leased: hidden,
        delayed,
        dead: isDeadLetterQueue ? visible : null,
        oldestReadyMs: age === undefined ? null : age * 1_000,
        inPerSecond: perSecond(sent),
        outPerSecond: perSecond(deleted),
      }
      return { at, stepMs: periodMs, values: metrics.map((metric) => figures[metric] ?? null) }
    })
}
