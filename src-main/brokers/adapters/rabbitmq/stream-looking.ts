import type { QueueAddress } from '@shared/model/queue'
import type { ConsumeMessage } from 'amqplib'
import type { Clock } from '../../../runtime/clock'
import type { RabbitmqConnection } from '../../clients/rabbitmq'
import { headerOf, readProperties } from '../../clients/rabbitmq-properties'
import { rawPropertiesOf } from '../../clients/rabbitmq-wire'
import { type Kept, type Look, lookBytes, seenOf } from './looks'

/** Nothing more came for this long: the end of the stream is reached. A stream does not say so. Milliseconds. */
const silentForMs = 400
const longestLookMs = 20_000

/**
 * The last `count` messages of a stream, by a consumer that is gone when this returns. A first one asks for the last chunk only to
 * learn at which offset it begins; a second one reads from `count` messages before that to the end. The broker stores no offset
 * of either.
 */
export async function lookIntoStream(
  connection: RabbitmqConnection,
  queue: QueueAddress,
  count: number,
): Promise<Look> {
  const [last] = await readStream(connection, queue, { offset: 'last', keep: 1, onlyFirst: true })
  const from = last ? Math.max(0, last.offset - count) : 0
  const read = last ? await readStream(connection, queue, { offset: from, keep: count, onlyFirst: false }) : []
  const messages = new Map<string, Kept>()
  for (const { offset, message } of read) {
    const { exchange, routingKey, redelivered } = message.fields
    const seen = seenOf(
      { body: message.content, properties: rawPropertiesOf(message), exchange, routingKey, redelivered },
      offset,
    )
    // A stream's own number for it, the only id in RabbitMQ that a message keeps.
    const id = String(offset)
    messages.set(id, { id, ...seen })
  }
  return {
    takenAt: connection.clock.now(),
    messages,
    whole: false,
    held: 0,
    highest: 0,
    othersThen: 0,
    note:
      read.length === 0 ? 'the stream is empty' : `offsets ${read[0]?.offset} to ${read.at(-1)?.offset}, the latest`,
  }
}

interface StreamRead {
  readonly offset: 'last' | number
  /** Of what comes, the last so many. */
  readonly keep: number
  readonly onlyFirst: boolean
}

async function readStream(
  { amqp, clock }: RabbitmqConnection,
  queue: QueueAddress,
  { offset, keep, onlyFirst }: StreamRead,
): Promise<readonly { readonly offset: number; readonly message: ConsumeMessage }[]> {
  const use = { vhost: queue.prefix, queue: queue.name, act: `read ${queue.name}` }
  return await amqp.onChannel(use, async (channel, answered) => {
    const read: { offset: number; message: ConsumeMessage }[] = []
    let bytes = 0
    const silence = new Silence(clock)
    // Streams are read with a limit on what may be unacknowledged, and acknowledging moves nothing in them.
    await answered(channel.prefetch(200))
    channel.on('close', () => silence.end())
    const { consumerTag } = await answered(
      channel.consume(
        queue.name,
        (message) => {
          if (!message || (onlyFirst && read.length > 0)) return silence.end()
          const at = headerOf(readProperties(rawPropertiesOf(message)), 'x-stream-offset')
          read.push({ offset: at?.type === 'integer' ? Number(at.value) : 0, message })
          bytes += message.content.length
          while (read.length > keep || (bytes > lookBytes && read.length > 1)) {
            bytes -= read.shift()?.message.content.length ?? 0
          }
          channel.ack(message)
          if (onlyFirst) silence.end()
          else silence.heard()
        },
        { arguments: { 'x-stream-offset': offset } },
      ),
    )
    await silence.fallen
    await answered(channel.cancel(consumerTag))
    return read
  })
}

/** Resolves when nothing was heard for a while, or after the longest time of all. */
class Silence {
  readonly fallen: Promise<void>
  private resolve: () => void = () => {}
  private cancel: () => void
  private readonly until: number

  constructor(private readonly clock: Clock) {
    this.fallen = new Promise((resolve) => {
      this.resolve = resolve
    })
    this.until = clock.elapsed() + longestLookMs
    this.cancel = clock.after(5 * silentForMs, () => this.end())
  }

  heard(): void {
    this.cancel()
    if (this.clock.elapsed() > this.until) this.end()
    else this.cancel = this.clock.after(silentForMs, () => this.end())
  }

  end(): void {
    this.cancel()
    this.resolve()
  }
}
