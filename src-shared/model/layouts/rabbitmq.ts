import { type LayoutFacts, unknownWaits } from '../layout-facts'
import { rabbitmqSend } from '../send-facts'

/** RabbitMQ knows no message by an id: whoever wants one takes all that stand before it, and gives the others back. */
const passing =
  'It is picked out by passing through the queue: every message in front of it is taken and put back, which marks it as redelivered for good, and counts as a delivery in a quorum queue. Consumers wait meanwhile.'

export const rabbitmq: LayoutFacts = {
  product: 'RabbitMQ',
  broker: 'RabbitMQ',
  item: 'message',
  space: 'vhost',
  states: { ready: 'Ready', leased: 'Unacked', delayed: null, dead: 'Dead-lettered', done: null },
  replay: 'Send back',
  replayKeeps: 'keeps bodies, properties and headers, x-death among them',
  editKeeps: 'keeps properties and headers; the edited copy goes to the end of the queue',
  followsReplays: false,
  isPeeked: true,
  precision: {
    // All figures are as old as the broker's statistics: five seconds, as a rule.
    ready: 'approximate',
    leased: 'approximate',
    delayed: 'exact',
    dead: 'approximate',
    done: 'unknown',
    // By the publishers' clocks, and only where they set a timestamp.
    oldestReadyMs: 'approximate',
    inPerSecond: 'approximate',
    outPerSecond: 'approximate',
    ...unknownWaits,
  },
  abilities: {
    replay: { answer: 'priced', price: passing },
    edit: { answer: 'priced', price: `${passing} The edited copy goes to the end of the queue.` },
    discard: { answer: 'priced', price: passing },
    purge: { answer: 'priced', price: `${passing} Only what was looked at is deleted.` },
    restore: {
      answer: 'priced',
      price: 'Messages go to the end of the queue, with their properties, but not to the place where they stood.',
    },
    send: { answer: 'yes' },
    pause: { answer: 'no', reason: 'RabbitMQ cannot pause a queue: stop its consumers' },
  },
  send: rabbitmqSend,
  parts: ['workers', 'details'],
  limits: [
    'Messages can be seen only by taking them out and putting them back, so a person asks for it and is told the price first; streams are read for nothing.',
    'What waits in a queue that another one’s dead letters are routed to counts as dead-lettered, also what was published there directly; a queue in a retry loop, whose dead letters come back to it, counts as any other.',
    'What a look gives back stands where it stood in a classic queue; in a quorum queue it may come to stand behind what was given back before.',
    'A message has no id in RabbitMQ: what was seen is found again by being the same in every byte, and two that are the same stand for one another.',
    'A dead letter is sent back to the queue in which it died last, by the exchange and routing key that it had come with if they lead to that queue alone, and else straight there; a CC header is then taken off.',
    'What was sent back is followed no further: RabbitMQ does not tell what a consumer did with it.',
    'Charts show what the broker itself kept of the time before the console watched: an hour, as a rule; before the first message that it remembers they stay empty.',
    'Totals begin anew when a node restarts, and dead-lettering is not counted among what was published.',
    'A stream keeps its messages after they were read: its Ready is all that it holds.',
    'Consumers of the stream, MQTT and STOMP protocols are listed only where the broker lists them.',
  ],
}
