/**
 * The third rung: what the engine works a queue with. Times are the broker's own, milliseconds since 1970. Every method is
 * one atomic step per call; every list answers item by item in the order given.
 */
export interface Driver {
  enqueue(queue: string, messages: readonly NewMessage[]): Promise<readonly string[]>

  /** Takes up to `count` ready messages under one lease. undefined: none ready, or paused. Attempts are counted here. */
  lease(queue: string, request: LeaseRequest): Promise<Lease | undefined>

  /** Acks `ids` of a lease and takes the next batch in the same call. */
  turn(queue: string, finished: FinishedBatch, request: LeaseRequest): Promise<Turn>

  ack(queue: string, finished: FinishedBatch): Promise<readonly SettleOutcome[]>
  nack(queue: string, leaseId: string, failures: readonly FailedMessage[]): Promise<readonly SettleOutcome[]>

  /** false: the lease is no longer held. */
  extend(queue: string, leaseId: string, leaseMs: number): Promise<boolean>

  /** Moves due messages to ready; answers how many, at most `limit`, and when the next is due (null: none). */
  promote(queue: string, limit: number): Promise<{ readonly moved: number; readonly nextDueAt: number | null }>

  /** Takes back expired leases: each message becomes ready again or, past its attempts, dead. */
  recover(
    queue: string,
    limit: number,
  ): Promise<{ readonly requeued: number; readonly died: number; readonly nextExpiryAt: number | null }>

  /** Moves dead letters that died at or before `before` back to ready, at most `limit` a call; `before` is null for "now". */
  replayDead(queue: string, request: { readonly before: string | null; readonly limit: number }): Promise<ReplayStep>
  replayIds(queue: string, ids: readonly string[]): Promise<readonly boolean[]>

  /** Removes messages of one state, at most `limit` a call. */
  purge(
    queue: string,
    state: PurgeState,
    request: { readonly before: string | null; readonly limit: number },
  ): Promise<ReplayStep>

  stats(queue: string): Promise<DriverStats>
  setPaused(queue: string, paused: boolean): Promise<void>

  /** Resolves when something may have become ready, or after `waitMs`, or when aborted. Never takes a message. */
  waitForReady(queue: string, waitMs: number, signal: AbortSignal): Promise<void>

  close(): Promise<void>
}

export type PurgeState = 'ready' | 'delayed' | 'dead'

export interface NewMessage {
  readonly body: Uint8Array
  readonly delayMs?: number
  /** 0 (first) to 9; default 5. */
  readonly priority?: number
  /** Default: the queue's retry policy. */
  readonly maxAttempts?: number
  readonly attributes?: Readonly<Record<string, string>>
}

export interface LeaseRequest {
  readonly worker: string
  readonly count: number
  readonly leaseMs: number
}

export interface Lease {
  /** Also the fence: never reused, and greater than every one before. */
  readonly leaseId: string
  readonly expiresAt: number
  readonly messages: readonly LeasedMessage[]
}

export interface LeasedMessage {
  readonly id: string
  readonly body: Uint8Array
  /** 1 for the first. */
  readonly attempt: number
  readonly maxAttempts: number
  readonly enqueuedAt: number
  readonly attributes: Readonly<Record<string, string>>
}

export interface FinishedBatch {
  readonly leaseId: string
  readonly ids: readonly string[]
}

export interface Turn {
  readonly outcomes: readonly SettleOutcome[]
  readonly next: Lease | undefined
}

/** stale: the lease was lost meanwhile; somebody else owns the message now, and nothing was changed. */
export type SettleOutcome = 'applied' | 'stale'

export interface FailedMessage {
  readonly id: string
  readonly error: { readonly name: string; readonly message: string; readonly stack: string | null }
  /** undefined: dead now. */
  readonly retryInMs: number | undefined
}

export interface ReplayStep {
  readonly moved: number
  /** Pass on as `before` to the next call, so that what dies meanwhile is not touched twice; null: nothing left. */
  readonly before: string | null
}

export interface DriverStats {
  readonly ready: number
  readonly delayed: number
  readonly leased: number
  readonly dead: number
  readonly enqueuedTotal: number
  readonly ackedTotal: number
  readonly diedTotal: number
  readonly replayedTotal: number
  readonly oldestReadyMs: number | null
  readonly paused: boolean
}
