import { ableToAll, exactCounts, type LayoutFacts, unknownWaits } from '../layout-facts'
import { declaredSend } from '../send-facts'

export const declared: LayoutFacts = {
  product: 'Declared layout',
  broker: 'Redis',
  item: 'message',
  states: { ready: 'Ready', leased: 'Processing', delayed: 'Delayed', dead: 'Dead', done: 'Logged' },
  replay: 'Replay',
  replayKeeps: 'keeps every byte, the count of attempts among them',
  editKeeps: 'keeps its place',
  precision: {
    ...exactCounts,
    // As the next message tells of itself: one that was retried may be told too old.
    oldestReadyMs: 'approximate',
    // Known for streams, which count what is added.
    inPerSecond: 'exact',
    outPerSecond: 'unknown',
    ...unknownWaits,
  },
  abilities: {
    ...ableToAll,
    pause: { answer: 'no', reason: 'nothing in this layout tells its workers to wait: stop them instead' },
  },
  send: declaredSend,
  parts: ['details', 'tail'],
  sometimes: ['consumer-groups'],
  limits: [
    'What each layout can lose stands in its declaration, and beside its queues.',
    'Messages are known by their bytes, and by the id in their envelope: a worker that writes other bytes makes another message of it.',
    'A message comes back with the count of attempts that it had: a worker that looks at it may let it die at once.',
    'Entries of a stream cannot be edited, and come back under a new id.',
    'In a list longer than 100,000 elements a message is found from where it was browsed, not by its id alone.',
  ],
}
