import type { NewMessage } from '../../driver-messages'

/**
 * A message as an entry of a stream. Ours has the field "body" and, where there is something to say, "qs:attributes" (JSON),
 * "qs:max" (attempts) and, when it was enqueued with a delay, "qs:id" (its id) and "qs:at" (when that was). Any other producer's fields are taken as they
 * come: where there is a body field, the others are attributes; where there is none, all fields together are the body, as
 * JSON in their order, each value text or, when it is no UTF-8, {"base64": "..."}.
 */
export interface EntryContent {
  readonly body: Uint8Array
  readonly attributes: Readonly<Record<string, string>>
  readonly maxAttempts: number | undefined
  /** The id under which it was enqueued, when that is not its entry's. */
  readonly id: string | undefined
  /** When that was, in ms since 1970. */
  readonly enqueuedAt: number | undefined
}

export const defaultBodyField = 'body'

/** Marks fields that are ours. */
const own = 'qs:'
export const maxField = `${own}max`
export const idField = `${own}id`
export const atField = `${own}at`
const attributesField = `${own}attributes`

export type Fields = readonly Buffer[]

export function fieldsOf(message: NewMessage, bodyField: string): (string | Buffer)[] {
  const { body, attributes, maxAttempts } = message
  const fields: (string | Buffer)[] = [bodyField, bytesOf(body)]
  if (attributes !== undefined && Object.keys(attributes).length > 0)
    fields.push(attributesField, JSON.stringify(attributes))
  if (maxAttempts !== undefined) fields.push(maxField, String(maxAttempts))
  return fields
}

export const bytesOf = (body: Uint8Array | string): Buffer =>
  typeof body === 'string'
    ? Buffer.from(body, 'utf8')
    : Buffer.isBuffer(body)
      ? body
      : Buffer.from(body.buffer, body.byteOffset, body.byteLength)

export function contentOf(fields: Fields, bodyField: string): EntryContent {
  let body: Buffer | undefined
  let maxAttempts: number | undefined
  let id: string | undefined
  let enqueuedAt: number | undefined
  const attributes: Record<string, string> = Object.create(null)
  const theirs: [string, Buffer][] = []
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = fields[at]!.toString('utf8')
    const value = fields[at + 1]!
    if (name === bodyField && body === undefined) body = value
    else if (name === maxField) maxAttempts = positive(value)
    else if (name === idField) id = value.toString('utf8')
    else if (name === atField) enqueuedAt = positive(value)
    else if (name === attributesField) Object.assign(attributes, attributesIn(value))
    else theirs.push([name, value])
  }
  if (body === undefined) return { body: asJson(theirs), attributes: { ...attributes }, maxAttempts, id, enqueuedAt }
  for (const [name, value] of theirs) attributes[name] ??= value.toString('utf8')
  return { body, attributes: { ...attributes }, maxAttempts, id, enqueuedAt }
}

/** The same entry with another body. What was a body of several fields becomes one field. */
export function withBody(fields: Fields, bodyField: string, body: Uint8Array): Fields {
  const changed: Buffer[] = []
  let found = false
  const whole = fields.some((name, at) => at % 2 === 0 && name.toString('utf8') === bodyField)
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = fields[at]!.toString('utf8')
    if (name === bodyField && !found) {
      found = true
      changed.push(fields[at]!, bytesOf(body))
    } else if (whole || name.startsWith(own)) changed.push(fields[at]!, fields[at + 1]!)
  }
  if (!found) changed.push(Buffer.from(bodyField), bytesOf(body))
  return changed
}

/** Fields or lines as one string: "3:abc5:hello". */
export const packed = (parts: readonly (string | Buffer)[]): Buffer =>
  Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.isBuffer(part) ? part : Buffer.from(part, 'utf8')
      return [Buffer.from(`${bytes.length}:`, 'latin1'), bytes]
    }),
  )

/** Lenient: what is damaged ends the list. */
export function unpacked(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const colon = bytes.indexOf(58, at)
    const length = colon < 0 ? Number.NaN : Number(bytes.toString('latin1', at, colon))
    if (!Number.isInteger(length) || colon + 1 + length > bytes.length) break
    parts.push(bytes.subarray(colon + 1, colon + 1 + length))
    at = colon + 1 + length
  }
  return parts
}

function positive(value: Buffer): number | undefined {
  const number = Number(value.toString('latin1'))
  return Number.isSafeInteger(number) && number > 0 ? number : undefined
}

function attributesIn(value: Buffer): Record<string, string> {
  try {
    const parsed: unknown = JSON.parse(value.toString('utf8'))
    if (typeof parsed !== 'object' || parsed === null) return {}
    return Object.fromEntries(
      Object.entries(parsed).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
    )
  } catch {
    return {}
  }
}

/** Written by hand: a stream may have one name twice, and both shall be seen. */
const asJson = (pairs: readonly (readonly [string, Buffer])[]): Buffer =>
  Buffer.from(`{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${jsonOf(value)}`).join(',')}}`, 'utf8')

function jsonOf(value: Buffer): string {
  const text = value.toString('utf8')
  return Buffer.from(text, 'utf8').equals(value)
    ? JSON.stringify(text)
    : JSON.stringify({ base64: value.toString('base64') })
}
