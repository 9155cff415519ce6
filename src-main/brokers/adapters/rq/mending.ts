import type { MessageState } from '@shared/model/message'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import type { ItemOutcome, Snapshot } from '../../remedies'
import { eachOf } from '../item-by-item'
import { ask, brokerTime, type Command, numberOf, textOf } from '../redis-asking'
import { jobKeys, keysOf, queuesKey, registryOf } from './keys'
import { deleteJob, requeueJob, restoreJob } from './scripts'
import { restoreCall } from './snapshots'

/** zlib of nothing: what RQ leaves where an error was. */
const noError = Buffer.from('789c030000000001', 'hex')
/** What a queue gives a job that has none; seconds. Source: queue.py. */
const defaultTimeout = 180

/** As RQ's own requeue: status, times and error are reset, and the job goes to the end of the queue that it came from. */
export async function requeueJobs(
  redis: RedisClient,
  queue: string,
  { ids, clock }: { readonly ids: readonly string[]; readonly clock: Clock },
): Promise<readonly ItemOutcome[]> {
  const now = new Date(await brokerTime(redis, clock)).toISOString().replace('Z', '000Z')
  const origins = await ask(
    redis,
    ids.map((id): Command => ['HGET', jobKeys(id).job, 'origin']),
  )
  return await eachOf(redis, requeueJob, {
    ids,
    call(id, index) {
      const { job, dependents, dependencies } = jobKeys(id)
      const origin = textOf(origins[index]) || queue
      return {
        keys: [keysOf(queue).failed, job, dependents, dependencies, keysOf(origin).list, queuesKey],
        args: [id, origin, now, noError, defaultTimeout],
      }
    },
    outcome(id, answer): ItemOutcome {
      switch (numberOf(answer)) {
        case 1:
          return { id, outcome: 'applied' }
        case -1:
          return { id, outcome: 'failed', reason: 'its hash is gone: only its id is left among the failed jobs' }
        case -2:
          return { id, outcome: 'changed', reason: 'it belongs to another queue by now' }
        default:
          return { id, outcome: 'gone' }
      }
    },
  })
}

/** As RQ's own delete: the job's hash and what it waits for go with it; what was written down of its runs expires by itself. */
export async function deleteJobs(
  redis: RedisClient,
  queue: string,
  { state, ids }: { readonly state: MessageState; readonly ids: readonly string[] },
): Promise<readonly ItemOutcome[]> {
  const registry = registryOf(state)
  const place = registry === null ? keysOf(queue).list : keysOf(queue)[registry]
  return await eachOf(redis, deleteJob, {
    ids,
    call(id) {
      const { job, dependents, dependencies } = jobKeys(id)
      return { keys: [place, job, dependents, dependencies], args: [id, registry === null ? 'list' : 'zset'] }
    },
    outcome(id, answer): ItemOutcome {
      const code = numberOf(answer)
      if (code === 1) return { id, outcome: 'applied' }
      if (code === 0) return { id, outcome: 'gone' }
      return { id, outcome: 'failed', reason: 'it holds a place of a rate limit, which only RQ can give back' }
    },
  })
}

/** What stood in line goes behind what waits there now. */
export const restoreJobs = (
  redis: RedisClient,
  queue: string,
  snapshots: readonly Snapshot[],
): Promise<readonly ItemOutcome[]> =>
  eachOf(redis, restoreJob, {
    ids: snapshots.map(({ id }) => id),
    call: (_, index) => restoreCall(queue, snapshots[index]!),
    outcome(id, answer): ItemOutcome {
      const code = numberOf(answer)
      if (code === 1) return { id, outcome: 'applied' }
      return code === 0
        ? { id, outcome: 'changed', reason: 'its id is in use again' }
        : { id, outcome: 'failed', reason: 'RQ would have forgotten it by now' }
    },
  })
