import type { MessageState } from '@shared/model/message'
import type { RedisClient } from '../../clients/redis'
import type { ItemOutcome, Snapshot } from '../../remedies'
import { eachOf } from '../item-by-item'
import { ask, type Command, listOf, numberOf, textOf } from '../redis-asking'
import { jobKey, keyOf, keysOf, queuesKey } from './keys'
import { deleteJob, requeue, restoreJob } from './scripts'

const resultsKey = (id: string): string => `rq:results:${id}`

export const requeueJobs = (
  redis: RedisClient,
  { queue, ids, now }: { readonly queue: string; readonly ids: readonly string[]; readonly now: number },
): Promise<readonly ItemOutcome[]> => {
  const keys = keysOf(queue)
  return eachOf(redis, requeue, {
    ids,
    call: (id) => ({ keys: [keys.failed, jobKey(id), keys.waiting, queuesKey], args: [id, pythonTime(now)] }),
    outcome: (id, answer) => ({ id, outcome: numberOf(answer) === 1 ? 'applied' : 'gone' }),
  })
}

const words: Readonly<Record<Exclude<MessageState, 'leased'>, string>> = {
  ready: 'queued',
  delayed: 'scheduled',
  dead: 'failed',
  done: 'finished',
}

export const deleteJobs = (
  redis: RedisClient,
  {
    queue,
    state,
    ids,
  }: { readonly queue: string; readonly state: Exclude<MessageState, 'leased'>; readonly ids: readonly string[] },
): Promise<readonly ItemOutcome[]> =>
  eachOf(redis, deleteJob, {
    ids,
    call: (id) => ({
      keys: [keyOf(queue, state), jobKey(id), resultsKey(id)],
      args: [id, state === 'ready' ? 'list' : 'sorted', words[state]],
    }),
    outcome: (id, answer) => ({ id, outcome: numberOf(answer) === 1 ? 'applied' : 'gone' }),
  })

/** The whole hash of each and its score; results that stand in a stream of their own are not kept. */
export async function takeSnapshots(
  redis: RedisClient,
  { queue, state, ids }: { readonly queue: string; readonly state: MessageState; readonly ids: readonly string[] },
): Promise<readonly Snapshot[]> {
  const key = keyOf(queue, state)
  const hashes = await ask(
    redis,
    ids.map((id): Command => ['HGETALL', jobKey(id)]),
  )
  const scores =
    state === 'ready'
      ? []
      : await ask(
          redis,
          ids.map((id): Command => ['ZSCORE', key, id]),
        )
  return ids.flatMap((id, index): readonly Snapshot[] => {
    const fields = fieldsOf(hashes[index])
    if (!fields.status) return []
    const score = numberOf(scores[index])
    if (state !== 'ready' && score === null) return []
    return [{ id, state, place: score === null ? '' : String(score), body: fields.data ?? Buffer.alloc(0), fields }]
  })
}

export const restoreJobs = (
  redis: RedisClient,
  queue: string,
  snapshots: readonly Snapshot[],
): Promise<readonly ItemOutcome[]> =>
  eachOf(redis, restoreJob, {
    ids: snapshots.map(({ id }) => id),
    call: (id, index) => {
      const { state, place, fields } = snapshots[index]!
      return {
        keys: [keyOf(queue, state), jobKey(id), queuesKey, keysOf(queue).waiting],
        args: [
          id,
          state === 'ready' ? 'list' : 'sorted',
          place,
          ...Object.entries(fields).flatMap(([name, value]) => [name, Buffer.from(value)]),
        ],
      }
    },
    outcome: (id, answer) =>
      numberOf(answer) === 1
        ? { id, outcome: 'applied' }
        : { id, outcome: 'changed', reason: 'its id is in use again' },
  })

/** "2026-11-24T09:00:00.000000Z", as RQ writes and reads it. */
const pythonTime = (now: number): string => new Date(now).toISOString().replace(/\.(\d{3})Z$/, '.$1000Z')

function fieldsOf(value: unknown): Record<string, Buffer> {
  const flat = listOf(value).flat()
  const fields: Record<string, Buffer> = {}
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const name = textOf(flat[at])
    const field = flat[at + 1]
    if (name !== null && Buffer.isBuffer(field)) fields[name] = field
  }
  return fields
}
