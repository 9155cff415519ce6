import type { MessageState } from '@shared/model/message'

/** One press on Send, and where its messages stand since. */
export interface SentBatch {
  readonly number: number
  readonly queue: string
  readonly queueName: string
  readonly sentAt: number
  readonly ids: readonly string[]
  /** In the order of `ids`; null: not there any more, undefined: not asked yet. */
  readonly states: readonly (MessageState | null | undefined)[]
}

/** How long a batch is followed after it was sent, milliseconds. */
export const followMs = 120_000

export interface BatchCount {
  readonly state: MessageState | 'gone'
  readonly count: number
}

const order = ['ready', 'delayed', 'leased', 'done', 'dead', 'gone'] as const

/** How many stand where. Gone is not the same as done: the queue may keep nothing of what it finished. */
export function batchCounts({ states }: SentBatch): readonly BatchCount[] {
  return order
    .map((state) => ({ state, count: states.filter((one) => (one === null ? 'gone' : one) === state).length }))
    .filter(({ count }) => count > 0)
}

/** Whether anything can still change. */
export const isSettled = ({ states }: SentBatch): boolean =>
  states.length > 0 && states.every((state) => state === null || state === 'done' || state === 'dead')
