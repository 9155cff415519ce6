import type { DriverAbilities } from './driver-abilities'
import type {
  ChildOf,
  DriverStats,
  EnqueueOutcome,
  FailedMessage,
  FinishedBatch,
  LeaseReply,
  LeaseRequest,
  NewMessage,
  PageRequest,
  PurgeState,
  ReplayStep,
  SettleOutcome,
  StoredMessage,
  StoredPage,
  Turn,
} from './driver-messages'

/**
 * The third rung: what the engine works a queue with. Every method is one atomic step per call and item; every list answers
 * item by item in the order given. A Failure of code 'outcome-unknown' says that an answer was lost on its way. What a driver
 * has no ability for is undefined here, with the reason in `abilities`.
 */
export interface Driver {
  /** "redis", "redis-streams", "sqs". */
  readonly name: string
  readonly abilities: DriverAbilities

  /** At most 1,000 messages. A bad one is refused alone; only what makes the whole call impossible is thrown. */
  enqueue(queue: string, messages: readonly NewMessage[]): Promise<readonly EnqueueOutcome[]>

  /** Takes up to `count` ready messages under one lease. Attempts are counted here. */
  lease(queue: string, request: LeaseRequest): Promise<LeaseReply>

  /**
   * Waits at most `waitMs` for something to become ready, and leases it in that moment: for brokers that save a way there and
   * back by it. What was taken when an abort came is still answered.
   */
  leaseWhenReady?(queue: string, request: LeaseRequest, waitMs: number, signal: AbortSignal): Promise<LeaseReply>

  /** Acks `ids` of a lease and takes the next batch, in the same call where the broker can. */
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

  /** Removes messages of one state, at most `limit` a call. */
  purge(
    queue: string,
    state: PurgeState,
    request: { readonly before: string | null; readonly limit: number },
  ): Promise<ReplayStep>

  stats(queue: string): Promise<DriverStats>

  /** Resolves when something may have become ready, or after `waitMs`, or when aborted. Never takes a message. */
  waitForReady(queue: string, waitMs: number, signal: AbortSignal): Promise<void>

  close(): Promise<void>

  readonly dead?: DeadLetterBox
  readonly looking?: Looking
  readonly mending?: Mending
  readonly pausing?: { setPaused(queue: string, paused: boolean): Promise<void> }
  readonly notes?: Notes
  readonly schedules?: Schedules
  readonly families?: Families
  readonly idempotency?: Idempotency
}

export interface DeadLetterBox {
  /** Moves dead letters that died at or before `before` back to ready, at most `limit` a call; `before` is null for "now". */
  replayDead(queue: string, request: { readonly before: string | null; readonly limit: number }): Promise<ReplayStep>
  /** false: not dead (any more). */
  replayIds(queue: string, ids: readonly string[]): Promise<readonly boolean[]>
}

export interface Looking {
  /** By its id, or by the id that its sender chose. undefined: there is no such message. */
  find(queue: string, id: string): Promise<StoredMessage | undefined>
  browse(queue: string, request: PageRequest): Promise<StoredPage>
}

export type MendOutcome =
  | 'applied'
  /** Not there any more, or not in a state in which this can be done. */
  | 'gone'
  /** A worker holds it. */
  | 'leased'
  /** The body is not the one that was seen. */
  | 'changed'

/** Each acts on ready and delayed messages; `edit` on dead ones too. */
export interface Mending {
  cancel(queue: string, ids: readonly string[]): Promise<readonly MendOutcome[]>
  /** Delayed becomes ready now. */
  promoteIds(queue: string, ids: readonly string[]): Promise<readonly MendOutcome[]>
  changePriority(queue: string, ids: readonly string[], priority: number): Promise<readonly MendOutcome[]>
  /** Compares with `seen` before it writes. */
  edit(
    queue: string,
    edit: { readonly id: string; readonly seen: Uint8Array; readonly body: Uint8Array },
  ): Promise<MendOutcome>
}

/** What a handler tells while it works. */
export interface Notes {
  /** JSON; replaces what was told before. false: there is no such message. */
  setProgress(queue: string, id: string, progress: string): Promise<boolean>
  /** The newest 100 lines are kept. */
  addLog(queue: string, id: string, line: string): Promise<boolean>
}

/** A schedule as it is stored: what it enqueues, and when next. When that is, is decided by the engine. */
export interface StoredSchedule {
  readonly key: string
  readonly nextAt: number
  /** The engine's own words about it, JSON. */
  readonly definition: string
}

export interface Schedules {
  /** Replaces a schedule of the same key. */
  put(queue: string, schedule: StoredSchedule): Promise<void>
  /** false: there was none. */
  remove(queue: string, key: string): Promise<boolean>
  list(queue: string): Promise<readonly StoredSchedule[]>
  /** The schedules whose time has come, at most `limit`, the broker's time, and when the next one comes (null: none). */
  due(
    queue: string,
    limit: number,
  ): Promise<{ readonly due: readonly StoredSchedule[]; readonly now: number; readonly nextAt: number | null }>
  /**
   * Enqueues `messages` and moves the schedule on to `nextAt` in one step, if it still stands at `expectedAt`: so that one
   * tick gives one enqueue however many schedulers run. `nextAt` null: it has run for the last time and is removed.
   */
  fire(
    queue: string,
    tick: {
      readonly key: string
      readonly expectedAt: number
      readonly nextAt: number | null
      readonly messages: readonly NewMessage[]
    },
  ): Promise<{ readonly fired: boolean; readonly ids: readonly string[] }>
}

/** A child that ended, told to its parent's queue. */
export interface ChildNotice {
  /** Names the notice, for forget. */
  readonly receipt: string
  readonly parent: ChildOf
  /** JSON, or null for none. */
  readonly result: string | null
}

/** Parents wait for children, in the same queue or another. Notices go by a courier: at least once, and twice does no harm. */
export interface Families {
  /** Notices that children of `queue` left when they were acked, oldest first. */
  notices(queue: string, limit: number): Promise<readonly ChildNotice[]>
  /** Marks children as done at their parents in `queue`; a parent whose last one it was becomes ready. */
  settle(queue: string, notices: readonly ChildNotice[]): Promise<void>
  /** Called when the parents know. */
  forget(queue: string, notices: readonly ChildNotice[]): Promise<void>
  /** Results of the children that are done, by their index, JSON. */
  results(queue: string, parentId: string): Promise<ReadonlyMap<number, string | null>>
}

/** Keys that a handler claims before an effect that must not happen twice. */
export interface Idempotency {
  /** 'claimed': go on, and complete or release it. 'busy': somebody is at it. 'done': it was done, with this result. */
  claim(
    queue: string,
    key: string,
    claim: { readonly owner: string; readonly ttlMs: number },
  ): Promise<
    | { readonly state: 'claimed' }
    | { readonly state: 'busy' }
    | { readonly state: 'done'; readonly result: string | null }
  >
  /** false: the claim ran out and somebody else has it. */
  complete(
    queue: string,
    key: string,
    done: { readonly owner: string; readonly result: string | null; readonly ttlMs: number },
  ): Promise<boolean>
  release(queue: string, key: string, owner: string): Promise<boolean>
}
