import type { Clock } from '../../../runtime/clock'

/**
 * A retry that waits is hidden at SQS, and counted there with what workers hold. This process knows its own, and tells the two
 * apart; those of other processes stay among the leased. Kept by the second in which they end, so that many cost no more.
 */
export class HiddenRetries {
  private readonly byQueue = new Map<string, Map<number, number>>()

  constructor(private readonly clock: Clock) {}

  note(queue: string, forMs: number): void {
    const ends = this.byQueue.get(queue) ?? new Map<number, number>()
    this.byQueue.set(queue, ends)
    const second = Math.ceil((this.clock.elapsed() + forMs) / 1_000)
    ends.set(second, (ends.get(second) ?? 0) + 1)
  }

  count(queue: string): number {
    const now = this.clock.elapsed() / 1_000
    let waiting = 0
    for (const [second, count] of this.byQueue.get(queue) ?? []) {
      if (second <= now) this.byQueue.get(queue)?.delete(second)
      else waiting += count
    }
    return waiting
  }
}
