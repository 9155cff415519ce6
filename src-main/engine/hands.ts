import type { FailedMessage, Lease } from '../brokers/driver-messages'
import type { Attempt } from './attempt'
import { HeldLease } from './held-lease'
import { failureOf } from './lender'
import type { Message } from './message'
import type { QueueContext } from './queue-context'
import { keepsResultOf, resultOf } from './result'

export interface HandsOptions {
  readonly context: QueueContext
  readonly attempt: Attempt
  readonly concurrency: number
  /** Lease ahead of the handlers: then messages may wait here. */
  readonly ahead: boolean
  readonly leaseMs: number
  /** Something of this lease is to be told to the broker. */
  readonly tell: (lease: HeldLease) => void
  readonly failed: (error: unknown, message: Message) => void
}

/**
 * The messages that a worker holds. Each: (take) -> ahead -> begun -> over, or straight to begun; over is reached once, by
 * the handler's end, by its own ack or nack, by the loss of its lease, or by being given back.
 */
export class Hands {
  /** Messages in handlers now. */
  active = 0
  /** Leased and not begun. */
  waiting = 0
  /** Nothing is begun meanwhile. */
  paused = false
  readonly leases = new Set<HeldLease>()
  private readonly line: Message[] = []
  private beginning = false
  /** One reading of the clock for what ends in the same turn of promises. */
  private instant = -1
  private readonly forgetInstant = () => {
    this.instant = -1
  }
  private readonly settle = (message: Message, result: unknown, failure: FailedMessage | undefined) =>
    this.finish(message, result, failure, this.now())

  constructor(private readonly options: HandsOptions) {}

  take(own: Lease): HeldLease {
    const { context, leaseMs, ahead } = this.options
    const lease = new HeldLease(own, leaseMs, context, this.settle)
    const { messages, leasedAt } = lease
    this.leases.add(lease)
    const { meter } = context
    if (meter !== undefined)
      for (const { leased } of messages) if (leased.attempt === 1) meter.waits.add(leasedAt - leased.enqueuedAt)
    if (ahead || this.paused) {
      for (const message of messages) this.line.push(message)
      this.waiting += messages.length
      this.begin()
      return lease
    }
    this.active += messages.length
    const now = this.now()
    for (const message of messages) {
      message.begun = true
      message.startedAt = now
      this.handle(message)
    }
    return lease
  }

  /** Begins what was leased ahead. Handlers that end at once come back here: the loop that runs already serves them. */
  begin(): void {
    if (this.beginning) return
    this.beginning = true
    while (this.line.length > 0 && this.active < this.options.concurrency && !this.paused) {
      const message = this.line.shift()!
      if (message.over) continue
      message.begun = true
      this.waiting--
      this.active++
      message.startedAt = this.options.context.clock.elapsed()
      this.handle(message)
    }
    this.beginning = false
  }

  /** To whoever comes next: what was not begun, or everything. */
  giveBack(lease: HeldLease, what: 'waiting' | 'all', reason: Error): void {
    for (const message of lease.messages) {
      if (message.over || (what === 'waiting' && message.begun)) continue
      message.abort(reason)
      const error = { name: reason.name, message: reason.message, stack: null }
      this.finish(message, undefined, { id: message.id, error, retryInMs: 0 }, this.now())
    }
  }

  /** Answers what was still in hand: its handlers' work counts no more. */
  lose(lease: HeldLease): readonly Message[] {
    const lost = lease.messages.filter((message) => !message.over)
    const reason = new Error('The lease was lost: somebody else may be at work on this message.')
    reason.name = 'LeaseLost'
    for (const message of lost) {
      this.drop(message, lease)
      message.abort(reason)
    }
    return lost
  }

  private handle(message: Message): void {
    try {
      const result = this.options.attempt(message)
      if (isPromise(result))
        result.then(
          (value) => this.finish(message, value, undefined, this.now()),
          (error: unknown) => this.fail(message, error, this.now()),
        )
      else this.finish(message, result, undefined, this.options.context.clock.elapsed())
    } catch (error) {
      this.fail(message, error, this.options.context.clock.elapsed())
    }
  }

  private fail(message: Message, error: unknown, at: number): void {
    if (message.over) return
    this.options.failed(error, message)
    this.finish(message, undefined, failureOf(message, error), at)
  }

  private finish(message: Message, result: unknown, failure: FailedMessage | undefined, at: number): boolean {
    if (message.over) return false
    const lease = message.holder as HeldLease
    const { meter } = this.options.context
    if (meter !== undefined && message.begun) {
      message.ranMs = at - message.startedAt
      meter.runs.add(message.ranMs)
    }
    if (failure !== undefined) lease.addFailed(message, failure)
    else if (result === undefined) lease.addDone(message, undefined)
    else {
      message.result = result
      lease.addDone(message, keepsResultOf(message, result) ? resultOf(message, result) : undefined)
    }
    this.drop(message, lease)
    this.options.tell(lease)
    return true
  }

  private drop(message: Message, lease: HeldLease): void {
    message.over = true
    if (message.begun) this.active--
    else this.waiting--
    lease.remaining--
    if (lease.remaining === 0) this.leases.delete(lease)
    if (this.line.length > 0) this.begin()
  }

  private now(): number {
    if (this.instant < 0) {
      this.instant = this.options.context.clock.elapsed()
      queueMicrotask(this.forgetInstant)
    }
    return this.instant
  }
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
