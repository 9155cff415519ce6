import { ableToAll, type LayoutFacts, unknownWaits } from '../layout-facts'
import { listSend } from '../send-facts'

export const list: LayoutFacts = {
  product: 'Redis list',
  broker: 'Redis',
  item: 'element',
  states: { ready: 'Elements', leased: null, delayed: null, dead: null, done: null },
  replay: 'Replay',
  editKeeps: 'keeps its place in the list',
  precision: {
    ready: 'exact',
    // A list leases nothing: what was popped is not in it any more.
    leased: 'exact',
    delayed: 'exact',
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
      reason:
        'a plain list does not tell where its dead letters are: declare the layout, and name the list that holds them',
    },
    pause: { answer: 'no', reason: 'a list cannot be paused: stop its consumers instead' },
  },
  send: listSend,
  parts: ['details'],
  limits: [
    'Which end is next in line is not told by a list; until it is named, elements are shown from the left.',
    'Elements have no ids and no times: they are known by their bytes, and two with the same bytes are one like another.',
    'What a consumer has popped is in no list any more: a crash loses it, and nothing here can tell.',
  ],
}
