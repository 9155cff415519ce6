import { ableToAll, exactCounts, type LayoutFacts, unknownWaits } from '../layout-facts'

export const rq: LayoutFacts = {
  product: 'RQ',
  broker: 'Redis',
  item: 'job',
  states: { ready: 'Queued', leased: 'Started', delayed: 'Scheduled', dead: 'Failed', done: 'Finished' },
  replay: 'Requeue',
  replayKeeps:
    'keeps ids, payloads, meta and dependents; status, times and error are reset, and retries stay used up, as with RQ’s own requeue',
  precision: {
    ...exactCounts,
    // By the clock of whoever enqueued it.
    oldestReadyMs: 'approximate',
    inPerSecond: 'unknown',
    outPerSecond: 'unknown',
    ...unknownWaits,
  },
  abilities: {
    ...ableToAll,
    edit: {
      answer: 'no',
      reason: 'a job is a pickled Python object: changing one means running its code, which only the service should do',
    },
    send: {
      answer: 'no',
      reason:
        'a job is a pickled Python object, which only Python can make; whether a service reads JSON instead (JSONSerializer) is not told anywhere in Redis',
    },
    pause: {
      answer: 'no',
      reason:
        'RQ cannot pause one queue: rq suspend stops all workers of this Redis at once, and then every queue is shown as paused',
    },
  },
  send: null,
  parts: ['workers', 'details'],
  limits: [
    'Payloads are pickles and are never read: RQ’s own description of the call stands for them, and their bytes can be copied.',
    'Failed and finished jobs past their time are not counted, though RQ deletes them only when it next cleans up.',
    'Failed jobs stand in the order in which RQ will forget them, which is the order of their failures unless failure_ttl differs.',
    'Deferred and canceled jobs are counted under Details and not listed.',
    'Version 1 does not tell how often a job was tried, only how many retries are left.',
    'A job that is enqueued twice is shown once.',
    'A worker killed between taking a job and starting it leaves the job queued by its status and in no list.',
  ],
}
