import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import type { ItemOutcome, Snapshot } from '../../remedies'
import { hashGone } from '../bull-job-rows'
import { eachOf } from '../item-by-item'
import { jobKeysOf, keysOf } from './keys'
import { type Library, removeArgs, replayArgs } from './library'
import { restoreArguments, restoreScript } from './snapshots'

export const replayJobs = (redis: RedisClient, library: Library, queue: QueueAddress, ids: readonly string[]) =>
  eachOf(redis, library.replay, {
    ids,
    call: (id) => ({ keys: library.replayKeys(queue, id), args: replayArgs(id) }),
    // -1: no such job, -3: no longer among the failed, -102: there without its hash.
    outcome: (id, answer) =>
      answer === 1
        ? { id, outcome: 'applied' }
        : answer === -102
          ? { id, outcome: 'failed', reason: `${hashGone}; discard it` }
          : { id, outcome: 'gone' },
  })

export const removeJobs = (
  redis: RedisClient,
  library: Library,
  { queue, state, ids }: { queue: QueueAddress; state: MessageState; ids: readonly string[] },
) =>
  eachOf(redis, library.remove, {
    ids,
    call: (id) => ({ keys: [jobKeysOf(queue, id).job, keysOf(queue).schedulers], args: removeArgs(queue, id, state) }),
    outcome: (id, answer) => removalOf(id, answer),
  })

function removalOf(id: string, answer: unknown): ItemOutcome {
  const failed = (reason: string): ItemOutcome => ({ id, outcome: 'failed', reason })
  switch (answer) {
    case 1:
      return { id, outcome: 'applied' }
    case -101:
      return { id, outcome: 'gone' }
    case -102:
      return failed('a parent job waits for this one: removing it would set the parent free')
    case -103:
      return failed('its own child jobs are still at work')
    case -8:
      return failed('it is the next run of a job scheduler: remove the scheduler instead')
    case 0:
      return failed('a worker holds it')
    default:
      return failed(`BullMQ answered ${String(answer)}`)
  }
}

export const restoreJobs = (
  redis: RedisClient,
  { queue, snapshots, pausedList }: { queue: QueueAddress; snapshots: readonly Snapshot[]; pausedList: boolean },
) =>
  eachOf(redis, restoreScript, {
    ids: snapshots.map((snapshot) => snapshot.id),
    call: (_, index) => restoreArguments(queue, snapshots[index]!, pausedList),
    outcome: (id, answer) =>
      answer === 1 ? { id, outcome: 'applied' } : { id, outcome: 'changed', reason: 'a job of this id is there again' },
  })
