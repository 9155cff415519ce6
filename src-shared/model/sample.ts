import { z } from 'zod'

/**
 * The figures of one queue at one instant, in this order wherever they travel as an array.
 * Counts are messages, rates are messages per second, durations are milliseconds. null means unknown, never zero.
 * `acked` and `enqueued` are totals since the queue exists; rates are made from them in watch/rates.
 */
export const metrics = [
  'ready',
  'leased',
  'delayed',
  'dead',
  'done',
  'oldestReadyMs',
  'inPerSecond',
  'outPerSecond',
  'waitP50Ms',
  'waitP95Ms',
  'waitP99Ms',
] as const
export type Metric = (typeof metrics)[number]

export const metricIndex = Object.fromEntries(metrics.map((name, index) => [name, index])) as Readonly<
  Record<Metric, number>
>

export type Precision = 'exact' | 'approximate' | 'unknown'

export const Values = z.array(z.number().nullable())
export type Values = readonly (number | null)[]

/** `at` is milliseconds since 1970 by this machine's clock; `values` stand in the order of `metrics`. */
export const Sample = z.object({ at: z.number(), values: Values, stepMs: z.number().optional() })
export interface Sample {
  readonly at: number
  readonly values: Values
  /** Set where the broker's own record fills a gap in ours: the step of that record, often longer than the series'. */
  readonly stepMs?: number | undefined
}

export const figureOf = (sample: Sample | undefined, metric: Metric): number | null =>
  sample?.values[metricIndex[metric]] ?? null

/** Depth as the vocabulary has it: ready + delayed + leased; unknown as soon as one of them is. */
export function depthOf(sample: Sample | undefined): number | null {
  const ready = figureOf(sample, 'ready')
  const delayed = figureOf(sample, 'delayed')
  const leased = figureOf(sample, 'leased')
  return ready === null || delayed === null || leased === null ? null : ready + delayed + leased
}

/** Under which a consumer group's samples are kept: lag stands as ready, pending as leased. No queue's key has a blank in it. */
export const groupSeriesKey = (queueKey: string, group: string): string =>
  `${queueKey} group ${encodeURIComponent(group)}`

/** A thin vertical on a chart: something happened here that explains the line. */
export const Mark = z.object({
  at: z.number(),
  kind: z.enum(['reset', 'replay', 'purge', 'restart']),
  label: z.string(),
})
export type Mark = z.infer<typeof Mark>

/** Samples of one queue, oldest first, one per `stepMs` at most; a missing step is a gap and stays one. */
export const Series = z.object({ stepMs: z.number(), samples: z.array(Sample), marks: z.array(Mark) })
export type Series = z.infer<typeof Series>
