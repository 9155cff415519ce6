import type { DetailSection } from '@shared/model/details'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import { type Answer, askAll, brokerTime, numberOf, textOf } from '../redis-asking'
import { keysOf, suspendedKey } from './keys'

/** What RQ keeps of a queue besides the states that are browsed; a figure that cannot be read is unknown and no failure. */
export async function detailsOf(redis: RedisClient, queue: string, clock: Clock): Promise<readonly DetailSection[]> {
  const keys = keysOf(queue)
  const nowSeconds = Math.floor((await brokerTime(redis, clock)) / 1_000)
  const [deferred, canceled, toEnqueue, intermediate, abandoned, overdue, forgotten, scheduler, suspended, left] =
    await askAll(redis, [
      ['ZCARD', keys.deferred],
      ['ZCARD', keys.canceled],
      ['ZCARD', keys.readyToEnqueue],
      ['LLEN', keys.intermediate],
      ['ZCOUNT', keys.started, 0, nowSeconds],
      ['ZCOUNT', keys.scheduled, 0, nowSeconds],
      ['ZCOUNT', keys.failed, 0, nowSeconds],
      ['GET', keys.schedulerLock],
      ['EXISTS', suspendedKey],
      ['PTTL', suspendedKey],
    ])
  return [
    {
      title: 'Other registries',
      note: 'Jobs that are in none of the states above.',
      facts: [
        { name: 'Deferred: wait for other jobs', value: figure(deferred) },
        { name: 'Canceled', value: figure(canceled) },
        { name: 'About to be enqueued', value: figure(toEnqueue) },
        { name: 'Intermediate: taken, not begun', value: figure(intermediate) },
      ],
    },
    {
      title: 'What RQ will clean up',
      note: 'Workers clean registries every ten minutes or so, and RQ’s own tools whenever they count.',
      facts: [
        { name: 'Abandoned: started, without a heartbeat', value: figure(abandoned) },
        { name: 'Failed and past their time, not counted here', value: figure(forgotten) },
      ],
    },
    {
      title: 'Scheduler and workers',
      note: null,
      facts: [
        { name: 'Scheduled and overdue', value: figure(overdue) },
        { name: 'A scheduler looks after this queue', value: schedulerWords(scheduler) },
        { name: 'All workers are suspended', value: suspensionWords(suspended, left) },
      ],
    },
  ]
}

const figure = (answer: Answer | undefined): string | null => (answer?.ok ? String(numberOf(answer.value) ?? 0) : null)

function schedulerWords(lock: Answer | undefined): string | null {
  if (!lock?.ok) return null
  const pid = textOf(lock.value)
  return pid === null ? 'no: nothing enqueues its scheduled jobs' : `yes, process ${pid}`
}

function suspensionWords(suspended: Answer | undefined, left: Answer | undefined): string | null {
  if (!suspended?.ok) return null
  if (numberOf(suspended.value) !== 1) return 'no'
  const ms = left?.ok ? numberOf(left.value) : null
  return ms !== null && ms >= 0 ? `yes, for ${Math.ceil(ms / 1_000)} s more` : 'yes, until somebody runs rq resume'
}
