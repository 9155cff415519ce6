import { ableToAll, type LayoutFacts, unknownWaits } from '../layout-facts'
import { celerySend } from '../send-facts'

export const celery: LayoutFacts = {
  product: 'Celery',
  broker: 'Redis',
  item: 'task',
  states: { ready: 'Waiting', leased: 'Unacknowledged', delayed: null, dead: null, done: null },
  replay: 'Retry',
  precision: {
    ready: 'exact',
    leased: 'exact',
    delayed: 'unknown',
    dead: 'unknown',
    done: 'unknown',
    oldestReadyMs: 'unknown',
    inPerSecond: 'unknown',
    outPerSecond: 'unknown',
    ...unknownWaits,
  },
  abilities: {
    ...ableToAll,
    replay: {
      answer: 'no',
      reason: 'Celery keeps no task that failed, only its result: send it again from the service that owns it',
    },
    pause: {
      answer: 'no',
      reason: 'a queue cannot be paused through Redis: workers are told by Celery’s own remote control',
    },
  },
  send: celerySend,
  parts: ['details'],
  limits: [
    'A failed task is gone from the queue; its error is found by its id, where the result backend is this Redis and has not expired.',
    'What workers hold is one hash for all queues: how much of it is this queue’s is unknown while it is not empty. Tasks with an ETA or countdown wait there.',
    'Messages hold no time of enqueueing, so ages are unknown.',
    'A task is looked for by its id among the 10,000 nearest to the end at which workers take, of each priority.',
    'Bodies that are not JSON are shown as bytes and never unpickled.',
  ],
}
