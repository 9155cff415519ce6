import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import { listSequence, type Sequence, sortedSequence } from '../element-sequence'
import { listKey, type SetName, setKey, setOf, stateOfSet } from './keys'

/** One list or sorted set of jobs, all in one state. */
export interface Place {
  readonly key: string
  readonly type: 'list' | 'zset'
  readonly state: MessageState
  readonly sequence: Sequence
  /** Of a list, the queue's name; null of a set. */
  readonly queue: string | null
}

/** Next in line first. */
export function listPlace(redis: RedisClient, prefix: string, queue: string): Place {
  const key = listKey(prefix, queue)
  return { key, type: 'list', state: 'ready', sequence: listSequence(redis, key, 'right'), queue }
}

/** Newest death first; soonest first of what waits for its time. */
export function setPlace(redis: RedisClient, prefix: string, set: SetName): Place {
  const key = setKey(prefix, set)
  const from = set === 'dead set' ? 'highest' : 'lowest'
  return { key, type: 'zset', state: stateOfSet(set), sequence: sortedSequence(redis, key, from), queue: null }
}

/** Where the jobs of one state of a queue or set stand; null: it has no such state, or workers hold them. */
export function placeOf(redis: RedisClient, queue: QueueAddress, state: MessageState): Place | null {
  const set = setOf(queue)
  const place = set ? setPlace(redis, queue.prefix, set) : listPlace(redis, queue.prefix, queue.name)
  return place.state === state ? place : null
}
