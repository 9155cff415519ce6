import { ableToAll, type LayoutFacts, unknownWaits } from '../layout-facts'
import { resqueSend } from '../send-facts'

export const resque: LayoutFacts = {
  product: 'Resque',
  broker: 'Redis',
  item: 'job',
  states: { ready: 'Queued', leased: null, delayed: 'Delayed', dead: 'Failed', done: null },
  replay: 'Retry',
  replayKeeps: 'keeps class and args, byte for byte; each goes to the end of the queue that it failed in',
  followsReplays: false,
  precision: {
    ready: 'exact',
    // From what the workers say they hold.
    leased: 'exact',
    delayed: 'exact',
    dead: 'exact',
    done: 'unknown',
    oldestReadyMs: 'unknown',
    inPerSecond: 'unknown',
    outPerSecond: 'unknown',
    ...unknownWaits,
  },
  abilities: {
    ...ableToAll,
    pause: { answer: 'no', reason: 'Resque pauses each worker by a signal, and keeps no mark of it in Redis' },
  },
  send: resqueSend,
  parts: ['workers', 'details'],
  limits: [
    'Failed jobs of all queues stand in one list, and delayed ones in one schedule: each is shown as a queue of its own.',
    'Jobs have no ids: each is known by its bytes, so an edited one gets another id, and copies cannot be told apart.',
    'Resque writes neither when a job was enqueued nor how often it was tried.',
    'Of a schedule the first 1,000 seconds are looked into.',
  ],
}
