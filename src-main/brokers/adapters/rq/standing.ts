import type { MessageState } from '@shared/model/message'
import type { RedisClient } from '../../clients/redis'
import { ask, type Command, listOf, numberOf, textOf } from '../redis-asking'
import { jobKeys, keysOf, type RegistryName } from './keys'

export interface Standing {
  readonly state: MessageState
  /** Of its registry, seconds; infinite: for ever. */
  readonly score: number | null
}

/** RQ's own words for where a job is; `deferred`, `canceled` and others are none of the states that are browsed. */
const stateOfStatus: Readonly<Record<string, MessageState>> = {
  queued: 'ready',
  started: 'leased',
  scheduled: 'delayed',
  failed: 'dead',
  stopped: 'dead',
  finished: 'done',
}

const registries = {
  dead: 'failed',
  done: 'finished',
  delayed: 'scheduled',
  leased: 'started',
} as const satisfies Partial<Record<MessageState, RegistryName>>

type RegisteredState = keyof typeof registries

/**
 * Where jobs of a queue stand, in the order of the ids: where their status says, if its registry agrees; without a status in
 * whatever registry there is. What is queued or started is so by its status alone: a list of millions cannot be searched, and
 * executions have names of their own since 2.0. null: not here.
 */
export async function standingsOf(
  redis: RedisClient,
  queue: string,
  ids: readonly string[],
): Promise<readonly (Standing | null)[]> {
  const keys = keysOf(queue)
  const told = (
    await ask(
      redis,
      ids.map((id): Command => ['HMGET', jobKeys(id).job, 'status', 'origin']),
    )
  ).map((hash) => {
    const [status, origin] = listOf(hash).map(textOf)
    return { hasStatus: status !== null && status !== undefined, state: stateOfStatus[status ?? ''] ?? null, origin }
  })
  const looked = told.map(({ hasStatus, state }): readonly RegisteredState[] => {
    if (!hasStatus) return ['dead', 'done', 'delayed', 'leased']
    return state === null || state === 'ready' ? [] : [state]
  })
  const scores = await ask(
    redis,
    ids.flatMap((id, index) => looked[index]!.map((state): Command => ['ZSCORE', keys[registries[state]], id])),
  )
  let at = 0
  return told.map(({ state, origin }, index) => {
    const own = looked[index]!
    const found = own
      .map((each, offset) => ({ state: each, score: scoreOf(scores[at + offset]) }))
      .find(({ score }) => score !== null)
    at += own.length
    if (found) return found
    return origin === queue && (state === 'ready' || state === 'leased') ? { state, score: null } : null
  })
}

/** Redis writes what never comes as "inf". */
export function scoreOf(value: unknown): number | null {
  const text = textOf(value)
  if (text === 'inf' || text === '+inf') return Number.POSITIVE_INFINITY
  return numberOf(value)
}
