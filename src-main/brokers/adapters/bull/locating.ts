import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import type { Place, Segment } from '../place-paging'
import { ask, type Command, listOf, numberOf, textOf } from '../redis-asking'
import { scoresIn } from '../sorted-scores'
import { jobKeyOf, keysOf } from './keys'

export type SegmentName = 'wait' | 'paused' | 'active' | 'delayed' | 'failed' | 'completed'

const names: Readonly<Record<MessageState, readonly SegmentName[]>> = {
  ready: ['wait', 'paused'],
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

/** Ids of `active` that are looked at; workers hold as many as they have concurrency. */
const activeLimit = 10_000

export interface Located {
  readonly state: MessageState
  readonly place: Place<SegmentName>
}

/**
 * Where jobs stand now; null: no such job. What exists and stands in no other place is ready: `wait` is not searched, it may be
 * long.
 */
export async function locate(
  redis: RedisClient,
  queue: QueueAddress,
  ids: readonly string[],
): Promise<readonly (Located | null)[]> {
  if (ids.length === 0) return []
  const keys = keysOf(queue)
  // In the direction in which jobs move, so that one on its way is met at its new place.
  const existing = await ask(
    redis,
    ids.map((id): Command => ['EXISTS', jobKeyOf(queue, id)]),
  )
  const [active] = await ask(redis, [['LRANGE', keys.active, 0, activeLimit - 1]])
  const held = new Set(listOf(active).map(textOf))
  const [delayed, failed, completed] = await scoresIn(redis, [keys.delayed, keys.failed, keys.completed], ids)
  return ids.map((id, index): Located | null => {
    const at = (segment: SegmentName, score: number | null): Place<SegmentName> => ({ id, segment, score })
    const [done, dead, due] = [completed?.[index] ?? null, failed?.[index] ?? null, delayed?.[index] ?? null]
    if (done !== null) return { state: 'done', place: at('completed', done) }
    if (dead !== null) return { state: 'dead', place: at('failed', dead) }
    if (due !== null) return { state: 'delayed', place: at('delayed', due) }
    if (held.has(id)) return { state: 'leased', place: at('active', null) }
    return numberOf(existing[index]) === 1 ? { state: 'ready', place: at('wait', null) } : null
  })
}
