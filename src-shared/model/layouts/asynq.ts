import { ableToAll, exactCounts, type LayoutFacts, unknownWaits } from '../layout-facts'
import { asynqSend } from '../send-facts'

export const asynq: LayoutFacts = {
  product: 'asynq',
  broker: 'Redis',
  item: 'task',
  states: { ready: 'Pending', leased: 'Active', delayed: 'Scheduled and retry', dead: 'Archived', done: 'Completed' },
  replay: 'Run',
  replayKeeps: 'keeps ids, payloads and headers; used-up retries stay used up, as with asynq’s own tools',
  precision: {
    ...exactCounts,
    oldestReadyMs: 'exact',
    inPerSecond: 'unknown',
    // Tries that ended minus tries that failed.
    outPerSecond: 'exact',
    ...unknownWaits,
  },
  abilities: {
    ...ableToAll,
  },
  send: asynqSend,
  parts: ['workers', 'details'],
  limits: [
    'asynq keeps no time of enqueueing: the age of a pending task counts from when it became pending.',
    'Tasks that wait in a group to be joined are in no state here; their groups are counted under Details.',
    'Built from asynq’s published schema and key layout, and tested on data written from them: its Go module was not at hand.',
  ],
}
