import type { Capabilities } from '@shared/model/capability'
import type { ConsumerGroup, PendingPage } from '@shared/model/consumer-group'
import type { DeclarationDraft } from '@shared/model/declaration'
import type { DeclarationPreview } from '@shared/model/declaration-preview'
import type { DetailSection } from '@shared/model/details'
import type { GroupPage } from '@shared/model/group'
import type { MessageDetail, MessagePage, MessageState } from '@shared/model/message'
import type { PeekPrice, PeekState } from '@shared/model/peek'
import type { Layout, QueueAddress } from '@shared/model/queue'
import type { RoutingGraph } from '@shared/model/routing'
import type { Sample } from '@shared/model/sample'
import type { QueueSchedule } from '@shared/model/schedule'
import type { TailPiece } from '@shared/model/tail'
import type { WorkerReport } from '@shared/model/worker'

/**
 * The first rung of the ladder (Reader, Remedies, Driver): a queue that can be watched and looked into. A Reader issues
 * read commands only, asks in bounded pieces, and leaks no client type.
 */
export interface Reader {
  readonly layout: Layout

  /**
   * Finds queues by bounded steps without walking a key space: from registries, listings, and what was named by hand. Calls
   * `found` as they turn up; resolves when all was seen. Layouts whose queues stand in no list have `keys` instead or as well.
   */
  discover(found: (queue: Found) => void, signal: AbortSignal): Promise<void>

  /** How to tell this layout's queues by the names of keys, in the one walk over a Redis that all layouts share. */
  readonly keys?: KeyFamily

  /** The shortest time between two readings, milliseconds; absent: as often as the console samples. For brokers that bill. */
  readonly readEveryMs?: number

  /** One question for many queues: all commands of it are written before the first answer is awaited. Order is kept. */
  read(queues: readonly QueueAddress[]): Promise<readonly Reading[]>

  /**
   * What the broker itself kept of the queue's figures, oldest first, for times at which the console did not watch. Whatever it did
   * not keep is missing or null. Absent: it keeps nothing.
   */
  history?(queue: QueueAddress, range: TimeRange): Promise<readonly Sample[]>

  /** Newest first for dead and done, next in line first for ready, soonest first for delayed. */
  browse(queue: QueueAddress, request: BrowseRequest): Promise<MessagePage>

  /** Throws Failure 'gone' when there is no such message any more. Never pulls a body above wholeBodyLimit. */
  inspect(queue: QueueAddress, id: string): Promise<MessageDetail>

  /** null: not there any more. Order is kept. At most 1,000 ids. */
  states(queue: QueueAddress, ids: readonly string[]): Promise<readonly (MessageState | null)[]>

  capabilities(queue: QueueAddress): Promise<Capabilities>

  /** What the queue enqueues by itself, next first. Absent: the layout has no schedules, or cannot say. */
  schedules?(queue: QueueAddress): Promise<readonly QueueSchedule[]>

  /** Its ordered groups by name. Absent: the layout has no groups, or cannot say. */
  groups?(queue: QueueAddress, request: GroupRequest): Promise<GroupPage>

  /** What else there is to know of a queue, in its system's own words. */
  details?(queue: QueueAddress): Promise<readonly DetailSection[]>

  /** Who takes messages, over all queues of the layout. Absent: nothing reveals them. */
  workers?(): Promise<WorkerReport>

  /** A stream's groups with lag, pending entries and consumers. */
  readonly streaming?: Streaming

  /** Present where looking costs something: browse, inspect and states then answer from what was peeked, and that alone. */
  readonly peeking?: Peeking

  /** What arrives from now on, or from the last `recent` messages on; ends with the signal. Never takes anything. */
  tail?(queue: QueueAddress, request: TailRequest, signal: AbortSignal): AsyncIterable<TailPiece>

  /** What a team's own layout would find now, while it is being written. Only of declared layouts. */
  preview?(draft: DeclarationDraft, name: string | null): Promise<DeclarationPreview>

  /** How messages find their queues. */
  routing?(): Promise<RoutingGraph>
}

/**
 * One layout's part in the shared walk over a key space of millions: `sight` is called with every key name and must be cheap;
 * `prove` tells queues from strangers by read commands.
 */
export interface KeyFamily {
  /**
   * `candidate`: the name could be one of a queue's telltale keys; the text is whatever `prove` needs, the same for all keys of one
   * queue. `mine`: surely this layout's, of no further interest (a job's hash). null: a stranger.
   */
  sight(key: string): { readonly candidate: string } | 'mine' | null
  /**
   * At most 500 distinct candidates a call; answers in their order, nothing for a stranger. A key of another type or out of bounds
   * for this user is a stranger and no error.
   */
  prove(candidates: readonly string[]): Promise<readonly (readonly Found[])[]>
  /** A layout without names of its own takes what no other family claimed, by type: the walk asks TYPE for it. */
  readonly unclaimed?: 'list' | 'stream' | 'zset'
}

export interface Streaming {
  groups(queue: QueueAddress): Promise<readonly ConsumerGroup[]>
  /** Longest idle first is not known to Redis: in the order of ids. `consumer` null: of all. 1 to 200. */
  pending(
    queue: QueueAddress,
    request: {
      readonly group: string
      readonly consumer: string | null
      readonly cursor: string | null
      readonly limit: number
    },
  ): Promise<PendingPage>
}

/** Looking where looking is receiving. Only a person starts it, never a timer. */
export interface Peeking {
  /** Reads only. */
  price(queue: QueueAddress): Promise<PeekPrice>
  /** Pays the price: at most `count` messages (1 to 1,000) are looked at and kept here until the next peek. Throws Failure 'unsupported' when refused. */
  peek(queue: QueueAddress, count: number): Promise<PeekState>
  /** null: nothing was peeked. */
  state(queue: QueueAddress): PeekState | null
  /** Gives back what is still held; what was seen stays readable. */
  release(queue: QueueAddress): Promise<PeekState | null>
}

/** Epoch milliseconds. */
export interface TimeRange {
  readonly from: number
  readonly to: number
}

export interface TailRequest {
  /** 0 to 1,000 messages that are there already, oldest first. */
  readonly recent: number
}

export interface Found {
  readonly address: QueueAddress
  /** "Engine", "BullMQ 6.7.0". */
  readonly product: string
  /** Every key that begins so belongs to this queue ("bull:mail:"), and is no queue of its own. */
  readonly keyBase?: string
  /** Keys of its own by their whole names, where they have no base in common. */
  readonly ownKeys?: readonly string[]
  /** Where this queue's dead letters go, and whose dead letters this one holds. */
  readonly deadLetterQueue?: QueueAddress | null
  readonly deadLetterSources?: readonly QueueAddress[]
}

export interface BrowseRequest {
  readonly state: MessageState
  /** From the page before; null for the first. */
  readonly cursor: string | null
  /** 1 to 200 rows for a screen; up to 1,000 for a plan. */
  readonly limit: number
}

export interface GroupRequest {
  /** From the page before; null for the first. */
  readonly cursor: string | null
  /** 1 to 200. */
  readonly limit: number
}

/** The figures of one queue read once; null means unknown. Totals count since the queue exists and only grow, until a reset. */
export interface Reading {
  readonly ready: number | null
  readonly leased: number | null
  readonly delayed: number | null
  readonly dead: number | null
  readonly done: number | null
  /** Milliseconds by the broker's clock. */
  readonly oldestReadyMs: number | null
  readonly paused: boolean | null
  readonly enqueuedTotal: number | null
  /** Finished well. */
  readonly ackedTotal: number | null
  /** Messages per second where the system tells rates and no totals; totals go first where both are known. */
  readonly inPerSecond?: number | null
  readonly outPerSecond?: number | null
  /** Counts of waits by power-of-two bucket since the queue exists: bucket b holds waits of [2^(b-1), 2^b) ms, bucket 0 those below 1 ms. */
  readonly waitBuckets: readonly number[] | null
  /** Of a stream, so that their lag is known over time. */
  readonly groups?: readonly GroupReading[]
  /** Set when this queue could not be read: the others still are. In words, naming the key. */
  readonly trouble: string | null
}

/** A consumer group's figures, entries; lag null: the server withholds it. */
export interface GroupReading {
  readonly name: string
  readonly lag: number | null
  readonly pending: number
}

/** A reading of which nothing is known, with the reason. */
export const unreadable = (trouble: string): Reading => ({
  ready: null,
  leased: null,
  delayed: null,
  dead: null,
  done: null,
  oldestReadyMs: null,
  paused: null,
  enqueuedTotal: null,
  ackedTotal: null,
  waitBuckets: null,
  trouble,
})
