import { type QueueAddress, type QueueInfo, queueKey } from '@shared/model/queue'
import { depthOf, groupSeriesKey, type Metric, metrics, type Sample, type Values } from '@shared/model/sample'
import type { Found, GroupReading, Reading } from '../brokers/reader'
import { type Counted, ratesBetween } from './rates'
import { Recent } from './recent'
import { type BucketCount, waitQuantiles, withCount } from './wait-quantiles'

/** Depths that a sparkline shows. */
const trendLength = 60

/** What is known of one queue: its facts, its newest samples, and what the next reading is compared with. */
export class QueueWatch {
  readonly key: string
  readonly address: QueueAddress
  info: QueueInfo
  latest: Sample | undefined
  readonly recent: Recent
  /** Of its consumer groups: lag as ready, pending as leased. */
  readonly groups = new Map<string, Recent>()
  private counted: Counted | undefined
  private waits: readonly BucketCount[] = []

  /** `kept`: how many of its newest samples stay in memory. */
  constructor(
    found: Found,
    private readonly kept: number,
  ) {
    this.recent = new Recent(kept)
    this.key = queueKey(found.address)
    this.address = found.address
    this.info = { key: this.key, ...found.address, ...factsOf(found), paused: null, trouble: null }
  }

  /** Takes in a reading; answers what changed. */
  take(reading: Reading, when: { readonly at: number; readonly longestStepMs: number }) {
    const { at } = when
    const counted: Counted = { at, enqueuedTotal: reading.enqueuedTotal, ackedTotal: reading.ackedTotal }
    const rates = ratesBetween(this.counted, counted, when.longestStepMs)
    // An unreadable queue keeps its last counts: they are compared again when it can be read, or are too old by then.
    if (reading.trouble === null) this.counted = counted
    this.waits = reading.waitBuckets ? withCount(this.waits, { at, buckets: reading.waitBuckets }) : []
    const waits = waitQuantiles(this.waits)
    const values: Values = [
      reading.ready,
      reading.leased,
      reading.delayed,
      reading.dead,
      reading.done,
      reading.oldestReadyMs,
      rates.inPerSecond ?? reading.inPerSecond ?? null,
      rates.outPerSecond ?? reading.outPerSecond ?? null,
      waits.p50Ms,
      waits.p95Ms,
      waits.p99Ms,
    ]
    const sample: Sample = { at, values }
    const changed = !this.latest || values.some((value, index) => value !== this.latest!.values[index])
    this.latest = sample
    this.recent.push(sample)
    return { sample, changed, reset: rates.reset, infoChanged: this.update(reading) }
  }

  /** Samples of its consumer groups, by the key of their series. */
  takeGroups(groups: readonly GroupReading[], at: number): ReadonlyMap<string, Sample> {
    const samples = new Map<string, Sample>()
    for (const { name, lag, pending } of groups.slice(0, groupsWatched)) {
      const key = groupSeriesKey(this.key, name)
      const sample: Sample = { at, values: metrics.map((metric) => figureOfGroup(metric, { lag, pending })) }
      const recent = this.groups.get(key) ?? new Recent(this.kept)
      this.groups.set(key, recent)
      recent.push(sample)
      samples.set(key, sample)
    }
    for (const [key, recent] of this.groups)
      if (at - (recent.newest?.at ?? at) > forgottenAfterMs) this.groups.delete(key)
    return samples
  }

  /** The product may be another version by now, the dead letters may go elsewhere. Answers whether anything changed. */
  findAgain(found: Found): boolean {
    const info = { ...this.info, ...factsOf(found) }
    if (JSON.stringify(info) === JSON.stringify(this.info)) return false
    this.info = info
    return true
  }

  trend(): Values {
    return this.recent.samples().slice(-trendLength).map(depthOf)
  }

  private update({ paused, trouble }: Reading): boolean {
    const known = trouble === null ? paused : this.info.paused
    if (known === this.info.paused && trouble === this.info.trouble) return false
    this.info = { ...this.info, paused: known, trouble }
    return true
  }
}

/** The first of a stream's groups are watched over time; all of them are shown as they stand. */
const groupsWatched = 20
/** A group that is not there any more. */
const forgottenAfterMs = 600_000

const figureOfGroup = (metric: Metric, { lag, pending }: { lag: number | null; pending: number }): number | null =>
  metric === 'ready' ? lag : metric === 'leased' ? pending : null

const factsOf = ({ product, deadLetterQueue, deadLetterSources }: Found) => ({
  product,
  ...(deadLetterQueue !== undefined && { deadLetterQueue: deadLetterQueue && queueKey(deadLetterQueue) }),
  ...(deadLetterSources !== undefined && { deadLetterSources: deadLetterSources.map(queueKey) }),
})
