import type { FailedMessage, Lease, SettleOutcome } from '../brokers/driver-messages'
import { failureOf } from './lender'
import { type Holder, Message, type NackOptions } from './message'
import type { QueueContext } from './queue-context'

/** What is to be told to the broker about one lease. `again`: it was told before, and the answer was lost. */
export interface Told {
  readonly lease: HeldLease
  readonly done: readonly Message[]
  readonly results: ReadonlyMap<string, string> | undefined
  readonly failed: readonly FailedAttempt[]
  /** Some of `done` are children of a parent. */
  readonly children: boolean
  readonly again: boolean
}

export interface FailedAttempt {
  readonly message: Message
  readonly failure: FailedMessage
}

type Settle = (message: Message, result: unknown, failure: FailedMessage | undefined) => boolean

/** The messages of one lease in a worker's hands, and what became of them that the broker does not know yet. */
export class HeldLease implements Holder {
  readonly leaseId: string
  readonly messages: readonly Message[]
  /** By the broker's clock. */
  readonly leasedAt: number
  /** In hand still. */
  remaining: number
  /** Stands in line to be told. */
  queued = false
  private done: Message[] = []
  private failed: FailedAttempt[] = []
  private results: Map<string, string> | undefined
  private children = false
  private again = false

  constructor(
    lease: Lease,
    leaseMs: number,
    readonly context: QueueContext,
    private readonly settle: Settle,
  ) {
    this.leaseId = lease.leaseId
    this.leasedAt = lease.expiresAt - leaseMs
    this.remaining = lease.messages.length
    const messages: Message[] = []
    for (const leased of lease.messages) messages.push(new Message(leased, this))
    this.messages = messages
  }

  addDone(message: Message, result: string | undefined): void {
    this.done.push(message)
    if (message.leased.attributes.parent !== undefined) this.children = true
    if (result !== undefined) {
      this.results ??= new Map()
      this.results.set(message.id, result)
    }
  }

  addFailed(message: Message, failure: FailedMessage): void {
    this.failed.push({ message, failure })
  }

  /** What is to be told now; from here on it is the caller's to tell. */
  take(): Told {
    const told: Told = {
      lease: this,
      done: this.done,
      results: this.results,
      failed: this.failed,
      children: this.children,
      again: this.again,
    }
    this.queued = false
    this.done = []
    this.failed = []
    this.results = undefined
    this.children = false
    this.again = false
    return told
  }

  /** It could not be told, or the answer was lost. */
  putBack({ done, results, children, failed }: Pick<Told, 'done' | 'results' | 'children' | 'failed'>): void {
    this.again = true
    if (children) this.children = true
    this.done = [...done, ...this.done]
    this.failed = [...failed, ...this.failed]
    if (results) this.results = new Map([...results, ...(this.results ?? [])])
  }

  /** A handler may settle its message itself, to choose a delay; what it answers then no longer counts. */
  async ack(message: Message, result: unknown): Promise<SettleOutcome> {
    return this.settle(message, result, undefined) ? 'applied' : 'stale'
  }

  async nack(message: Message, error: unknown, options: NackOptions): Promise<SettleOutcome> {
    return this.settle(message, undefined, failureOf(message, error, options)) ? 'applied' : 'stale'
  }

  extend(leaseMs: number): Promise<boolean> {
    return this.context.driver.extend(this.context.name, this.leaseId, leaseMs)
  }
}
