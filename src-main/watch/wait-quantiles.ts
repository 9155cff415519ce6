/** The wait-time buckets of one queue (Reading.waitBuckets) as they stood at one instant. */
export interface BucketCount {
  readonly at: number
  readonly buckets: readonly number[]
}

export interface WaitQuantiles {
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  readonly p99Ms: number | null
}

const none: WaitQuantiles = { p50Ms: null, p95Ms: null, p99Ms: null }

const windowMs = 60_000

/** Counts are kept this far apart: a dozen of them span the window. */
const spacingMs = 5_000

/**
 * The counts that are needed for the last 60 s, oldest first. The first one stands at the window's start or just before;
 * a falling bucket (the queue was reset) begins the window anew.
 */
export function withCount(window: readonly BucketCount[], now: BucketCount): readonly BucketCount[] {
  const first = window[0]
  if (!first || fell(window.at(-1)!, now)) return [now]
  const spaced =
    window.length > 1 && window.at(-1)!.at - window.at(-2)!.at < spacingMs
      ? [...window.slice(0, -1), now]
      : [...window, now]
  const start = now.at - windowMs
  const from = spaced.findLastIndex((count) => count.at <= start)
  return from > 0 ? spaced.slice(from) : spaced
}

/**
 * p50, p95 and p99 of the waits that ended within the window: differences of bucket counts, and within a bucket a straight
 * line between its bounds. Unknown when nobody waited. The error is at most the bucket's width, a factor of two.
 */
export function waitQuantiles(window: readonly BucketCount[]): WaitQuantiles {
  const first = window[0]
  const last = window.at(-1)
  if (!first || !last || window.length < 2) return none
  const counts = last.buckets.map((count, bucket) => count - (first.buckets[bucket] ?? 0))
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total <= 0) return none
  const at = (share: number) => quantile(counts, share * total)
  return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) }
}

function quantile(counts: readonly number[], rank: number): number {
  let below = 0
  for (const [bucket, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) {
      const low = bucket === 0 ? 0 : 2 ** (bucket - 1)
      const high = 2 ** bucket
      return low + ((rank - below) / count) * (high - low)
    }
    below += count
  }
  return 2 ** counts.length
}

const fell = (before: BucketCount, now: BucketCount): boolean =>
  before.buckets.some((count, bucket) => (now.buckets[bucket] ?? 0) < count)
