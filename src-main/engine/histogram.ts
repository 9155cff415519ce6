/**
 * Durations counted in buckets that grow by the fourth root of two from 1/64 ms to a day: whatever is read from it is at
 * most 19 % off, and an entry costs one logarithm.
 */
export class Histogram {
  count = 0
  sumMs = 0
  private readonly buckets = new Array<number>(bucketCount).fill(0)

  add(ms: number): void {
    this.count++
    this.sumMs += ms > 0 ? ms : 0
    this.buckets[bucketOf(ms)]!++
  }

  /** The duration that a share of `quantile` (0 to 1) does not exceed; null: nothing was counted. */
  quantileMs(quantile: number): number | null {
    if (this.count === 0) return null
    const rank = Math.max(Math.ceil(this.count * quantile), 1)
    let seen = 0
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      seen += this.buckets[bucket]!
      if (seen >= rank) return upperMs(bucket)
    }
    return upperMs(bucketCount - 1)
  }

  /** How many took at most 2^power ms. */
  countUpTo(power: number): number {
    const end = (power - lowestPower) * perOctave
    let sum = 0
    for (let bucket = 0; bucket < Math.min(end, bucketCount); bucket++) sum += this.buckets[bucket]!
    return sum
  }
}

const perOctave = 4
const lowestPower = -6
const highestPower = 27
const bucketCount = (highestPower - lowestPower) * perOctave

/** A bucket holds what is above its lower bound and at most its upper one. */
function bucketOf(ms: number): number {
  if (!(ms > 0)) return 0
  const place = Math.ceil((Math.log2(ms) - lowestPower) * perOctave) - 1
  return place < 0 ? 0 : place < bucketCount ? place : bucketCount - 1
}

const upperMs = (bucket: number): number => 2 ** (lowestPower + (bucket + 1) / perOctave)
