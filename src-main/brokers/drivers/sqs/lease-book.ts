import type { Clock } from '../../../runtime/clock'
import type { Received } from './received'

/** A message that this process holds. */
export interface Held {
  readonly received: Received
  readonly attempt: number
  readonly maxAttempts: number
  /** By the clock that never goes back. */
  readonly receivedAt: number
}

interface HeldLease {
  readonly queue: string
  readonly held: Map<string, Held>
  /** Settled at SQS in a call that failed as a whole: told as applied when the call is made again. */
  readonly untold: Set<string>
  until: number
}

/** 2024, so that ids stay below 2^53 for the century. */
const epochMs = Date.UTC(2024, 0, 1)
const perMs = 4_096

/**
 * What this process holds, by lease. A lease ends here no later than at SQS, since its time counts from before SQS was asked:
 * what is not held here any more is not told to SQS, which on a standard queue would heed even a late ack. Lease ids are the
 * time in which they were given out, and only grow.
 */
export class LeaseBook {
  private readonly leases = new Map<string, HeldLease>()
  private last = 0

  constructor(private readonly clock: Clock) {}

  /** A number that only grows, and carries the time. */
  nextStamp(): number {
    this.last = Math.max(this.last + 1, (this.clock.now() - epochMs) * perMs)
    return this.last
  }

  open(queue: string, held: readonly Held[], until: number): string {
    this.dropEnded()
    const leaseId = String(this.nextStamp())
    const byId = new Map(held.map((each) => [each.received.id, each]))
    this.leases.set(leaseId, { queue, held: byId, untold: new Set(), until })
    return leaseId
  }

  /** Undefined: not held, or not any more. */
  find(queue: string, leaseId: string, id: string): Held | undefined {
    return this.live(queue, leaseId)?.held.get(id)
  }

  all(queue: string, leaseId: string): readonly Held[] {
    return [...(this.live(queue, leaseId)?.held.values() ?? [])]
  }

  /** By the clock that never goes back. */
  untilOf(leaseId: string): number {
    return this.leases.get(leaseId)?.until ?? 0
  }

  drop(leaseId: string, id: string): void {
    const lease = this.leases.get(leaseId)
    lease?.held.delete(id)
    this.dropIfEmpty(leaseId)
  }

  extend(leaseId: string, until: number): void {
    const lease = this.leases.get(leaseId)
    if (lease) lease.until = until
  }

  /** The call failed; what it did with this one did not. */
  noteUntold(leaseId: string, id: string): void {
    this.leases.get(leaseId)?.untold.add(id)
  }

  takeUntold(leaseId: string, id: string): boolean {
    const told = this.leases.get(leaseId)?.untold.delete(id) ?? false
    this.dropIfEmpty(leaseId)
    return told
  }

  private live(queue: string, leaseId: string): HeldLease | undefined {
    const lease = this.leases.get(leaseId)
    return lease && lease.queue === queue && lease.until > this.clock.elapsed() ? lease : undefined
  }

  private dropIfEmpty(leaseId: string): void {
    const lease = this.leases.get(leaseId)
    if (lease && lease.held.size === 0 && lease.untold.size === 0) this.leases.delete(leaseId)
  }

  private dropEnded(): void {
    const now = this.clock.elapsed()
    for (const [leaseId, { until }] of this.leases) if (until <= now) this.leases.delete(leaseId)
  }
}
