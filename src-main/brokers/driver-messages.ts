import type { Failure } from '@shared/failure'
import type { HistoryEvent, MessageError, MessageState } from '@shared/model/message'

/** The values that cross the seam between the engine and a driver. Times are the broker's own, milliseconds since 1970. */

export interface NewMessage {
  /** Bytes, or text that stands for its UTF-8: most bodies are JSON, and a string is cheaper to send. */
  readonly body: Uint8Array | string
  readonly delayMs?: number
  /** Ready at this time of the broker's; instead of delayMs. */
  readonly dueAt?: number
  /** 0 (first) to 9; default 5. */
  readonly priority?: number
  /** Default: the queue's retry policy. */
  readonly maxAttempts?: number
  readonly attributes?: Readonly<Record<string, string>>
  /** Chosen by the caller: while a message of this id exists, another of it is a duplicate. */
  readonly ownId?: string
  /** A second message of the same key within the window is a duplicate, whatever became of the first. */
  readonly dedup?: { readonly key: string; readonly windowMs: number }
  /** Strict order within it, and one in flight. */
  readonly group?: string
  /** Becomes ready when as many children are done; told by settleChild. */
  readonly children?: number
  /** The parent that waits for this one. */
  readonly parent?: ChildOf
}

export interface ChildOf {
  readonly queue: string
  readonly id: string
  /** 0 for the first child. */
  readonly index: number
}

export type EnqueueOutcome =
  | { readonly outcome: 'added'; readonly id: string }
  /** Nothing was added: `id` is the first one's. */
  | { readonly outcome: 'duplicate'; readonly id: string }
  /** This one was refused; the rest of the batch is done. */
  | { readonly outcome: 'failed'; readonly failure: Failure }

export interface LeaseRequest {
  readonly worker: string
  readonly count: number
  readonly leaseMs: number
  /** At most `max` messages of the queue begin in any `perMs`, all workers together. */
  readonly limit?: RateLimit
  /** The same per group. */
  readonly groupLimit?: RateLimit
}

export interface RateLimit {
  readonly max: number
  readonly perMs: number
}

export interface Lease {
  /** Also the fence: never reused, and greater than every one before. */
  readonly leaseId: string
  readonly expiresAt: number
  readonly messages: readonly LeasedMessage[]
}

/** `lease` undefined: none ready, paused, or held back by a limit; then `limitedForMs` says how long. */
export interface LeaseReply {
  readonly lease: Lease | undefined
  readonly limitedForMs: number | undefined
}

export interface LeasedMessage {
  readonly id: string
  readonly body: Uint8Array
  /** 1 for the first. */
  readonly attempt: number
  readonly maxAttempts: number
  readonly enqueuedAt: number
  readonly attributes: Readonly<Record<string, string>>
  readonly group: string | null
  /** The id that the caller chose, if any. */
  readonly ownId: string | null
  /** How often it was replayed from the dead letters. */
  readonly replays: number
}

export interface FinishedBatch {
  readonly leaseId: string
  readonly ids: readonly string[]
  /** Results as JSON by id, for queues that keep what is done. */
  readonly results?: ReadonlyMap<string, string>
  /** How much of what is done stays to be looked at; absent: none. */
  readonly keep?: KeepDone
}

/** The newest `count` of those done within `ageMs`. */
export interface KeepDone {
  readonly count: number
  readonly ageMs: number
}

export interface Turn {
  readonly outcomes: readonly SettleOutcome[]
  readonly next: Lease | undefined
  readonly limitedForMs: number | undefined
}

/** stale: the lease was lost meanwhile; somebody else owns the message now, and nothing was changed. */
export type SettleOutcome = 'applied' | 'stale'

export interface FailedMessage {
  readonly id: string
  readonly error: MessageError
  /** undefined: dead now. */
  readonly retryInMs: number | undefined
}

export interface ReplayStep {
  readonly moved: number
  /** Pass on as `before` to the next call, so that what dies meanwhile is not touched twice; null: nothing left. */
  readonly before: string | null
}

/** null: this broker cannot say. */
export interface DriverStats {
  readonly ready: number | null
  readonly delayed: number | null
  readonly leased: number | null
  readonly dead: number | null
  /** Done and kept. */
  readonly done: number | null
  readonly enqueuedTotal: number | null
  readonly ackedTotal: number | null
  readonly diedTotal: number | null
  readonly replayedTotal: number | null
  /** Attempts that ended badly, died ones included. */
  readonly failedTotal: number | null
  readonly oldestReadyMs: number | null
  readonly paused: boolean | null
  /** The broker itself calls its counts approximate. */
  readonly approximate: boolean
  /** Per group of consumers, where the broker has such. */
  readonly groups: readonly ConsumerGroupStats[]
}

export interface ConsumerGroupStats {
  readonly name: string
  /** Produced and not yet delivered to this group; null: the broker cannot say. */
  readonly lag: number | null
  /** Delivered and not acked. */
  readonly leased: number
}

/** A message as it is stored, for looking at it. */
export interface StoredMessage {
  readonly id: string
  readonly ownId: string | null
  readonly group: string | null
  readonly state: MessageState
  readonly body: Uint8Array
  readonly attributes: Readonly<Record<string, string>>
  readonly priority: number | null
  readonly attempts: number
  readonly maxAttempts: number | null
  readonly replays: number
  readonly enqueuedAt: number | null
  readonly dueAt: number | null
  readonly finishedAt: number | null
  readonly error: MessageError | null
  /** Oldest first, at most 64. */
  readonly history: readonly HistoryEvent[]
  /** JSON. */
  readonly result: string | null
  /** JSON. */
  readonly progress: string | null
  readonly logs: readonly string[]
  /** Children that are not done yet. */
  readonly pendingChildren: number
}

export interface StoredPage {
  readonly items: readonly StoredMessage[]
  readonly nextCursor: string | null
}

export interface PageRequest {
  readonly state: MessageState
  /** From the page before; null for the first. */
  readonly cursor: string | null
  /** 1 to 200. */
  readonly limit: number
}

export type PurgeState = 'ready' | 'delayed' | 'dead' | 'done'
