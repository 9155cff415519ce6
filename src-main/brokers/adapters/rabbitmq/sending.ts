import { randomUUID } from 'node:crypto'
import { Failure } from '@shared/failure'
import type { QueueAddress } from '@shared/model/queue'
import { type PropertyName, propertyNames, writeProperties } from '../../clients/rabbitmq-properties'
import { type Published, RabbitmqPublisher } from '../../clients/rabbitmq-publisher'
import { alarmsOf, alarmWords } from '../../clients/rabbitmq-survey'
import type { Outbound } from '../../clients/rabbitmq-wire'
import type { Outgoing } from '../../remedies'
import type { RabbitmqContext } from './rabbitmq-context'

/**
 * Publishes one after the other, each confirmed before the next, straight to the queue or to the exchange that `options` name. All
 * are refused before the first is sent when one reads wrong. Answers their message-ids.
 */
export async function sendMessages(
  context: RabbitmqContext,
  queue: QueueAddress,
  messages: readonly Outgoing[],
): Promise<readonly string[]> {
  const outbound = messages.map((message) => outboundOf(queue, message))
  const { connection } = context
  const [alarm] = await alarmsOf(connection.management)
  if (alarm) throw new Failure({ code: 'broker-state', message: alarmWords(alarm), hint: 'Nothing was sent.' })
  const publisher = new RabbitmqPublisher(connection.amqp, queue.prefix)
  try {
    for (const [sent, { message }] of outbound.entries()) {
      const published = await publisher.publish(message)
      if (published.outcome !== 'taken') throw notSent(published, { queue, sent, of: outbound.length })
    }
  } finally {
    await publisher.close()
  }
  return outbound.map(({ id }) => id)
}

function outboundOf(queue: QueueAddress, message: Outgoing): { readonly id: string; readonly message: Outbound } {
  if (message.delayMs > 0) {
    throw badInput(
      'delayMs',
      'RabbitMQ delays no message by itself',
      'Publish to a queue with a time to live that dead-letters to this one.',
    )
  }
  const { properties, headers } = propertiesOf(message)
  return {
    id: properties['message-id'] ?? '',
    message: {
      ...destinationOf(queue, message.options ?? {}),
      properties: writeProperties({ properties, headers }),
      body: Buffer.from(message.body),
    },
  }
}

function destinationOf(
  queue: QueueAddress,
  options: Readonly<Record<string, string>>,
): { readonly exchange: string; readonly routingKey: string } {
  const { exchange, routingKey, ...others } = options
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) {
    throw badInput(unknown, `${unknown} is nothing that RabbitMQ takes`, 'It takes exchange and routingKey.')
  }
  if (exchange === undefined || exchange === '') {
    if (routingKey !== undefined && routingKey !== queue.name) {
      throw badInput('routingKey', 'A routing key of its own needs an exchange', 'Name the exchange too.')
    }
    return { exchange: '', routingKey: queue.name }
  }
  return { exchange, routingKey: shortText('routingKey', routingKey ?? '') }
}

/** Attributes named like a property of AMQP set it; any other is a header, which travels as text. */
export function propertiesOf({ name, priority, attributes }: Pick<Outgoing, 'name' | 'priority' | 'attributes'>): {
  readonly properties: Readonly<Partial<Record<PropertyName, string>>>
  readonly headers: Readonly<Record<string, string>>
} {
  const properties: Partial<Record<PropertyName, string>> = { 'delivery-mode': '2', 'message-id': randomUUID() }
  const headers: Record<string, string> = {}
  if (name !== null) properties.type = shortText('name', name)
  if (priority !== null) properties.priority = checked('priority', String(priority))
  let headerBytes = 0
  for (const [attribute, text] of Object.entries(attributes)) {
    const property = propertyNames.find((each) => each === attribute)
    if (property === undefined || property === 'headers') {
      const header = shortText('header', attribute.replace(/^header /, ''))
      headers[header] = text
      headerBytes += header.length + Buffer.byteLength(text)
    } else properties[property] = checked(property, text)
  }
  if (headerBytes > mostHeaderBytes) {
    throw badInput('attributes', 'The headers are larger than 64 KiB together', 'Put what is large into the body.')
  }
  return { properties, headers }
}

/** All properties travel in one frame, which RabbitMQ bounds by 128 KiB. */
const mostHeaderBytes = 64 * 1024

function checked(name: PropertyName, text: string): string {
  const wrong = (expected: string) => badInput(name, `${name} = ${JSON.stringify(text)} is not ${expected}`)
  switch (name) {
    case 'priority':
      if (!/^\d{1,3}$/.test(text) || Number(text) > 255) throw wrong('a number from 0 to 255')
      return text
    case 'delivery-mode':
      if (text !== '1' && text !== '2') throw wrong('1 (in memory) or 2 (on disk)')
      return text
    case 'timestamp':
      if (!/^\d{1,18}$/.test(text)) throw wrong('seconds since 1970')
      return text
    case 'expiration':
      if (!/^\d{1,10}$/.test(text)) throw wrong('milliseconds, as digits')
      return text
    default:
      return shortText(name, text)
  }
}

function shortText(name: string, text: string): string {
  if (Buffer.byteLength(text) > 255) throw badInput(name, `${name} is longer than the 255 bytes that AMQP allows`)
  return text
}

const badInput = (subject: string, message: string, hint?: string): Failure =>
  new Failure({ code: 'bad-input', message: `${message}.`, hint, subject })

function notSent(
  published: Exclude<Published, { outcome: 'taken' }>,
  { queue, sent, of }: { readonly queue: QueueAddress; readonly sent: number; readonly of: number },
): Failure {
  const before = of === 1 ? '' : `${sent} of ${of} were sent; then: `
  return new Failure({
    code: published.outcome === 'unknown' ? 'outcome-unknown' : published.unroutable ? 'not-found' : 'broker-state',
    message: `${before}${published.reason}`,
    hint:
      published.outcome === 'unknown'
        ? 'Look at the queue before sending it again.'
        : published.unroutable
          ? 'Check the exchange, its bindings and the routing key.'
          : undefined,
    subject: queue.name,
  })
}
