import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { Segment } from '../place-paging'
import { keysOf } from './keys'

/** Where jobs stand, by the names of keys.ts. */
export type SegmentName =
  | 'wait'
  | 'paused'
  | 'active'
  | 'prioritized'
  | 'delayed'
  | 'waitingChildren'
  | 'completed'
  | 'failed'

/** What makes up a state. Workers take from `wait` first and from `prioritized` when that is empty. */
const names: Readonly<Record<MessageState, readonly SegmentName[]>> = {
  ready: ['wait', 'paused', 'prioritized'],
  leased: ['active'],
  delayed: ['delayed'],
  dead: ['failed'],
  done: ['completed'],
}

export function segmentsOf(queue: QueueAddress, state: MessageState): readonly Segment<SegmentName>[] {
  const keys = keysOf(queue)
  return names[state].map((name) => ({
    name,
    key: keys[name],
    kind: name === 'wait' || name === 'paused' || name === 'active' ? 'list' : 'sorted',
    newestFirst: name === 'failed' || name === 'completed',
  }))
}
