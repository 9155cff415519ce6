import { entriesOf, type Field, type Header, readTable } from './rabbitmq-fields'

/**
 * A message's properties as they travel in AMQP 0-9-1: flags, then values, then the header table with its types. They are
 * kept as these bytes, so that a message which is put back is the one that was taken; what is here reads them for display.
 */
export interface Properties {
  /** In the order of AMQP, those that are set: "content-type", "message-id". */
  readonly named: readonly { readonly name: PropertyName; readonly text: string }[]
  readonly headers: readonly Header[]
}

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

export function readProperties(raw: Buffer): Properties {
  const named: { name: PropertyName; text: string }[] = []
  let headers: readonly Header[] = []
  for (const { name, bytes } of partsOf(raw)) {
    if (name === 'headers') headers = readTable(bytes.subarray(4))
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
