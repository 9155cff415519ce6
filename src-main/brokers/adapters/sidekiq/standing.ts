import type { MessageDetail, MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import { type BusyJobs, idOf } from './busy'
import type { FollowedJobs } from './following'
import { parseJobId } from './job-id'
import { setOf, stateOfSet } from './keys'
import type { JobLocator, Located } from './locating'
import { openedJob } from './opened-job'
import { listPlace } from './places'

export interface Standing {
  readonly redis: RedisClient
  readonly busy: BusyJobs
  readonly followed: FollowedJobs
  readonly locator: JobLocator
}

/** A job in full, wherever it stands: in the list or set, in the queue that it was brought back into from here, or with a worker. */
export async function whereIs(
  { redis, busy, followed, locator }: Standing,
  queue: QueueAddress,
  id: string,
): Promise<MessageDetail | null> {
  const set = setOf(queue)
  const [own] = await locator.locate(queue, set ? stateOfSet(set) : 'ready', [id])
  if (own?.at) return opened(own)
  const { jid } = parseJobId(id)
  const broughtTo = set && jid !== null ? followed.queueOf(queue.prefix, jid) : null
  if (broughtTo !== null) {
    const [ready] = await locator.locateIn(listPlace(redis, queue.prefix, broughtTo), [id])
    if (ready?.at) return opened(ready)
  }
  if (set && broughtTo === null) return null
  const held = await busy.of(queue.prefix, broughtTo ?? queue.name)
  const job = held.find((each) => idOf(each) === id)?.job
  return job ? openedJob({ id, job, state: 'leased', score: null }) : null
}

function opened({ id, at }: Located): MessageDetail | null {
  if (!at) return null
  const { place, found } = at
  return openedJob({
    id,
    job: found.job,
    state: place.state,
    score: found.score === null ? null : Number(found.score),
  })
}

/** What was put in line from here is followed through lists, sets and workers; all else is looked for where it is asked for. */
export async function statesOf(
  { busy, followed, locator }: Standing,
  queue: QueueAddress,
  ids: readonly string[],
): Promise<readonly (MessageState | null)[]> {
  const set = setOf(queue)
  const jids = ids.map((id) => parseJobId(id).jid ?? '')
  const known = await followed.states(queue.prefix, jids)
  const others = ids.filter((_, index) => !known.has(jids[index]!))
  const located = await locator.locate(queue, set ? stateOfSet(set) : 'ready', others)
  const states = new Map<string, MessageState | null>(located.map(({ id, at }) => [id, at ? at.place.state : null]))
  if (!set && others.some((id) => states.get(id) === null)) {
    for (const held of await busy.of(queue.prefix, queue.name)) {
      const id = idOf(held)
      if (states.get(id) === null) states.set(id, 'leased')
    }
  }
  return ids.map((id, index) => known.get(jids[index]!) ?? states.get(id) ?? null)
}
