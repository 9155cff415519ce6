import { ableToAll, exactCounts, type LayoutFacts, unknownWaits } from '../layout-facts'
import { bullSend } from '../send-facts'

export const bull: LayoutFacts = {
  product: 'Bull',
  broker: 'Redis',
  item: 'job',
  states: { ready: 'Waiting', leased: 'Active', delayed: 'Delayed', dead: 'Failed', done: 'Completed' },
  replay: 'Retry',
  replayKeeps:
    'Id, data, options, priority and attempts made stay; a job that has used its attempts is tried once more.',
  precision: {
    ...exactCounts,
    // Bull keeps a job's creation time only: a retried job looks older than its wait.
    oldestReadyMs: 'approximate',
    // From the id counter, which also counts rejected duplicates.
    inPerSecond: 'approximate',
    // Ids given out minus jobs that live: removing jobs by hand counts as completion.
    outPerSecond: 'approximate',
    ...unknownWaits,
  },
  abilities: {
    ...ableToAll,
  },
  send: bullSend,
  parts: ['workers', 'details'],
  limits: [
    'Jobs that a rate limit holds back stand among the delayed ones.',
    'Where BullMQ uses the same prefix and name, nothing can be changed: each library loses the other’s jobs.',
    'A queue of which nothing but its counter of ids is left cannot be told from other keys.',
    'Workers are known by the names of their connections, and what they hold is not told.',
  ],
}
