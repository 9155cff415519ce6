import { metrics, type Sample, type Values } from '@shared/model/sample'

/** Where nothing else keeps samples, one a second: 58 kB a queue. */
export const tenMinutes = 600
/** What history has not taken in yet, with room. */
export const twoMinutes = 128
/** What a sparkline shows: 6 kB a queue. */
export const oneMinute = 64

const width = metrics.length

/**
 * The newest samples of one queue in a ring of plain numbers (NaN for unknown); it starts small and grows to its
 * capacity, so that a thousand queues that were just found cost little.
 */
export class Recent {
  private times = new Float64Array(oneMinute)
  private values = new Float64Array(oneMinute * width)
  private next = 0
  private count = 0

  /** At most so many samples. */
  constructor(private readonly capacity: number) {}

  push(sample: Sample): void {
    if (this.count === this.times.length && this.count < this.capacity) this.grow()
    const slot = this.next % this.times.length
    this.times[slot] = sample.at
    for (let metric = 0; metric < width; metric += 1) {
      this.values[slot * width + metric] = sample.values[metric] ?? Number.NaN
    }
    this.next = (slot + 1) % this.times.length
    this.count = Math.min(this.count + 1, this.times.length)
  }

  /** Oldest first. */
  samples(from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY): readonly Sample[] {
    const found: Sample[] = []
    for (let index = 0; index < this.count; index += 1) {
      const slot = this.slotOf(index)
      const at = this.times[slot]!
      if (at >= from && at <= to) found.push({ at, values: this.valuesAt(slot) })
    }
    return found
  }

  get newest(): Sample | undefined {
    if (this.count === 0) return undefined
    const slot = this.slotOf(this.count - 1)
    return { at: this.times[slot]!, values: this.valuesAt(slot) }
  }

  private slotOf(index: number): number {
    return (this.next - this.count + index + this.times.length) % this.times.length
  }

  private valuesAt(slot: number): Values {
    return Array.from(this.values.subarray(slot * width, (slot + 1) * width), (value) =>
      Number.isNaN(value) ? null : value,
    )
  }

  /** Only ever called on a full ring that has not wrapped beyond its end. */
  private grow(): void {
    const kept = this.samples()
    const size = Math.min(this.times.length * 2, this.capacity)
    this.times = new Float64Array(size)
    this.values = new Float64Array(size * width)
    this.next = 0
    this.count = 0
    for (const sample of kept) this.push(sample)
  }
}
