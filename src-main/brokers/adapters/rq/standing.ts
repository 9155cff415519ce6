import type { MessageState } from '@shared/model/message'
import type { RedisClient } from '../../clients/redis'
import { ask, type Command, listOf, textOf } from '../redis-asking'
import { scoresIn } from '../sorted-scores'
import { jobKeys, keysOf } from './keys'

export interface Standing {
  readonly state: MessageState
  /** Of its registry, seconds. */
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

const byRegistry = ['failed', 'finished', 'scheduled', 'started'] as const
const stateOfRegistry = { failed: 'dead', finished: 'done', scheduled: 'delayed', started: 'leased' } as const

/**
 * Where jobs of a queue stand, in the order of the ids: in the registry that their status names, else in any; what is queued or
 * started is so by its status, since a list of millions cannot be searched and executions have keys of their own. null: not here.
 */
export async function standingsOf(
  redis: RedisClient,
  queue: string,
  ids: readonly string[],
): Promise<readonly (Standing | null)[]> {
  if (ids.length === 0) return []
  const keys = keysOf(queue)
  const [hashes, scores] = await Promise.all([
    ask(
      redis,
      ids.map((id): Command => ['HMGET', jobKeys(id).job, 'status', 'origin']),
    ),
    scoresIn(
      redis,
      byRegistry.map((name) => keys[name]),
      ids,
    ),
  ])
  return ids.map((_, index) => {
    const [status, origin] = listOf(hashes[index]).map(textOf)
    const told = stateOfStatus[status ?? ''] ?? null
    const found = byRegistry.flatMap((name, at): readonly Standing[] => {
      const score = scores[at]![index]
      return score === null || score === undefined ? [] : [{ state: stateOfRegistry[name], score }]
    })
    const agreed = found.find(({ state }) => state === told) ?? found[0]
    if (agreed) return agreed
    const isHere = origin === queue && (told === 'ready' || told === 'leased')
    return isHere ? { state: told, score: null } : null
  })
}
