import type { MessageState } from '@shared/model/message'
import type { Segment } from '../place-paging'

export const queuesKey = 'asynq:queues'
export const serversKey = 'asynq:servers'
export const workersKey = 'asynq:workers'

/** Every key name of asynq's layout, as of 0.26. The braces keep a queue in one slot of a cluster. */
export function keysOf(queue: string) {
  const base = `asynq:{${queue}}:`
  return {
    base,
    pending: `${base}pending`,
    active: `${base}active`,
    lease: `${base}lease`,
    scheduled: `${base}scheduled`,
    retry: `${base}retry`,
    archived: `${base}archived`,
    completed: `${base}completed`,
    paused: `${base}paused`,
    groups: `${base}groups`,
    processed: `${base}processed`,
    failed: `${base}failed`,
  }
}

export const taskKey = (queue: string, id: string): string => `asynq:{${queue}}:t:${id}`

export type SegmentName = 'pending' | 'active' | 'scheduled' | 'retry' | 'archived' | 'completed'

/** Where the tasks of a state stand; tasks that wait for their next try are delayed like those that were scheduled. */
export function segmentsOf(queue: string, state: MessageState): readonly Segment<SegmentName>[] {
  const keys = keysOf(queue)
  switch (state) {
    case 'ready':
      return [{ name: 'pending', key: keys.pending, kind: 'list' }]
    case 'leased':
      return [{ name: 'active', key: keys.active, kind: 'list' }]
    case 'delayed':
      return [
        { name: 'retry', key: keys.retry, kind: 'sorted' },
        { name: 'scheduled', key: keys.scheduled, kind: 'sorted' },
      ]
    case 'dead':
      return [{ name: 'archived', key: keys.archived, kind: 'sorted', newestFirst: true }]
    case 'done':
      return [{ name: 'completed', key: keys.completed, kind: 'sorted', newestFirst: true }]
  }
}

/** asynq's own word for a state, as it stands in a task's hash; null: it waits in a group to be joined, or is unknown. */
export const stateOf = (word: string | null): MessageState | null => (word === null ? null : (states[word] ?? null))

const states: Readonly<Record<string, MessageState>> = {
  pending: 'ready',
  active: 'leased',
  scheduled: 'delayed',
  retry: 'delayed',
  archived: 'dead',
  completed: 'done',
}
