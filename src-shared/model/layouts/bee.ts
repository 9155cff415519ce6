import { ableToAll, exactCounts, type LayoutFacts, unknownWaits } from '../layout-facts'
import { beeSend } from '../send-facts'

export const bee: LayoutFacts = {
  product: 'bee-queue',
  broker: 'Redis',
  item: 'job',
  states: { ready: 'Waiting', leased: 'Active', delayed: 'Delayed', dead: 'Failed', done: 'Succeeded' },
  replay: 'Retry',
  replayKeeps: 'keeps id, data, options and stack traces; the retries that are left do not grow',
  precision: {
    ...exactCounts,
    // Of the job that is next in line, and only while that is small: its data stand in the same text.
    oldestReadyMs: 'approximate',
    // From the id counter, which does not count ids that producers chose.
    inPerSecond: 'approximate',
    // Ids given out minus jobs that live: removing jobs by hand counts as completion.
    outPerSecond: 'approximate',
    ...unknownWaits,
  },
  abilities: {
    ...ableToAll,
    pause: { answer: 'no', reason: 'bee-queue pauses in each worker’s process, and keeps no mark of it in Redis' },
  },
  send: beeSend,
  parts: ['details'],
  limits: [
    'bee-queue keeps neither the time of a failure nor the order of failed jobs: up to 5,000 are shown by id, highest first, more as Redis scans them.',
    'Workers do not name themselves, so nobody can say who listens.',
    'A queue that has no job left, not even a finished one, cannot be told from other keys.',
  ],
}
