import { type LayoutFacts, unknownWaits } from '../layout-facts'
import { sqsSend } from '../send-facts'

export const sqs: LayoutFacts = {
  product: 'Amazon SQS',
  broker: 'SQS',
  item: 'message',
  states: { ready: 'Available', leased: 'In flight', delayed: 'Delayed', dead: 'Dead letters', done: null },
  replay: 'Redrive',
  replayKeeps: 'keeps bodies, attributes, groups and trace headers; each gets a new id and a new time',
  editKeeps: 'keeps attributes and group; the edited copy gets a new id',
  followsReplays: false,
  isPeeked: true,
  precision: {
    ready: 'approximate',
    leased: 'approximate',
    delayed: 'approximate',
    dead: 'approximate',
    done: 'unknown',
    oldestReadyMs: 'approximate',
    inPerSecond: 'approximate',
    outPerSecond: 'approximate',
    ...unknownWaits,
  },
  abilities: {
    replay: {
      answer: 'priced',
      price:
        'Sends back only what was looked at, each with a new id: sent first and deleted afterwards, so a lost answer leaves it twice. To move all, let SQS do it: More, Move all.',
    },
    edit: {
      answer: 'priced',
      price: 'A copy with the new body takes its place: new id, new time, at the end of the queue.',
    },
    discard: { answer: 'priced', price: 'Only what was looked at can be deleted.' },
    purge: {
      answer: 'priced',
      price: 'Deletes only what was looked at, and keeps it for undo. To empty the queue: More, Purge by SQS.',
    },
    restore: { answer: 'priced', price: 'Sent again as new messages: new ids, new times, at the end of the queue.' },
    send: { answer: 'yes' },
    pause: { answer: 'no', reason: 'SQS has no pause: consumers stop by not receiving' },
  },
  send: sqsSend,
  parts: ['details'],
  limits: [
    'Counts are approximate, and right about a minute after producers stop.',
    'Messages are seen only by receiving them: each look raises their receive counts by one, is asked for and priced first.',
    'What is in flight or delayed can be counted and not seen.',
    'Ages and rates come from CloudWatch, where it may be asked; they are a minute old.',
    'SQS keeps no error with a dead letter, only that it was received too often.',
    'What becomes of a redriven message cannot be followed: it has another id.',
  ],
}
