import { textOfField } from '../../clients/rabbitmq-fields'
import { headerOf, type Properties, propertyOf, withoutHeaders } from '../../clients/rabbitmq-properties'
import type { Outbound } from '../../clients/rabbitmq-wire'
import { destinationsOf } from './bindings'
import type { Space } from './topology'

/** How a message had come to a queue. */
export interface Arrival {
  readonly exchange: string
  /** The first is the routing key, others those of a CC header. */
  readonly routingKeys: readonly string[]
}

export interface Road {
  readonly exchange: string
  readonly routingKey: string
}

/**
 * Pure: how to bring one message to one queue and to no other. The way that it had come, so that its consumer sees the exchange
 * and routing key that it knows, if that surely leads to this queue alone; else straight there, since the exchange would give
 * copies to every other queue that is bound to it.
 */
export function roadTo(space: Space, queue: string, { exchange, routingKeys }: Arrival): Road {
  const [routingKey] = routingKeys
  if (exchange !== '' && routingKey !== undefined) {
    const { queues, certain } = destinationsOf(space.routes, exchange, routingKeys)
    if (certain && queues.length === 1 && queues[0] === queue) return { exchange, routingKey }
  }
  return { exchange: '', routingKey: queue }
}

/** The message on that road. Straight to a queue, a CC header would make copies: it goes, as RabbitMQ itself does with dead letters. */
export const onRoad = (road: Road, message: { readonly raw: Buffer; readonly body: Buffer }): Outbound => ({
  ...road,
  properties: road.exchange === '' ? withoutHeaders(message.raw, ['CC', 'BCC']) : message.raw,
  body: message.body,
})

/** By the exchange and key that it was taken with, and what its CC header names. */
export function arrivalOf(message: {
  readonly exchange: string
  readonly routingKey: string
  readonly properties: Properties
}): Arrival {
  const copies = headerOf(message.properties, 'CC')
  return {
    exchange: message.exchange,
    routingKeys: [message.routingKey, ...(copies?.type === 'list' ? copies.items.map(textOfField) : [])],
  }
}

/** Why this user may not publish a message as it is; null when it may. RabbitMQ would close the channel at it. */
export function foreignUser(
  properties: Properties,
  user: { readonly name: string; readonly tags: readonly string[] },
): string | null {
  const named = propertyOf(properties, 'user-id')
  if (named === null || named === user.name || user.tags.includes('impersonator')) return null
  return `Its user-id is ${named}, and RabbitMQ takes that from no other user: connect as ${named}, or as one with the tag impersonator.`
}
