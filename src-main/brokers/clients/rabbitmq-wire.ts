import type { ChannelModel, ConfirmChannel, Message } from 'amqplib'

/**
 * The bytes of a message's properties, kept beside what amqplib makes of them and sent as they are. amqplib reads 64-bit headers
 * as doubles and forgets which type a number had; a message that is put back must be the one that was taken. It has no door for
 * that, so this reaches into the pinned version: where frames come in, and where a published message's frames go out.
 */
export function keepRawProperties(model: ChannelModel): void {
  const connection = insideOf(model)
  const original = connection.recvFrame
  connection.recvFrame = function recvFrame(this: InsideConnection) {
    const before = this.rest
    const frame = original.call(this)
    if (isHeaderFrame(frame) && !rawProperties.has(frame.fields)) {
      // Kind 2, after 7 bytes of frame: class, weight and size of the body take 12, then come the properties.
      const size = before.readUInt32BE(3)
      rawProperties.set(frame.fields, Buffer.from(before.subarray(7 + 12, 7 + size)))
    }
    return frame
  }
}

/** Of a message that came over a connection with `keepRawProperties`. */
export function rawPropertiesOf(message: Message): Buffer {
  const raw = rawProperties.get(message.properties)
  if (!raw) throw new Error('the message came over a connection that does not keep raw properties')
  return raw
}

export interface Outbound {
  readonly exchange: string
  readonly routingKey: string
  /** As `rawPropertiesOf` or `writeProperties` have them. */
  readonly properties: Buffer
  readonly body: Buffer
}

/** Always mandatory: what no queue takes comes back as 'return', before it is confirmed. `settled` hears the confirmation. */
export function publishRaw(
  channel: ConfirmChannel,
  { exchange, routingKey, properties, body }: Outbound,
  settled: (refusal: Error | null) => void,
): void {
  const inside = channel as unknown as InsideChannel
  const { connection, ch } = inside
  connection.sendMethod(ch, basicPublish, { ticket: 0, exchange, routingKey, mandatory: true, immediate: false })
  connection.channels[ch]!.buffer.write(headerFrame(ch, body.length, properties))
  connection.sendContent(ch, body)
  inside.pushConfirmCallback(settled)
}

/** Ends the socket without a farewell: for a broker that no longer answers. */
export function cutOff(model: ChannelModel): void {
  // amqplib does not hear of a socket that ends without an error.
  insideOf(model).stream.destroy(new Error('timed out'))
}

const basicPublish = (60 << 16) | 40
const basicClass = 60
const rawProperties = new WeakMap<object, Buffer>()

/** What amqplib 2.3 has inside and does not tell. */
interface InsideConnection {
  recvFrame(this: InsideConnection): unknown
  rest: Buffer
  readonly stream: { destroy(error: Error): void }
  readonly channels: readonly ({ readonly buffer: { write(bytes: Buffer): boolean } } | null | undefined)[]
  sendMethod(channel: number, method: number, fields: object): boolean
  sendContent(channel: number, body: Buffer): boolean
}

interface InsideChannel {
  readonly ch: number
  readonly connection: InsideConnection
  pushConfirmCallback(settled: (refusal: Error | null) => void): void
}

function insideOf(model: ChannelModel): InsideConnection {
  const inside = model.connection as unknown as Partial<InsideConnection>
  if (typeof inside.recvFrame !== 'function' || !Buffer.isBuffer(inside.rest) || !inside.sendContent) {
    throw new Error('this amqplib is not the one whose inside is known')
  }
  return inside as InsideConnection
}

const isHeaderFrame = (frame: unknown): frame is { readonly fields: object } =>
  typeof frame === 'object' && frame !== null && 'size' in frame && 'id' in frame && frame.id === basicClass

function headerFrame(channel: number, bodyBytes: number, properties: Buffer): Buffer {
  const frame = Buffer.alloc(7 + 12 + properties.length + 1)
  frame.writeUInt8(2, 0)
  frame.writeUInt16BE(channel, 1)
  frame.writeUInt32BE(12 + properties.length, 3)
  frame.writeUInt16BE(basicClass, 7)
  frame.writeUInt16BE(0, 9)
  frame.writeBigUInt64BE(BigInt(bodyBytes), 11)
  properties.copy(frame, 19)
  frame.writeUInt8(0xce, frame.length - 1)
  return frame
}
