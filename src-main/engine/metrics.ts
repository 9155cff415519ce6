import { isFailure } from '@shared/failure'
import type { DriverStats } from '../brokers/driver-messages'
import { wordsOf } from './error-record'
import type { Histogram } from './histogram'
import type { QueueMeter } from './meter'
import type { QueueContext } from './queue-context'

export interface QueueMetrics {
  readonly queue: string
  /** What the broker counts, the same for all processes; null where it could not be asked. */
  readonly broker: DriverStats | null
  /** Why it could not. */
  readonly trouble: string | null
  /** What the workers of this process did since it started; null: it does not measure. */
  readonly here: WorkMetrics | null
}

export interface WorkMetrics {
  readonly acked: number
  /** Attempts that ended badly, those that died included. */
  readonly failed: number
  readonly dead: number
  /** Enqueue to first lease. */
  readonly wait: Durations
  /** Lease to the end of the handler. */
  readonly run: Durations
}

/** Read from buckets: at most 19 % too high. null: none yet. */
export interface Durations {
  readonly count: number
  readonly sumMs: number
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  readonly p99Ms: number | null
}

export async function metricsOf({ name, driver, meter }: QueueContext): Promise<QueueMetrics> {
  const here = meter === undefined ? null : workOf(meter)
  try {
    return { queue: name, broker: await driver.stats(name), trouble: null, here }
  } catch (error) {
    // One queue that cannot be read takes no figure from the others; a bug stays one.
    if (!isFailure(error)) throw error
    return { queue: name, broker: null, trouble: wordsOf(error), here }
  }
}

const workOf = ({ acked, failed, dead, waits, runs }: QueueMeter): WorkMetrics => ({
  acked,
  failed,
  dead,
  wait: durationsOf(waits),
  run: durationsOf(runs),
})

const durationsOf = (histogram: Histogram): Durations => ({
  count: histogram.count,
  sumMs: histogram.sumMs,
  p50Ms: histogram.quantileMs(0.5),
  p95Ms: histogram.quantileMs(0.95),
  p99Ms: histogram.quantileMs(0.99),
})
