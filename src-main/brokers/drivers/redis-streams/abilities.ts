import { type DriverAbilities, no, yes } from '../../driver-abilities'

const oneOrder = 'A stream is one order for all: an entry cannot be put before others, and groups read it as it stands.'

export const redisStreamsAbilities: DriverAbilities = {
  delay: {
    answer: 'yes',
    note: 'A delayed message stands beside the stream and enters it when it is due, for all groups.',
  },
  priority: no(`${oneOrder} Use a queue of its own for what is urgent, or the redis driver.`),
  groups: no(
    `${oneOrder} To hold back one group of messages would hold back all behind it; the redis driver has groups.`,
  ),
  dedup: yes,
  ownIds: no(
    'Several groups of consumers end with a message at different times, so that “while it exists” has no one end. Use a dedup key.',
  ),
  attributes: yes,
  fence: yes,
  extend: yes,
  deadLetters: { answer: 'yes', note: 'Each group of consumers has its own.' },
  history: yes,
  replay: { answer: 'yes', note: 'For this group of consumers; the others do not see it again.' },
  edit: {
    answer: 'yes',
    note: 'An entry of a stream cannot be changed: this group gets the new body, others the old one. What is delayed and not in the stream yet is changed for all.',
  },
  find: yes,
  browse: yes,
  cancel: { answer: 'yes', note: 'For this group of consumers; what is delayed and not in the stream yet, for all.' },
  promote: yes,
  changePriority: no(oneOrder),
  pause: { answer: 'yes', note: 'Pauses this group of consumers.' },
  purge: { answer: 'yes', note: 'For this group of consumers; what is delayed and not in the stream yet, for all.' },
  keepDone: yes,
  progress: yes,
  limit: { answer: 'yes', note: 'Per group of consumers.' },
  groupLimit: no('There are no message groups in a stream.'),
  schedules: yes,
  families: no(
    'Several groups of consumers end with a child at different times, so that “its children are done” has no one meaning.',
  ),
  idempotency: yes,
  fanOut: { answer: 'yes', note: 'Open a driver per group.' },
  lag: {
    answer: 'yes',
    note: 'Unknown where the server cannot tell and more than 500 entries would have to be counted.',
  },
}
