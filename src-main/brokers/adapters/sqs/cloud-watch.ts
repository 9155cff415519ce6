import { type CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import { Failure } from '@shared/failure'
import type { QueueAddress } from '@shared/model/queue'
import type { Sample } from '@shared/model/sample'
import type { Clock } from '../../../runtime/clock'
import { askHistory, type CloudWatchSpan } from './cloud-watch-history'
import type { Denials } from './denials'

export interface CloudWatchFigure {
  readonly oldestReadyMs: number | null
  readonly inPerSecond: number | null
  readonly outPerSecond: number | null
}

/** AWS writes these metrics once a minute. */
const everyMs = 60_000
/** Source: GetMetricData takes 500 queries; three a queue. */
const queuesPerCall = 160
/** Spans of queues in memory, each some 600 samples. */
const pastsKept = 50

const metrics = [
  { id: 'age', name: 'ApproximateAgeOfOldestMessage', stat: 'Maximum' },
  { id: 'sent', name: 'NumberOfMessagesSent', stat: 'Sum' },
  { id: 'deleted', name: 'NumberOfMessagesDeleted', stat: 'Sum' },
] as const

/**
 * Ages and rates from CloudWatch, a minute old at best and billed by AWS per metric: asked once a minute, and no more once the
 * permission is missing.
 */
export class CloudWatchFigures {
  private askedAt = Number.NEGATIVE_INFINITY
  private figures = new Map<string, CloudWatchFigure>()
  private readonly pasts = new Map<string, { readonly askedAt: number; readonly samples: Promise<readonly Sample[]> }>()

  constructor(
    private readonly client: CloudWatchClient,
    private readonly parts: { readonly clock: Clock; readonly denials: Denials },
  ) {}

  /** By queue name. */
  async of(addresses: readonly QueueAddress[]): Promise<ReadonlyMap<string, CloudWatchFigure>> {
    const { clock, denials } = this.parts
    if (denials.has(permission) || clock.elapsed() - this.askedAt < everyMs) return this.figures
    this.askedAt = clock.elapsed()
    const figures = new Map<string, CloudWatchFigure>()
    for (let at = 0; at < addresses.length; at += queuesPerCall) {
      const some = addresses.slice(at, at + queuesPerCall)
      const told = await denials.unlessDenied(() => this.ask(some))
      for (const [name, figure] of told ?? []) figures.set(name, figure)
    }
    this.figures = figures
    return figures
  }

  /** What AWS kept of a queue's past; asked again no sooner than a minute later, when there may be one figure more. */
  async history(span: CloudWatchSpan): Promise<readonly Sample[]> {
    const { clock, denials } = this.parts
    if (denials.has(permission)) return []
    const lengthMs = Math.round((span.to - span.from) / everyMs) * everyMs
    const name = `${span.queue} ${lengthMs} ${span.isDeadLetterQueue}`
    const known = this.pasts.get(name)
    if (known && clock.elapsed() - known.askedAt < everyMs) return await known.samples
    const samples = denials
      .unlessDenied(() =>
        askHistory(this.client, span, clock.now()).catch((error: unknown) => Promise.reject(refusalOf(error))),
      )
      .then((told) => told ?? [])
    if (this.pasts.size >= pastsKept) this.pasts.clear()
    this.pasts.set(name, { askedAt: clock.elapsed(), samples })
    return await samples
  }

  close(): void {
    this.client.destroy()
  }

  private async ask(addresses: readonly QueueAddress[]): Promise<ReadonlyMap<string, CloudWatchFigure>> {
    const now = this.parts.clock.now()
    const queries = addresses.flatMap(({ name }, index) => metrics.map((metric) => queryOf(metric, name, index)))
    const { MetricDataResults = [] } = await this.client
      .send(
        new GetMetricDataCommand({
          MetricDataQueries: queries,
          // The newest minutes may not be written yet.
          StartTime: new Date(now - 5 * everyMs),
          EndTime: new Date(now),
          ScanBy: 'TimestampDescending',
        }),
      )
      .catch((error: unknown) => {
        throw refusalOf(error)
      })
    const newest = new Map(MetricDataResults.map(({ Id, Values }) => [Id, Values?.[0] ?? null]))
    return new Map(
      addresses.map(({ name }, index) => {
        const of = (id: string) => newest.get(`${id}${index}`) ?? null
        const perSecond = (sum: number | null) => (sum === null ? null : sum / 60)
        const age = of('age')
        return [
          name,
          {
            oldestReadyMs: age === null ? null : age * 1_000,
            inPerSecond: perSecond(of('sent')),
            outPerSecond: perSecond(of('deleted')),
          },
        ]
      }),
    )
  }
}

const permission = 'cloudwatch:GetMetricData'

const queryOf = ({ id, name, stat }: (typeof metrics)[number], queue: string, index: number): MetricDataQuery => ({
  Id: `${id}${index}`,
  MetricStat: {
    Metric: { Namespace: 'AWS/SQS', MetricName: name, Dimensions: [{ Name: 'QueueName', Value: queue }] },
    Period: 60,
    Stat: stat,
  },
})

/** Whatever CloudWatch says no with, ages and rates are off and the rest goes on. */
const refusalOf = (error: unknown): Failure =>
  new Failure(
    {
      code: 'denied',
      message: `CloudWatch does not answer (${error instanceof Error ? error.name : 'unknown'}): ages and rates are unknown.`,
      hint: `Allow ${permission}, or switch CloudWatch off in the environment’s form.`,
      subject: permission,
    },
    { cause: error },
  )
