import type { Capabilities } from '@shared/model/capability'
import type { GroupPage } from '@shared/model/group'
import type { MessageDetail, MessagePage, MessageState } from '@shared/model/message'
import type { Layout, QueueAddress } from '@shared/model/queue'
import type { QueueSchedule } from '@shared/model/schedule'

/**
 * The first rung of the ladder (Reader, Remedies, Driver): a queue that can be watched and looked into. A Reader issues
 * read commands only, asks in bounded pieces, and leaks no client type.
 */
export interface Reader {
  readonly layout: Layout

  /** Finds queues by bounded steps, calling `found` as they turn up; resolves when the whole key space was seen. */
  discover(found: (queue: Found) => void, signal: AbortSignal): Promise<void>

  /** One question for many queues: all commands of it are written before the first answer is awaited. Order is kept. */
  read(queues: readonly QueueAddress[]): Promise<readonly Reading[]>

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
}

export interface Found {
  readonly address: QueueAddress
  /** "Engine", "BullMQ 6.7.0". */
  readonly product: string
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
  /** Counts of waits by power-of-two bucket since the queue exists: bucket b holds waits of [2^(b-1), 2^b) ms, bucket 0 those below 1 ms. */
  readonly waitBuckets: readonly number[] | null
  /** Set when this queue could not be read: the others still are. In words, naming the key. */
  readonly trouble: string | null
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
