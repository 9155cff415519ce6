import type { FinishedBatch, Lease, LeaseRequest, SettleOutcome } from '../brokers/driver-messages'
import type { FailedAttempt, HeldLease, Told } from './held-lease'
import { finishedBatch, mostFailuresPerCall } from './lender'
import type { QueueContext } from './queue-context'
import type { WorkerVoice } from './worker-voice'

export interface TellerOptions {
  readonly context: QueueContext
  readonly request: Omit<LeaseRequest, 'count'>
  readonly voice: WorkerVoice
  /** The broker says that this lease is not held any more. */
  readonly lost: (lease: HeldLease) => void
  /** It may have said so only because it was told twice. */
  readonly doubted: (lease: HeldLease) => void
  /** A limit holds the queue back for so long. */
  readonly limited: (forMs: number) => void
}

/** Tells the broker what became of messages, and takes new ones in the same call. What could not be told stands in line again. */
export class Teller {
  private line: HeldLease[] = []

  constructor(private readonly options: TellerOptions) {}

  get idle(): boolean {
    return this.line.length === 0
  }

  queue(lease: HeldLease): void {
    if (lease.queued) return
    lease.queued = true
    this.line.push(lease)
  }

  /** Tells everything and leases up to `room`. Throws the first trouble, after everything was tried and `taken` was called. */
  async exchange(room: number, taken: (lease: Lease) => void): Promise<boolean> {
    const leases = this.line
    this.line = []
    let leasing: Promise<Lease | undefined> | undefined
    const rest: Promise<void>[] = []
    for (const lease of leases) {
      const told = lease.take()
      if (told.done.length > 0) {
        if (room > 0 && leasing === undefined) leasing = this.turn(told, room)
        else rest.push(this.ack(told))
      }
      for (let at = 0; at < told.failed.length; at += mostFailuresPerCall)
        rest.push(this.nack(told, told.failed.slice(at, at + mostFailuresPerCall)))
    }
    if (room > 0) leasing ??= this.lease(room)
    if (rest.length === 0) {
      const next = await leasing
      if (next) taken(next)
      return next !== undefined
    }
    const [first, ...others] = await Promise.allSettled([leasing, ...rest])
    const next = first.status === 'fulfilled' ? first.value : undefined
    if (next) taken(next)
    for (const result of [first, ...others]) if (result.status === 'rejected') throw result.reason
    return next !== undefined
  }

  private async lease(count: number): Promise<Lease | undefined> {
    const { context, request, limited } = this.options
    context.mayWrite()
    const { lease, limitedForMs } = await context.driver.lease(context.name, { ...request, count })
    if (limitedForMs !== undefined) limited(limitedForMs)
    return lease
  }

  /** For brokers that can wait and lease in one. */
  async leaseWhenReady(count: number, waitMs: number, signal: AbortSignal): Promise<Lease | undefined> {
    const { context, request, limited } = this.options
    context.mayWrite()
    const reply = await context.driver.leaseWhenReady?.(context.name, { ...request, count }, waitMs, signal)
    if (reply?.limitedForMs !== undefined) limited(reply.limitedForMs)
    return reply?.lease
  }

  private async turn(told: Told, count: number): Promise<Lease | undefined> {
    const { context, request, limited } = this.options
    try {
      context.mayWrite()
      const { outcomes, next, limitedForMs } = await context.driver.turn(context.name, this.batchOf(told), {
        ...request,
        count,
      })
      this.acked(told, outcomes)
      if (limitedForMs !== undefined) limited(limitedForMs)
      return next
    } catch (error) {
      this.again(told.lease, { ...told, failed: [] })
      throw error
    }
  }

  private async ack(told: Told): Promise<void> {
    const { context } = this.options
    try {
      context.mayWrite()
      this.acked(told, await context.driver.ack(context.name, this.batchOf(told)))
    } catch (error) {
      this.again(told.lease, { ...told, failed: [] })
      throw error
    }
  }

  private async nack(told: Told, failed: readonly FailedAttempt[]): Promise<void> {
    const { context } = this.options
    try {
      context.mayWrite()
      const failures = failed.map(({ failure }) => failure)
      this.nacked(told, failed, await context.driver.nack(context.name, told.lease.leaseId, failures))
    } catch (error) {
      this.again(told.lease, { done: [], results: undefined, children: false, failed })
      throw error
    }
  }

  private batchOf({ lease, done, results }: Told): FinishedBatch {
    const ids: string[] = []
    for (const message of done) ids.push(message.leased.id)
    return finishedBatch(this.options.context, { leaseId: lease.leaseId, ids, results })
  }

  private again(lease: HeldLease, told: Pick<Told, 'done' | 'results' | 'children' | 'failed'>): void {
    lease.putBack(told)
    this.queue(lease)
  }

  private acked(told: Told, outcomes: readonly SettleOutcome[]): void {
    const { context, voice } = this.options
    const stale = outcomes.includes('stale')
    if (context.meter !== undefined)
      context.meter.acked += stale ? outcomes.filter((outcome) => outcome === 'applied').length : outcomes.length
    if (told.children) context.childDone()
    if (voice.tellsAcked) voice.acked(told, outcomes)
    if (stale) this.doubt(told)
  }

  private nacked(told: Told, failed: readonly FailedAttempt[], outcomes: readonly SettleOutcome[]): void {
    const { context, voice } = this.options
    failed.forEach(({ message, failure }, index) => {
      if (outcomes[index] !== 'applied') return
      if (context.meter !== undefined) {
        context.meter.failed++
        if (failure.retryInMs === undefined) context.meter.dead++
      }
      voice.nacked(message, failure)
    })
    if (outcomes.includes('stale')) this.doubt(told)
  }

  private doubt({ lease, again }: Told): void {
    if (again) this.options.doubted(lease)
    else this.options.lost(lease)
  }
}
