import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import type { Place } from '../place-paging'
import { ask, type Command, listOf, numberOf, textOf } from '../redis-asking'
import { scoresIn } from '../sorted-scores'
import { baseOf, keysOf } from './keys'
import type { SegmentName } from './segments'

/** Ids of `active` that are looked at; BullMQ's workers hold as many as they have concurrency. */
const activeLimit = 10_000

export interface Located {
  readonly state: MessageState
  readonly place: Place<SegmentName>
}

/**
 * Where jobs stand now; null: no such job. Asked in the direction in which jobs move, so that one on its way is met at
 * its new place. What exists and stands in no other place is ready: `wait` is not searched, it may be long. A job that
 * waits for its children counts as delayed here: it lives, and nobody can take it yet.
 */
export async function locate(
  redis: RedisClient,
  queue: QueueAddress,
  ids: readonly string[],
): Promise<readonly (Located | null)[]> {
  if (ids.length === 0) return []
  const keys = keysOf(queue)
  const existing = await ask(
    redis,
    ids.map((id): Command => ['EXISTS', `${baseOf(queue)}${id}`]),
  )
  const [active] = await ask(redis, [['LRANGE', keys.active, 0, activeLimit - 1]])
  const held = new Set(listOf(active).map(textOf))
  const scores = await sortedScores(redis, queue, ids)
  return ids.map((id, index) => {
    for (const { segment, state, found } of scores) {
      const score = found[index]
      if (score !== null && score !== undefined) return { state, place: { id, segment, score } }
    }
    if (held.has(id)) return { state: 'leased', place: { id, segment: 'active', score: null } }
    return numberOf(existing[index]) === 1 ? { state: 'ready', place: { id, segment: 'wait', score: null } } : null
  })
}

interface SegmentScores {
  readonly segment: SegmentName
  readonly state: MessageState
  readonly found: readonly (number | null)[]
}

async function sortedScores(
  redis: RedisClient,
  queue: QueueAddress,
  ids: readonly string[],
): Promise<readonly SegmentScores[]> {
  const keys = keysOf(queue)
  const sets: readonly { readonly key: string; readonly segment: SegmentName; readonly state: MessageState }[] = [
    { key: keys.prioritized, segment: 'prioritized', state: 'ready' },
    { key: keys.delayed, segment: 'delayed', state: 'delayed' },
    { key: keys.waitingChildren, segment: 'waitingChildren', state: 'delayed' },
    { key: keys.failed, segment: 'failed', state: 'dead' },
    { key: keys.completed, segment: 'completed', state: 'done' },
  ]
  const rows = await scoresIn(
    redis,
    sets.map(({ key }) => key),
    ids,
  )
  // Later states first: a job that was met twice has moved on.
  return sets
    .map(({ segment, state }, at) => ({
      segment,
      state,
      found: rows[at]!,
    }))
    .reverse()
}
