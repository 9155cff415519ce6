import type { MessageState } from '@shared/model/message'
import type { RedisClient } from '../../clients/redis'
import type { QueueKeys } from './keys'
import { leasedIds } from './paging'
import type { Row } from './rows'
import { existing } from './stored-bodies'

/** Where each message stands; null: there is no such message. One write for all, one more when leases must be looked through. */
export async function locate(
  redis: RedisClient,
  keys: QueueKeys,
  ids: readonly string[],
): Promise<readonly (Row | null)[]> {
  const [there, found] = await Promise.all([
    existing(redis, keys, ids),
    Promise.all(
      ids.map((id) =>
        Promise.all([redis.zscore(keys.dead, id), redis.zscore(keys.delayed, id), redis.zscore(keys.done, id)]),
      ),
    ),
  ])
  const listed = found.some(
    ([dead, delayed, done], index) => dead === null && delayed === null && done === null && there.has(ids[index]!),
  )
  const leased = listed ? await leasedIds(redis, keys) : new Set<string>()
  return found.map(([dead, delayed, done], index): Row | null => {
    const id = ids[index]!
    if (!there.has(id)) return null
    if (dead !== null) return row(id, 'dead', dead)
    if (delayed !== null) return row(id, 'delayed', delayed)
    if (done !== null) return row(id, 'done', done)
    return row(id, leased.has(id) ? 'leased' : 'ready', null)
  })
}

const row = (id: string, state: MessageState, score: string | null): Row => ({
  id,
  state,
  score: score === null ? null : Number(score),
})
