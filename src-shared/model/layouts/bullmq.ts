import { ableToAll, exactCounts, type LayoutFacts, unknownWaits } from '../layout-facts'
import { bullSend } from '../send-facts'

export const bullmq: LayoutFacts = {
  product: 'BullMQ',
  broker: 'Redis',
  item: 'job',
  states: { ready: 'Waiting', leased: 'Active', delayed: 'Delayed', dead: 'Failed', done: 'Completed' },
  replay: 'Retry',
  precision: {
    ...exactCounts,
    // BullMQ keeps a job's creation time only: a retried job looks older than its wait.
    oldestReadyMs: 'approximate',
    // From the id counter, which also counts rejected duplicates.
    inPerSecond: 'approximate',
    // Ids given out minus jobs that live: removing jobs by hand counts as completion.
    outPerSecond: 'approximate',
    ...unknownWaits,
  },
  abilities: {
    ...ableToAll,
    pause: {
      answer: 'no',
      reason:
        'BullMQ 5 and 6 pause in different ways, and where both work one queue jobs can be lost: pause it from the service that owns it',
    },
  },
  send: bullSend,
  parts: ['workers', 'details'],
  limits: [
    'Jobs that wait for their children are counted neither as waiting nor as delayed.',
    'A version that is neither 5 nor 6, or not told, is read only.',
    'Workers are known by the names of their connections, and what they hold is not told.',
  ],
}
