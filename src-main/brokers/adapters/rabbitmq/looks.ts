import { createHash } from 'node:crypto'
import type { PeekState } from '@shared/model/peek'
import { type QueueAddress, queueKey } from '@shared/model/queue'
import type { Taken } from '../../clients/rabbitmq-amqp'
import {
  headerOf,
  type Properties,
  propertyOf,
  readProperties,
  withoutHeaders,
} from '../../clients/rabbitmq-properties'
import { type Death, deathsOf } from './deaths'

/** One message as it was seen. It has no id in RabbitMQ: it is found again by being the very same. */
export interface Kept {
  /** Good within one look. */
  readonly id: string
  /** sha-256 over exchange, routing key, properties and body. */
  readonly print: string
  /** Counted from the front of the queue. */
  readonly place: number
  readonly exchange: string
  readonly routingKey: string
  /** As they travelled, without what the broker adds for each delivery. */
  readonly raw: Buffer
  readonly properties: Properties
  readonly deaths: readonly Death[]
  /** null where the bodies of this look were too many to keep. */
  readonly body: Buffer | null
  readonly bytes: number
  /** sha-256, hex, of the body. */
  readonly digest: string
  readonly redelivered: boolean
  /** Deliveries before this look, as a quorum queue counts them; null: its queue does not. */
  readonly deliveries: number | null
}

/** What one look saw. Changed only by what is done from here: what others do to the queue meanwhile is not known. */
export interface Look {
  readonly takenAt: number
  readonly messages: ReadonlyMap<string, Kept>
  /** Nothing stood behind what was seen. */
  readonly whole: boolean
  readonly note: string | null
  readonly held: number
  /** The highest count of deliveries among what was given back, as it is now; 0 where none is counted. */
  readonly highest: number
  /** Redeliveries of this queue that were not made from here, when the look began. */
  readonly othersThen: number
}

/** Headers that RabbitMQ adds to a delivery and that are no part of the message. */
const deliveryHeaders = ['x-delivery-count', 'x-acquired-count', 'x-stream-offset'] as const

export type Seen = Omit<Kept, 'id'>

export function seenOf(taken: Omit<Taken, 'message'>, place: number): Seen {
  const { exchange, routingKey, body, redelivered } = taken
  const raw = withoutHeaders(taken.properties, deliveryHeaders)
  const properties = readProperties(raw)
  const count = headerOf(readProperties(taken.properties), 'x-delivery-count')
  return {
    print: printOf({ exchange, routingKey, raw, body }),
    place,
    exchange,
    routingKey,
    raw,
    properties,
    deaths: deathsOf(properties),
    body,
    bytes: body.length,
    digest: createHash('sha256').update(body).digest('hex'),
    redelivered,
    deliveries: count?.type === 'integer' ? Number(count.value) : null,
  }
}

export function printOf(message: {
  readonly exchange: string
  readonly routingKey: string
  readonly raw: Buffer
  readonly body: Buffer
}): string {
  const hash = createHash('sha256')
  for (const part of [Buffer.from(message.exchange), Buffer.from(message.routingKey), message.raw]) {
    // Lengths keep two parts from reading as others.
    hash.update(`${part.length}:`).update(part)
  }
  return hash.update(message.body).digest('hex')
}

/** Its own message-id where no other has the same; else its print, and which of its likes it is. */
export function named(seen: readonly Seen[]): ReadonlyMap<string, Kept> {
  const bearers = new Map<string, number>()
  for (const { properties } of seen) {
    const own = propertyOf(properties, 'message-id')
    if (own) bearers.set(own, (bearers.get(own) ?? 0) + 1)
  }
  const likes = new Map<string, number>()
  const messages = new Map<string, Kept>()
  for (const message of seen) {
    const own = propertyOf(message.properties, 'message-id')
    const like = likes.get(message.print) ?? 0
    likes.set(message.print, like + 1)
    const id = own && bearers.get(own) === 1 ? own : `${message.print.slice(0, 20)}${like === 0 ? '' : `-${like + 1}`}`
    messages.set(id, { id, ...message })
  }
  return messages
}

/** Bodies of one look, and of all looks, that are kept. Bytes. */
export const lookBytes = 64 * 1024 * 1024
const allBytes = 192 * 1024 * 1024

/** The looks of one connection, by queue; the oldest make room. */
export class Looks {
  private readonly looks = new Map<string, Look>()
  private readonly own = new Map<string, number>()

  of(queue: QueueAddress): Look | undefined {
    return this.looks.get(queueKey(queue))
  }

  keep(queue: QueueAddress, look: Look): void {
    const key = queueKey(queue)
    this.looks.delete(key)
    this.looks.set(key, look)
    let bytes = 0
    for (const [each, { messages }] of [...this.looks].reverse()) {
      for (const { body } of messages.values()) bytes += body?.length ?? 0
      if (bytes > allBytes && each !== key) this.looks.delete(each)
    }
  }

  forget(queue: QueueAddress): void {
    this.looks.delete(queueKey(queue))
  }

  /** Changes what is known of some messages; those that map to null are no longer there. */
  change(queue: QueueAddress, changes: ReadonlyMap<string, Kept | null>): void {
    const look = this.of(queue)
    if (!look || changes.size === 0) return
    const messages = new Map(look.messages)
    for (const [id, kept] of changes) {
      if (kept) messages.set(id, kept)
      else messages.delete(id)
    }
    this.looks.set(queueKey(queue), { ...look, messages })
  }

  /** What was given back from here counts as a delivery in a quorum queue. */
  countGivenBack(queue: QueueAddress, redelivered: number): void {
    const key = queueKey(queue)
    this.own.set(key, (this.own.get(key) ?? 0) + redelivered)
  }

  /** One more delivery for all that was seen: something was taken through the queue, and the rest given back. */
  age(queue: QueueAddress): void {
    const look = this.of(queue)
    if (look) this.looks.set(queueKey(queue), { ...look, highest: look.highest + 1 })
  }

  /** Redeliveries that were made from here since this connection is open. */
  ownRedeliveries(queue: QueueAddress): number {
    return this.own.get(queueKey(queue)) ?? 0
  }
}

export const stateOfLook = ({ takenAt, messages, held, note }: Look): PeekState => ({
  takenAt,
  seen: messages.size,
  held,
  heldUntil: null,
  note,
})
