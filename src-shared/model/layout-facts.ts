import type { Ability, Capability } from './capability'
import type { MessageState } from './message'
import type { Metric, Precision } from './sample'
import type { SendFacts } from './send-facts'

export const layoutParts = ['consumer-groups', 'workers', 'details', 'tail'] as const
export type LayoutPart = (typeof layoutParts)[number]

/** What is true of every queue of one layout, in the words of those who use it. */
export interface LayoutFacts {
  /** "Sidekiq", "RabbitMQ". */
  readonly product: string
  readonly broker: 'Redis' | 'SQS' | 'RabbitMQ'
  /** What it calls the space that a queue's name is good in, where it has several in one broker: "vhost". */
  readonly space?: string
  /** What it calls a message: "job", "task", "entry". */
  readonly item: string
  /** Its own word for each state, for tabs and rows: "Failed", "Dead set". null: it has no such state. */
  readonly states: Readonly<Record<MessageState, string | null>>
  /** Its own verb for bringing a dead letter back: "Retry", "Requeue". */
  readonly replay: string
  /** What stays as it was when it is brought back, or edited: absent, as in the engine, all but its place. */
  readonly replayKeeps?: string
  readonly editKeeps?: string
  /** false: what was brought back has another id, so what becomes of it cannot be told. Absent: it can. */
  readonly followsReplays?: boolean
  /** Messages are seen only by a look that costs something: lists show what was looked at. */
  readonly isPeeked?: boolean
  /** How far each figure can be believed. */
  readonly precision: Readonly<Record<Metric, Precision>>
  /** What can be done, before a version, a permission or a setting takes something away; the adapter's answer begins with it. */
  readonly abilities: Readonly<Record<Ability, Capability>>
  /** What a message takes when it is sent; null: none can be. */
  readonly send: SendFacts | null
  /** What its queues can show besides messages, always; what only some have (groups, schedules) is asked for. */
  readonly parts: readonly LayoutPart[]
  /** What only some of its queues have: each is asked. */
  readonly sometimes?: readonly LayoutPart[]
  /** What it cannot tell or may lose, one sentence each: shown beside its queues and in the documentation. */
  readonly limits: readonly string[]
}

/** Where nothing is held back: what a layout cannot do overrides it. */
export const ableToAll: LayoutFacts['abilities'] = {
  replay: { answer: 'yes' },
  edit: { answer: 'yes' },
  discard: { answer: 'yes' },
  purge: { answer: 'yes' },
  restore: { answer: 'yes' },
  send: { answer: 'yes' },
  pause: { answer: 'yes' },
}

/** Each state has a length of its own. */
export const exactCounts = {
  ready: 'exact',
  leased: 'exact',
  delayed: 'exact',
  dead: 'exact',
  done: 'exact',
} as const satisfies Partial<LayoutFacts['precision']>

/** How long messages waited is kept by nobody. */
export const unknownWaits = {
  waitP50Ms: 'unknown',
  waitP95Ms: 'unknown',
  waitP99Ms: 'unknown',
} as const satisfies Partial<LayoutFacts['precision']>
