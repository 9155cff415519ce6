import { Failure } from '@shared/failure'
import type { LeasedMessage, SettleOutcome } from '../brokers/driver-messages'
import { partOf } from './abilities'
import { type OnceOptions, runOnce } from './once'
import { UnrecoverableError } from './outcome'
import type { QueueContext } from './queue-context'

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

/** @internal What a message needs of the one who leased it. */
export interface Holder {
  readonly leaseId: string
  readonly context: QueueContext
  ack(message: Message, result: unknown): Promise<SettleOutcome>
  nack(message: Message, error: unknown, options: NackOptions): Promise<SettleOutcome>
  extend(leaseMs: number): Promise<boolean>
}

const unread = Symbol('unread')

/** A message in somebody's hands. `data` and `signal` are made when first asked for: most handlers need one, few need both. */
export class Message<Data = unknown> {
  /** @internal Settled, given back or lost: whatever its handler does from here on counts no more. */
  over = false
  /** @internal In a handler, not only leased ahead of one. */
  begun = false
  /** @internal By the clock's elapsed(). */
  startedAt = 0
  /** @internal */
  ranMs = 0
  /** @internal What its handler made, for whoever listens. */
  result: unknown = undefined
  private value: unknown = unread
  private controller: AbortController | undefined
  private lost: unknown

  /** @internal */
  constructor(
    /** @internal */
    readonly leased: LeasedMessage,
    /** @internal */
    readonly holder: Holder,
  ) {}

  get id(): string {
    return this.leased.id
  }

  get queue(): string {
    return this.holder.context.name
  }

  get body(): Uint8Array {
    return this.leased.body
  }

  /** 1 for the first. */
  get attempt(): number {
    return this.leased.attempt
  }

  get maxAttempts(): number {
    return this.leased.maxAttempts
  }

  /** Milliseconds since 1970 by the broker's clock. */
  get enqueuedAt(): number {
    return this.leased.enqueuedAt
  }

  get attributes(): Readonly<Record<string, string>> {
    return this.leased.attributes
  }

  get group(): string | null {
    return this.leased.group
  }

  /** The id that its sender chose, if any. */
  get ownId(): string | null {
    return this.leased.ownId
  }

  /** How often it was replayed from the dead letters. */
  get replays(): number {
    return this.leased.replays
  }

  get leaseId(): string {
    return this.holder.leaseId
  }

  /** The body read as JSON, and what the queue's schema made of it; throws UnreadableBodyError when it is none. Raw bytes are in `body`. */
  get data(): Data {
    if (this.value === unread) this.value = this.parse()
    return this.value as Data
  }

  /** Aborts when the lease is lost (somebody else may be at work on this message), the attempt's time or the worker's grace is over. */
  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController()
      if (this.lost !== undefined) this.controller.abort(this.lost)
    }
    return this.controller.signal
  }

  /** Done. `result` (a JSON value) is kept where the queue keeps what is done, or a parent waits. 'stale': the lease was lost meanwhile, and nothing was changed. */
  ack(result?: unknown): Promise<SettleOutcome> {
    return this.holder.ack(this as Message, result)
  }

  /** Failed: ready again after the policy's delay, or dead after its last attempt. */
  async nack(error: unknown, options: NackOptions = {}): Promise<SettleOutcome> {
    const { delayMs } = options
    if (delayMs !== undefined && !(delayMs >= 0 && Number.isFinite(delayMs)))
      throw new Failure({
        code: 'bad-input',
        message: `Queue ${this.queue}: message ${this.id} cannot be tried again in ${delayMs} ms: a delay is 0 or more.`,
        subject: this.id,
      })
    return this.holder.nack(this as Message, error, options)
  }

  /** Holds the whole lease (all messages leased together) for `leaseMs` from now; false: it is lost. */
  extend(leaseMs: number): Promise<boolean> {
    return this.holder.extend(leaseMs)
  }

  /** Tells how far the work is, as a JSON value; replaces what was told before. false: the message is gone. */
  async progress(value: unknown): Promise<boolean> {
    const { name, driver } = this.holder.context
    const notes = partOf(driver, driver.notes, { ability: 'progress', queue: name, act: 'keep progress' })
    return notes.setProgress(name, this.id, JSON.stringify(value) ?? 'null')
  }

  /** Adds a line to the message's log, of which the newest 100 are kept. false: the message is gone. */
  async log(line: string): Promise<boolean> {
    const { name, driver } = this.holder.context
    const notes = partOf(driver, driver.notes, { ability: 'progress', queue: name, act: 'keep log lines' })
    return notes.addLog(name, this.id, String(line).slice(0, longestLine))
  }

  /** Of a parent: what its children gave to ack, in their order; undefined where one gave nothing. */
  async children<Result = unknown>(): Promise<readonly (Result | undefined)[]> {
    const { name, driver } = this.holder.context
    const families = partOf(driver, driver.families, { ability: 'families', queue: name, act: 'keep families' })
    const results: (Result | undefined)[] = []
    for (const [index, result] of await families.results(name, this.id))
      results[index] = result === null ? undefined : JSON.parse(result)
    return Array.from(results)
  }

  /** Runs `act` if no other has, under this key of the queue; see Queue.once. */
  once<Result>(key: string, act: () => Promise<Result> | Result, options?: OnceOptions): Promise<Result> {
    return runOnce(this.holder.context, key, act, options)
  }

  /** @internal Says that this message is no longer in its holder's hands. */
  abort(reason: Error): void {
    this.lost ??= reason
    this.controller?.abort(reason)
  }

  /** @internal What the schema made of the data. */
  accept(data: unknown): void {
    this.value = data
  }

  private parse(): unknown {
    const { body, id } = this.leased
    try {
      const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
      return JSON.parse(bytes.toString('utf8'))
    } catch (error) {
      throw new UnreadableBodyError(`The body of message ${id} is not JSON.`, { cause: error })
    }
  }
}

const longestLine = 8_192
