/**
 * A message's properties as they travel in AMQP 0-9-1: flags, then values, then the header table with its types. They are
 * kept as these bytes, so that a message which is put back is the one that was taken; what is here reads them for display.
 */
export interface Properties {
  /** In the order of AMQP, those that are set: "content-type", "message-id". */
  readonly named: readonly { readonly name: PropertyName; readonly text: string }[]
  readonly headers: readonly Header[]
}

export interface Header {
  readonly name: string
  readonly value: Field
}

/** Integers are exact; `timestamp` is seconds since 1970. */
export type Field =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'integer'; readonly value: bigint }
  | { readonly type: 'real'; readonly value: number }
  | { readonly type: 'decimal'; readonly text: string }
  | { readonly type: 'flag'; readonly value: boolean }
  | { readonly type: 'timestamp'; readonly value: bigint }
  | { readonly type: 'list'; readonly items: readonly Field[] }
  | { readonly type: 'table'; readonly fields: readonly Header[] }
  | { readonly type: 'void' }
  /** Deeper than is read, or of a type that is not known. */
  | { readonly type: 'unread' }

/** AMQP's own order; each one's flag is a bit, from the highest down. */
export const propertyNames = [
  'content-type',
  'content-encoding',
  'headers',
  'delivery-mode',
  'priority',
  'correlation-id',
  'reply-to',
  'expiration',
  'message-id',
  'timestamp',
  'type',
  'user-id',
  'app-id',
  'cluster-id',
] as const
export type PropertyName = Exclude<(typeof propertyNames)[number], 'headers'>

const flagOf = (index: number): number => 0x8000 >> index

/** Nobody nests headers deeper for a purpose. */
const deepest = 32

export function readProperties(raw: Buffer): Properties {
  const named: { name: PropertyName; text: string }[] = []
  let headers: readonly Header[] = []
  for (const { name, bytes } of partsOf(raw)) {
    if (name === 'headers') headers = readTable(bytes.subarray(4), 0)
    else named.push({ name, text: textOfProperty(name, bytes) })
  }
  return { named, headers }
}

export const propertyOf = ({ named }: Properties, name: PropertyName): string | null =>
  named.find((each) => each.name === name)?.text ?? null

export const headerOf = ({ headers }: Properties, name: string): Field | null =>
  headers.find((each) => each.name === name)?.value ?? null

/** The same bytes but for the headers named; where none of them is there, the very same. */
export function withoutHeaders(raw: Buffer, names: readonly string[]): Buffer {
  const parts = partsOf(raw)
  const table = parts.find(({ name }) => name === 'headers')
  if (!table) return raw
  const kept = entriesOf(table.bytes.subarray(4)).filter(({ name }) => !names.includes(name))
  const entries = Buffer.concat(kept.map(({ bytes }) => bytes))
  if (entries.length === table.bytes.length - 4) return raw
  const length = Buffer.alloc(4)
  length.writeUInt32BE(entries.length)
  return joined(
    parts.flatMap((part): readonly Part[] => {
      if (part.name !== 'headers') return [part]
      // The broker adds a table where it has something to say: without that, none is left.
      return entries.length === 0 ? [] : [{ name: part.name, bytes: Buffer.concat([length, entries]) }]
    }),
  )
}

export interface NewProperties {
  readonly properties: Readonly<Partial<Record<PropertyName, string>>>
  readonly headers: Readonly<Record<string, string>>
}

/** Properties of a message that is written here: headers are texts. Numbers are checked by the caller. */
export function writeProperties({ properties, headers }: NewProperties): Buffer {
  const entries = Object.entries(headers).map(([name, text]) =>
    Buffer.concat([shortText(name), Buffer.from('S'), longText(Buffer.from(text))]),
  )
  return joined(
    propertyNames.flatMap((name): readonly Part[] => {
      if (name === 'headers') return entries.length === 0 ? [] : [{ name, bytes: longText(Buffer.concat(entries)) }]
      const text = properties[name]
      return text === undefined ? [] : [{ name, bytes: bytesOfProperty(name, text) }]
    }),
  )
}

/** A field as a person reads it; bytes as hexadecimal, tables and lists much like JSON. */
export function textOfField(field: Field): string {
  switch (field.type) {
    case 'text':
      return field.text
    case 'bytes':
      return `0x${Buffer.from(field.bytes).toString('hex')}`
    case 'integer':
      return String(field.value)
    case 'real':
      return String(field.value)
    case 'decimal':
      return field.text
    case 'flag':
      return String(field.value)
    case 'timestamp':
      return textOfTimestamp(field.value)
    case 'list':
      return `[${field.items.map(quoted).join(', ')}]`
    case 'table':
      return `{${field.fields.map(({ name, value }) => `${JSON.stringify(name)}: ${quoted(value)}`).join(', ')}}`
    case 'void':
      return 'null'
    case 'unread':
      return '(not read)'
  }
}

const quoted = (field: Field): string => (field.type === 'text' ? JSON.stringify(field.text) : textOfField(field))

/** Beyond what a date can hold, the number itself. */
function textOfTimestamp(seconds: bigint): string {
  return seconds < 8_640_000_000_000n ? new Date(Number(seconds) * 1_000).toISOString() : String(seconds)
}

interface Part {
  readonly name: (typeof propertyNames)[number]
  /** With its length before it, where it has one. */
  readonly bytes: Buffer
}

function partsOf(raw: Buffer): readonly Part[] {
  const flags = raw.length < 2 ? 0 : raw.readUInt16BE(0)
  let at = 2
  return propertyNames.flatMap((name, index): Part[] => {
    if ((flags & flagOf(index)) === 0) return []
    const bytes = raw.subarray(at, at + sizeOfProperty(name, raw, at))
    at += bytes.length
    return [{ name, bytes }]
  })
}

function joined(parts: readonly Part[]): Buffer {
  const flags = Buffer.alloc(2)
  flags.writeUInt16BE(parts.reduce((sum, { name }) => sum | flagOf(propertyNames.indexOf(name)), 0))
  return Buffer.concat([flags, ...parts.map(({ bytes }) => bytes)])
}

function sizeOfProperty(name: (typeof propertyNames)[number], raw: Buffer, at: number): number {
  switch (name) {
    case 'headers':
      return 4 + raw.readUInt32BE(at)
    case 'delivery-mode':
    case 'priority':
      return 1
    case 'timestamp':
      return 8
    default:
      return 1 + raw.readUInt8(at)
  }
}

function textOfProperty(name: PropertyName, bytes: Buffer): string {
  switch (name) {
    case 'delivery-mode':
    case 'priority':
      return String(bytes.readUInt8(0))
    case 'timestamp':
      return String(bytes.readBigUInt64BE(0))
    default:
      return bytes.toString('utf8', 1)
  }
}

function bytesOfProperty(name: PropertyName, text: string): Buffer {
  switch (name) {
    case 'delivery-mode':
    case 'priority':
      return Buffer.from([Number(text)])
    case 'timestamp': {
      const bytes = Buffer.alloc(8)
      bytes.writeBigUInt64BE(BigInt(text))
      return bytes
    }
    default:
      return shortText(text)
  }
}

function shortText(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}

function longText(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** Each entry of a table with its own bytes, from its name to the end of its value. */
function entriesOf(
  table: Buffer,
): readonly { readonly name: string; readonly bytes: Buffer; readonly valueAt: number }[] {
  const entries: { name: string; bytes: Buffer; valueAt: number }[] = []
  for (let at = 0; at < table.length; ) {
    const nameBytes = table.readUInt8(at)
    const name = table.toString('utf8', at + 1, at + 1 + nameBytes)
    const valueAt = 1 + nameBytes
    const end = at + valueAt + 1 + sizeOfField(table, at + valueAt)
    entries.push({ name, bytes: table.subarray(at, end), valueAt })
    at = end
  }
  return entries
}

const readTable = (table: Buffer, depth: number): readonly Header[] =>
  entriesOf(table).map(({ name, bytes, valueAt }) => ({ name, value: readField(bytes, valueAt, depth) }))

/** Without the byte that tells its type. */
function sizeOfField(bytes: Buffer, at: number): number {
  switch (String.fromCharCode(bytes.readUInt8(at))) {
    case 't':
    case 'b':
    case 'B':
      return 1
    case 's':
    case 'u':
      return 2
    case 'I':
    case 'i':
    case 'f':
      return 4
    case 'l':
    case 'd':
    case 'T':
      return 8
    case 'D':
      return 5
    case 'V':
      return 0
    case 'S':
    case 'x':
    case 'A':
    case 'F':
      return 4 + bytes.readUInt32BE(at + 1)
    default:
      // Its size is not known: it takes the rest.
      return bytes.length - at - 1
  }
}

function readField(bytes: Buffer, at: number, depth: number): Field {
  const from = at + 1
  const size = sizeOfField(bytes, at)
  const content = () => bytes.subarray(from + 4, from + size)
  switch (String.fromCharCode(bytes.readUInt8(at))) {
    case 't':
      return { type: 'flag', value: bytes.readUInt8(from) !== 0 }
    case 'b':
      return { type: 'integer', value: BigInt(bytes.readInt8(from)) }
    case 'B':
      return { type: 'integer', value: BigInt(bytes.readUInt8(from)) }
    case 's':
      return { type: 'integer', value: BigInt(bytes.readInt16BE(from)) }
    case 'u':
      return { type: 'integer', value: BigInt(bytes.readUInt16BE(from)) }
    case 'I':
      return { type: 'integer', value: BigInt(bytes.readInt32BE(from)) }
    case 'i':
      return { type: 'integer', value: BigInt(bytes.readUInt32BE(from)) }
    case 'l':
      return { type: 'integer', value: bytes.readBigInt64BE(from) }
    case 'f':
      return { type: 'real', value: bytes.readFloatBE(from) }
    case 'd':
      return { type: 'real', value: bytes.readDoubleBE(from) }
    case 'D':
      return { type: 'decimal', text: decimalText(bytes.readUInt8(from), bytes.readUInt32BE(from + 1)) }
    case 'T':
      return { type: 'timestamp', value: bytes.readBigUInt64BE(from) }
    case 'S':
      return textOrBytes(content())
    case 'x':
      return { type: 'bytes', bytes: content() }
    case 'V':
      return { type: 'void' }
    case 'F':
      return depth < deepest ? { type: 'table', fields: readTable(content(), depth + 1) } : { type: 'unread' }
    case 'A':
      return depth < deepest ? { type: 'list', items: readList(content(), depth + 1) } : { type: 'unread' }
    default:
      return { type: 'unread' }
  }
}

function readList(list: Buffer, depth: number): readonly Field[] {
  const items: Field[] = []
  for (let at = 0; at < list.length; at += 1 + sizeOfField(list, at)) items.push(readField(list, at, depth))
  return items
}

/** A "long string" of AMQP may hold any bytes. */
function textOrBytes(bytes: Buffer): Field {
  try {
    return { type: 'text', text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) }
  } catch {
    return { type: 'bytes', bytes }
  }
}

function decimalText(places: number, digits: number): string {
  if (places === 0) return String(digits)
  const text = String(digits).padStart(places + 1, '0')
  return `${text.slice(0, -places)}.${text.slice(-places)}`
}
