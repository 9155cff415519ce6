import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BucketCount, waitQuantiles, withCount } from './wait-quantiles'

const bucketOf = (ms: number) => (ms < 1 ? 0 : Math.floor(Math.log2(ms)) + 1)

const countOf = (at: number, waits: readonly number[]): BucketCount => {
  const buckets = Array.from({ length: 40 }, () => 0)
  for (const ms of waits) buckets[bucketOf(ms)]! += 1
  return { at, buckets }
}

describe('wait quantiles', () => {
  it('are unknown before two counts, and when nobody waited', () => {
    expect(waitQuantiles([])).toEqual({ p50Ms: null, p95Ms: null, p99Ms: null })
    expect(waitQuantiles([countOf(0, [5])])).toEqual({ p50Ms: null, p95Ms: null, p99Ms: null })
    expect(waitQuantiles([countOf(0, [5]), countOf(1_000, [5])])).toEqual({ p50Ms: null, p95Ms: null, p99Ms: null })
  })

  it('look only at what came after the window began', () => {
    const before = countOf(0, [10_000])
    const { p50Ms } = waitQuantiles([before, countOf(1_000, [10_000, 3, 3, 3])])
    expect(p50Ms).toBeGreaterThanOrEqual(2)
    expect(p50Ms).toBeLessThanOrEqual(4)
  })

  it('are at most a factor of two from the truth, and in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 10_000_000 }), { minLength: 1, maxLength: 300 }), (waits) => {
        const { p50Ms, p95Ms, p99Ms } = waitQuantiles([countOf(0, []), countOf(1_000, waits)])
        const sorted = [...waits].sort((a, b) => a - b)
        const truth = (share: number) => sorted[Math.ceil(share * sorted.length) - 1]!
        expect(p50Ms! / truth(0.5)).toBeGreaterThanOrEqual(0.5)
        expect(p50Ms! / truth(0.5)).toBeLessThanOrEqual(2)
        expect(p99Ms! / truth(0.99)).toBeLessThanOrEqual(2)
        expect(p50Ms!).toBeLessThanOrEqual(p95Ms!)
        expect(p95Ms!).toBeLessThanOrEqual(p99Ms!)
      }),
    )
  })

  it('keep a window of a minute by a dozen counts', () => {
    let window: readonly BucketCount[] = []
    for (let second = 0; second <= 600; second += 1) window = withCount(window, countOf(second * 1_000, []))
    expect(window.length).toBeLessThanOrEqual(15)
    expect(window.at(-1)!.at).toBe(600_000)
    expect(window[0]!.at).toBeLessThanOrEqual(540_000)
    expect(window[0]!.at).toBeGreaterThan(530_000)
  })

  it('begin anew when the queue was reset', () => {
    const window = withCount([countOf(0, [1, 1])], countOf(1_000, [1]))
    expect(window).toHaveLength(1)
  })
})
