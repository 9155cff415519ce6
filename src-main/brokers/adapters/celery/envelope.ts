/** A message as kombu writes it into a list: the task's own facts, and its body as bytes. Times are epoch milliseconds. */
export interface Envelope {
  /** The task's id, or the delivery tag where the message is no task. */
  readonly id: string
  readonly task: string | null
  readonly body: Buffer
  readonly isBase64: boolean
  readonly contentType: string
  readonly eta: number | null
  readonly retries: number | null
  readonly queue: string | null
  readonly headers: Readonly<Record<string, unknown>>
  readonly deliveryTag: string
}

/** null: the bytes are no message of kombu's. */
export function readEnvelope(raw: Buffer): Envelope | null {
  try {
    return envelopeOf(JSON.parse(raw.toString('utf8')))
  } catch {
    return null
  }
}

/** What a worker holds: the message with its exchange and routing key. */
export function readUnacked(raw: Buffer): Envelope | null {
  try {
    const [message] = JSON.parse(raw.toString('utf8')) as unknown[]
    return envelopeOf(message)
  } catch {
    return null
  }
}

/**
 * The same message with another body; every other byte stays. The body stands once, as the value of "body" in front: kombu writes
 * it first, and its text holds no quote. null where that is not so, or the body cannot be written in its encoding.
 */
export function withBody(raw: Buffer, { body, isBase64 }: Envelope, next: Uint8Array): Buffer | null {
  const before = encoded(body, isBase64)
  const after = encoded(next, isBase64)
  if (before === null || after === null) return null
  const at = raw.indexOf(before)
  if (at < 0 || raw.indexOf(before, at + before.length) >= 0) return null
  return Buffer.concat([raw.subarray(0, at), after, raw.subarray(at + before.length)])
}

function encoded(body: Uint8Array, isBase64: boolean): Buffer | null {
  if (isBase64) return Buffer.from(`"${Buffer.from(body).toString('base64')}"`)
  const text = Buffer.from(body).toString('utf8')
  return Buffer.from(text).equals(Buffer.from(body)) ? Buffer.from(JSON.stringify(text)) : null
}

function envelopeOf(message: unknown): Envelope | null {
  if (!isRecord(message) || typeof message.body !== 'string') return null
  const headers = isRecord(message.headers) ? message.headers : {}
  const properties = isRecord(message.properties) ? message.properties : {}
  const delivery = isRecord(properties.delivery_info) ? properties.delivery_info : {}
  const isBase64 = properties.body_encoding === 'base64'
  const deliveryTag = String(properties.delivery_tag ?? '')
  const eta = typeof headers.eta === 'string' ? Date.parse(headers.eta) : Number.NaN
  const id = typeof headers.id === 'string' ? headers.id : deliveryTag
  if (id === '') return null
  return {
    id,
    task: typeof headers.task === 'string' ? headers.task : null,
    body: isBase64 ? Buffer.from(message.body, 'base64') : Buffer.from(message.body),
    isBase64,
    contentType: String(message['content-type'] ?? ''),
    eta: Number.isFinite(eta) ? eta : null,
    retries: typeof headers.retries === 'number' ? headers.retries : null,
    queue: typeof delivery.routing_key === 'string' ? delivery.routing_key : null,
    headers,
    deliveryTag,
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
