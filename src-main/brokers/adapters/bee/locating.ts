import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import { ask, type Command, listOf, numberOf, textOf } from '../redis-asking'
import { scoresIn } from '../sorted-scores'
import { keysOf } from './keys'

/** Ids of `active` that are looked at; workers hold as many as they have concurrency. */
const activeLimit = 10_000

export interface Located {
  readonly id: string
  readonly state: MessageState
  /** When a delayed job is due; null in every other place. */
  readonly dueAt: number | null
}

/** Where jobs stand now; null: no such job. What exists and stands in no other place is ready: `waiting` is not searched. */
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
    ids.map((id): Command => ['HEXISTS', keys.jobs, id]),
  )
  const [due] = await scoresIn(redis, [keys.delayed], ids)
  const [active, ...ended] = await ask(redis, [
    ['LRANGE', keys.active, 0, activeLimit - 1],
    ...ids.map((id): Command => ['SISMEMBER', keys.failed, id]),
    ...ids.map((id): Command => ['SISMEMBER', keys.succeeded, id]),
  ])
  const held = new Set(listOf(active).map(textOf))
  return ids.map((id, index): Located | null => {
    if (numberOf(existing[index]) !== 1) return null
    const at = (state: MessageState, dueAt: number | null = null): Located => ({ id, state, dueAt })
    if (numberOf(ended[ids.length + index]) === 1) return at('done')
    if (numberOf(ended[index]) === 1) return at('dead')
    if (held.has(id)) return at('leased')
    const score = due?.[index] ?? null
    return score === null ? at('ready') : at('delayed', score)
  })
}
