import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import type { Measure } from '../element-sequence'
import { queueNames } from './discovery'
import { findJobs } from './finding'
import type { FollowedJobs } from './following'
import { parseJobId } from './job-id'
import { setOf } from './keys'
import { listPlace, type Place, placeOf } from './places'
import type { SeenJobs } from './seen-jobs'
import type { FoundJob } from './wanted-jobs'

/** One id, and what was found under it. */
export interface Located {
  readonly id: string
  /** null: not there. */
  readonly at: { readonly place: Place; readonly found: FoundJob; readonly measure: Measure } | null
  /** False: it may stand beyond what was looked through. */
  readonly isSure: boolean
}

/** Lists that are looked through for a job that came out of a set and is not known to have been put back from here. */
const mostLists = 20

/**
 * Finds jobs by queue, state and ids. A job that was brought back out of a set is still that set's when it is asked for as ready:
 * it stands in its queue then.
 */
export class JobLocator {
  constructor(
    private readonly redis: RedisClient,
    readonly seen: SeenJobs,
    private readonly followed: FollowedJobs,
  ) {}

  async locate(queue: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly Located[]> {
    const place = placeOf(this.redis, queue, state)
    if (place) return await this.locateIn(place, ids)
    if (!setOf(queue) || state !== 'ready') return ids.map((id) => ({ id, at: null, isSure: true }))
    return await this.locateBroughtBack(queue.prefix, ids)
  }

  async locateIn(place: Place, ids: readonly string[]): Promise<readonly Located[]> {
    const { jobs, measure, isWhole } = await findJobs(this.redis, place, { ids, seen: this.seen })
    return ids.map((id, index) => {
      const found = jobs[index]
      return { id, at: found ? { place, found, measure } : null, isSure: isWhole }
    })
  }

  private async locateBroughtBack(prefix: string, ids: readonly string[]): Promise<readonly Located[]> {
    const located = new Map<string, Located>()
    const take = async (queue: string, wanted: readonly string[]) => {
      if (wanted.length === 0) return
      for (const each of await this.locateIn(listPlace(this.redis, prefix, queue), wanted))
        if (each.at || !located.has(each.id)) located.set(each.id, each)
    }
    const queueOf = new Map(ids.map((id) => [id, this.followed.queueOf(prefix, parseJobId(id).jid ?? '')]))
    for (const queue of new Set(queueOf.values())) {
      if (queue !== null)
        await take(
          queue,
          ids.filter((id) => queueOf.get(id) === queue),
        )
    }
    const strays = ids.filter((id) => queueOf.get(id) === null)
    const names = strays.length === 0 ? [] : await queueNames(this.redis, prefix)
    for (const name of names.slice(0, mostLists)) {
      await take(
        name,
        strays.filter((id) => !located.get(id)?.at),
      )
    }
    return ids.map((id) => located.get(id) ?? { id, at: null, isSure: true })
  }
}
