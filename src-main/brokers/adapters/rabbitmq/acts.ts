import { Failure } from '@shared/failure'
import type { ActField, ActOffer, ActReport } from '@shared/model/act'
import type { QueueAddress } from '@shared/model/queue'
import type { ActRequest, Acts } from '../../acts'
import { askQueue } from './listing'
import { moveAll, movingTo, stopMove } from './moving'
import { isStream, type QueueFacts } from './queue-facts'
import type { RabbitmqContext } from './rabbitmq-context'
import { sendMessages } from './sending'
import { type Space, spaceOf } from './topology'

/** What RabbitMQ offers besides, in the order in which it does least harm. */
export const actsOf = (context: RabbitmqContext): Acts => ({
  async offers(queue) {
    const facts = await askQueue(context.connection, queue, `look at ${queue.name}`)
    const [going, known] = await Promise.all([movingTo(context.connection, queue), context.topology.recent()])
    const publish = publishOffer(wayTo(spaceOf(known, queue), queue.name))
    return [publish, ...(going === null ? [moveOffer(context, facts)] : [stopOffer(going)]), purgeOffer(facts)]
  },
  act: (queue, request) => context.turns.take(queue, () => act(context, queue, request)),
})

async function act(context: RabbitmqContext, queue: QueueAddress, { id, values }: ActRequest): Promise<ActReport> {
  const { connection } = context
  if (id === 'publish') return await publish(context, queue, values)
  const facts = await askQueue(connection, queue, `look at ${queue.name}`)
  const refusal = refusalFor(facts)
  if (refusal !== null) throw new Failure({ code: 'unsupported', message: refusal, subject: queue.name })
  switch (id) {
    case 'move':
      context.looks.forget(queue)
      return await moveAll(connection, { from: queue, to: values.to ?? '' })
    case 'stop-move':
      return await stopMove(connection, queue)
    case 'purge': {
      const { messageCount } = await connection.amqp.onChannel(
        { vhost: queue.prefix, queue: queue.name, act: `purge ${queue.name}` },
        (channel, answered) => answered(channel.purgeQueue(queue.name)),
      )
      context.looks.forget(queue)
      return { words: `${messageCount} messages were deleted.`, done: messageCount, failed: 0 }
    }
    default:
      throw new Failure({ code: 'bad-input', message: `RabbitMQ has no act ${id}.`, subject: 'id' })
  }
}

async function publish(
  context: RabbitmqContext,
  queue: QueueAddress,
  values: Readonly<Record<string, string>>,
): Promise<ActReport> {
  const { exchange = '', routingKey = '', body = '' } = values
  if (exchange === '') {
    throw new Failure({
      code: 'bad-input',
      message: 'Name the exchange.',
      hint: 'To send straight to this queue, use Send.',
      subject: 'exchange',
    })
  }
  const attributes = { ...textsIn('properties', values.properties), ...prefixed(textsIn('headers', values.headers)) }
  await sendMessages(context, queue, [
    {
      name: null,
      body: Buffer.from(body),
      delayMs: 0,
      priority: null,
      attributes,
      options: { exchange, routingKey },
    },
  ])
  return { words: `Published to ${exchange}, and at least one queue has it.`, done: 1, failed: 0 }
}

const prefixed = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).map(([name, text]) => [`header ${name}`, text]))

/** A JSON object of texts; "" is none. */
function textsIn(field: string, text: string | undefined): Readonly<Record<string, string>> {
  if (text === undefined || text.trim() === '') return {}
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    parsed = null
  }
  const entries =
    typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? Object.entries(parsed) : null
  if (!entries?.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
    throw new Failure({
      code: 'bad-input',
      message: `${field} is no JSON object of texts.`,
      hint: 'Write it like {"tenant": "a"}.',
      subject: field,
    })
  }
  return Object.fromEntries(entries)
}

interface Way {
  readonly exchange: string
  readonly routingKey: string
  /** Those of the virtual host, the broker's own amq.* last. */
  readonly exchanges: readonly string[]
}

/** A longer list is typed into, not chosen from. */
const mostChoices = 200

/** Pure: what to begin with, the first binding that leads here; its key where it is no pattern. */
function wayTo({ routes }: Space, queue: string): Way {
  const exchanges = [...routes.exchanges.keys()]
    .filter((name) => name !== '')
    .sort((a, b) => Number(a.startsWith('amq.')) - Number(b.startsWith('amq.')) || (a < b ? -1 : 1))
  for (const exchange of exchanges) {
    const binding = routes.bindings.get(exchange)?.find(({ toQueue, destination }) => toQueue && destination === queue)
    if (binding) return { exchange, routingKey: /[*#]/.test(binding.routingKey) ? '' : binding.routingKey, exchanges }
  }
  return { exchange: exchanges[0] ?? '', routingKey: '', exchanges }
}

const publishOffer = ({ exchange, routingKey, exchanges }: Way): ActOffer => ({
  id: 'publish',
  label: 'Publish to an exchange',
  words: [
    'The exchange decides by the routing key which queues get it: not only this one, and perhaps not this one.',
    'It is confirmed by the broker; a message that no queue takes comes back, and that is said.',
  ],
  destructive: false,
  refusal: null,
  fields: [
    exchanges.length > 0 && exchanges.length <= mostChoices
      ? { name: 'exchange', label: 'Exchange', kind: 'choice', options: [...exchanges], value: exchange, hint: null }
      : { ...text('exchange', 'Exchange'), value: exchange },
    { ...text('routingKey', 'Routing key'), value: routingKey },
    text('headers', 'Headers', 'A JSON object of texts: {"tenant": "a"}'),
    text('properties', 'Properties', 'A JSON object of texts: {"content-type": "application/json"}'),
    { name: 'body', label: 'Body', kind: 'body', value: '', hint: null },
  ],
})

function moveOffer({ connection }: RabbitmqContext, facts: QueueFacts): ActOffer {
  const { shovel } = connection
  const { name } = facts.address
  return {
    id: 'move',
    label: 'Move all to another queue',
    words: [
      `Everything that is ready in ${name} now goes to the end of the other queue, in order. Nothing is kept here.`,
      shovel.able
        ? 'RabbitMQ does it itself by a shovel, which ends when it is done and can be stopped.'
        : `It goes through this console, message by message, since ${shovel.reason}.`,
      'Its exchange and routing key change to those of the other queue; headers and properties stay.',
    ],
    destructive: false,
    refusal: refusalFor(facts),
    fields: [text('to', 'To the queue', `A queue of the virtual host ${facts.address.prefix}`)],
  }
}

const stopOffer = (to: string): ActOffer => ({
  id: 'stop-move',
  label: 'Stop the move',
  words: [`A shovel is moving this queue to ${to}. What it has moved stays there.`],
  destructive: false,
  refusal: null,
  fields: [],
})

const purgeOffer = (facts: QueueFacts): ActOffer => ({
  id: 'purge',
  label: 'Purge',
  words: [
    `RabbitMQ deletes all that is ready in ${facts.address.name} at once. Nothing is kept, and nothing brings it back.`,
    'What consumers hold unacknowledged stays.',
  ],
  destructive: true,
  refusal: refusalFor(facts),
  fields: [],
})

function refusalFor(facts: QueueFacts): string | null {
  const { name } = facts.address
  if (facts.exclusive) return `${name} is exclusive: only the connection that declared it may use it.`
  return isStream(facts) ? `${name} is a stream: RabbitMQ takes nothing out of streams but by age or size.` : null
}

const text = (name: string, label: string, hint: string | null = null): ActField => ({
  name,
  label,
  kind: 'text',
  value: '',
  hint,
})
