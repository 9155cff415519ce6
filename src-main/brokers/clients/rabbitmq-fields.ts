/** The header table of an AMQP 0-9-1 message, with the types that its publisher gave its values. */
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

export const readTable = (table: Buffer, depth = 0): readonly Header[] =>
  entriesOf(table).map(({ name, bytes, valueAt }) => ({ name, value: readField(bytes, valueAt, depth) }))

/** Each entry of a table with its own bytes, from its name to the end of its value. */
export function entriesOf(
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

/** Nobody nests headers deeper for a purpose. */
const deepest = 32

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
