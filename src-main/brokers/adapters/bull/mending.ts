import { randomUUID } from 'node:crypto'
import { Failure } from '@shared/failure'
import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import { runScript } from '../../clients/script'
import type { ItemOutcome } from '../../remedies'
import { hashGone } from '../bull-job-rows'
import { eachOf } from '../item-by-item'
import { failureOf } from '../redis-asking'
import { library, pauseKeys, removeKeys, replayKeys } from './library'

/** Bull sends it with its events, so that a queue knows its own. */
const token = randomUUID()

export const replayJobs = async (
  redis: RedisClient,
  { queue, ids, now }: { readonly queue: QueueAddress; readonly ids: readonly string[]; readonly now: number },
): Promise<readonly ItemOutcome[]> =>
  await eachOf(redis, (await library()).replay, {
    ids,
    call: (id) => ({ keys: replayKeys(queue, id), args: [id, 'LPUSH', token, now] }),
    outcome: (id, answer) =>
      answer === 1
        ? { id, outcome: 'applied' }
        : answer === -1
          ? { id, outcome: 'failed', reason: 'a worker holds it' }
          : answer === 0
            ? { id, outcome: 'failed', reason: `${hashGone}; discard it` }
            : { id, outcome: 'gone' },
  })

export const removeJobs = async (
  redis: RedisClient,
  {
    queue,
    state,
    ids,
  }: { readonly queue: QueueAddress; readonly state: MessageState; readonly ids: readonly string[] },
): Promise<readonly ItemOutcome[]> => {
  const removed = await eachOf(redis, (await library()).remove, {
    ids: ids.filter((id) => !isNextRun(id, state)),
    call: (id) => ({ keys: removeKeys(queue, id), args: [id, token, state] }),
    outcome: (id, answer) =>
      answer === 1
        ? { id, outcome: 'applied' }
        : answer === 0
          ? { id, outcome: 'failed', reason: 'a worker holds it' }
          : { id, outcome: 'gone' },
  })
  const rest = [...removed]
  return ids.map((id) =>
    isNextRun(id, state)
      ? { id, outcome: 'failed', reason: 'it is the next run of a repeatable job, which would end with it' }
      : rest.shift()!,
  )
}

/** Bull enqueues the run after it when a worker takes this one. */
const isNextRun = (id: string, state: MessageState): boolean =>
  id.startsWith('repeat:') && (state === 'delayed' || state === 'ready')

export async function setPaused(redis: RedisClient, queue: QueueAddress, pausing: boolean): Promise<void> {
  const { pause } = await library()
  const answer = await runScript(redis, pause, pauseKeys(queue, pausing), [pausing ? 'paused' : 'resumed']).catch(
    (error: unknown) => {
      throw failureOf(error)
    },
  )
  if (answer !== -101) return
  throw new Failure({
    code: 'broker-state',
    message: `${queue.name} holds jobs both in "wait" and in "paused", and Bull would lose those of one.`,
    hint: 'Something other than Bull has paused it. Empty one of the two lists first.',
    subject: queue.name,
  })
}
