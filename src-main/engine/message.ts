import type { LeasedMessage, SettleOutcome } from '../brokers/driver'
import { UnrecoverableError } from './outcome'

/** A body that is not JSON will not be JSON the next time. */
export class UnreadableBodyError extends UnrecoverableError {
  override readonly name = 'UnreadableBodyError'
}

export interface NackOptions {
  /** Instead of the policy's delay. */
  readonly delayMs?: number
  /** Dead at once. */
  readonly unrecoverable?: boolean
}

/** What a message needs of the one who leased it. */
export interface Holder {
  readonly leaseId: string
  ack(message: LeasedMessage): Promise<SettleOutcome>
  nack(message: LeasedMessage, error: unknown, options: NackOptions): Promise<SettleOutcome>
  extend(leaseMs: number): Promise<boolean>
}

/** A message in somebody's hands. `data` and `signal` are made when first asked for: most handlers need one, few need both. */
export class Message<Data = unknown> {
  readonly id: string
  readonly body: Uint8Array
  /** 1 for the first. */
  readonly attempt: number
  readonly maxAttempts: number
  /** Milliseconds since 1970 by the server's clock. */
  readonly enqueuedAt: number
  readonly attributes: Readonly<Record<string, string>>
  private parsed: { readonly data: Data } | undefined
  private controller: AbortController | undefined
  private lost: unknown

  constructor(
    private readonly leased: LeasedMessage,
    private readonly holder: Holder,
  ) {
    this.id = leased.id
    this.body = leased.body
    this.attempt = leased.attempt
    this.maxAttempts = leased.maxAttempts
    this.enqueuedAt = leased.enqueuedAt
    this.attributes = leased.attributes
  }

  /** The body read as JSON; throws UnreadableBodyError when it is none. Raw bytes are in `body`. */
  get data(): Data {
    if (!this.parsed) {
      try {
        this.parsed = {
          data: JSON.parse(Buffer.from(this.body.buffer, this.body.byteOffset, this.body.byteLength).toString('utf8')),
        }
      } catch (error) {
        throw new UnreadableBodyError(`The body of message ${this.id} is not JSON.`, { cause: error })
      }
    }
    return this.parsed.data
  }

  get leaseId(): string {
    return this.holder.leaseId
  }

  /** Aborts when the lease is lost (somebody else may be at work on this message) or the worker's grace is over. */
  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController()
      if (this.lost !== undefined) this.controller.abort(this.lost)
    }
    return this.controller.signal
  }

  /** Done: it is gone for good. 'stale': the lease was lost meanwhile, and nothing was changed. */
  ack(): Promise<SettleOutcome> {
    return this.holder.ack(this.leased)
  }

  /** Failed: ready again after the policy's delay, or dead after its last attempt. */
  nack(error: unknown, options: NackOptions = {}): Promise<SettleOutcome> {
    return this.holder.nack(this.leased, error, options)
  }

  /** Holds the whole lease (all messages leased together) for `leaseMs` from now; false: it is lost. */
  extend(leaseMs: number): Promise<boolean> {
    return this.holder.extend(leaseMs)
  }

  /** For the holder: says that this message is no longer in its hands. */
  abort(reason: Error): void {
    this.lost = reason
    this.controller?.abort(reason)
  }
}
