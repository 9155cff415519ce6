import type { MessageState } from '@shared/model/message'
import type { RedisClient } from '../../clients/redis'
import { listSequence, type Sequence, sortedSequence } from '../element-sequence'

export const queuesKey = 'rq:queues'
export const workersKey = 'rq:workers'
export const queuePrefix = 'rq:queue:'
export const jobKey = (id: string): string => `rq:job:${id}`

/** Every key name of RQ's layout, majors 1 to 3. */
export const keysOf = (queue: string) => ({
  waiting: `${queuePrefix}${queue}`,
  started: `rq:wip:${queue}`,
  failed: `rq:failed:${queue}`,
  finished: `rq:finished:${queue}`,
  scheduled: `rq:scheduled:${queue}`,
  deferred: `rq:deferred:${queue}`,
  canceled: `rq:canceled:${queue}`,
})

/** Where a state's jobs stand; RQ pushes right and pops left. The scores of registries are expiries, but for scheduled ones. */
export function keyOf(queue: string, state: MessageState): string {
  const keys = keysOf(queue)
  switch (state) {
    case 'ready':
      return keys.waiting
    case 'leased':
      return keys.started
    case 'delayed':
      return keys.scheduled
    case 'dead':
      return keys.failed
    case 'done':
      return keys.finished
  }
}

export function sequenceOf(redis: RedisClient, queue: string, state: MessageState): Sequence {
  const key = keyOf(queue, state)
  if (state === 'ready') return listSequence(redis, key, 'left')
  return sortedSequence(redis, key, state === 'dead' || state === 'done' ? 'highest' : 'lowest')
}

/** RQ's own word for a state; null: deferred, canceled or stopped, which are counted under Details. */
export const stateOf = (word: string | null): MessageState | null => (word === null ? null : (states[word] ?? null))

const states: Readonly<Record<string, MessageState>> = {
  queued: 'ready',
  started: 'leased',
  scheduled: 'delayed',
  failed: 'dead',
  finished: 'done',
}
