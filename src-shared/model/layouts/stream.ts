import { type LayoutFacts, unknownWaits } from '../layout-facts'
import { streamSend } from '../send-facts'

const forAllGroups =
  'The entry is deleted for every group that reads this stream, also those that have not been given it yet.'

export const stream: LayoutFacts = {
  product: 'Redis stream',
  broker: 'Redis',
  item: 'entry',
  states: { ready: 'Undelivered', leased: 'Pending', delayed: null, dead: null, done: null },
  replay: 'Replay',
  precision: {
    // Unknown while the server cannot tell a lag: after an entry was deleted unread, or a group was set to some id.
    ready: 'exact',
    leased: 'exact',
    delayed: 'exact',
    dead: 'unknown',
    done: 'unknown',
    // From the first unread entry's id, where ids are times.
    oldestReadyMs: 'exact',
    inPerSecond: 'exact',
    outPerSecond: 'unknown',
    ...unknownWaits,
  },
  abilities: {
    replay: {
      answer: 'no',
      reason: 'a stream has no dead letters: what a consumer did not acknowledge is pending, and can be claimed',
    },
    edit: { answer: 'no', reason: 'an entry of a stream cannot be changed: add a new one and delete the old' },
    discard: { answer: 'priced', price: forAllGroups },
    purge: { answer: 'priced', price: forAllGroups },
    restore: {
      answer: 'priced',
      price:
        'An entry comes back at the end under a new id, and every group is given it, also those that had it before.',
    },
    send: { answer: 'yes' },
    pause: { answer: 'no', reason: 'a stream cannot be paused: stop its consumers instead' },
  },
  send: streamSend,
  parts: ['consumer-groups', 'workers', 'details', 'tail'],
  limits: [
    'Undelivered is counted for the slowest group; where nobody reads in groups, every entry counts.',
    'Entries that all groups have acknowledged stay until the stream is trimmed, and are not counted as waiting.',
    'An entry that is pending in two groups is counted twice as pending.',
    'Trimming deletes entries whether or not they were read: a group’s warnings tell what it has lost.',
    'Who reads without a group leaves no trace: neither its place nor its lag is known.',
  ],
}
