import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { type Body, wholeBodyLimit, withheldReason } from '@shared/model/message'
import type { RedisClient } from '../clients/redis'
import { askAll, listOf, numberOf, textOf } from './redis-asking'

/** One entry of a stream: fields in their order, names may repeat. */
export interface Entry {
  readonly id: string
  readonly fields: readonly (readonly [name: string, value: Buffer])[]
}

/** What XRANGE and its like answer. */
export const entriesOf = (answer: unknown): readonly Entry[] =>
  listOf(answer).flatMap((row) => {
    const [id, flat] = listOf(row)
    const text = textOf(id)
    if (text === null || !Array.isArray(flat)) return []
    return [
      {
        id: text,
        fields: Array.from({ length: Math.floor(flat.length / 2) }, (_, index): readonly [string, Buffer] => [
          textOf(flat[index * 2]) ?? '',
          Buffer.isBuffer(flat[index * 2 + 1]) ? flat[index * 2 + 1] : Buffer.from(String(flat[index * 2 + 1])),
        ]),
      },
    ]
  })

export interface EntryBody {
  readonly bytes: Buffer
  /** How it was made of the fields, in words. */
  readonly made: string
}

/**
 * An entry has fields and no body: a single field's value is its body, byte for byte, and so is that of `field` where one is named;
 * else all fields are written as one JSON object, in their order.
 */
export function bodyOfEntry({ fields }: Entry, field: string | null = null): EntryBody {
  const named = field === null ? undefined : fields.find(([name]) => name === field)
  if (named) return { bytes: named[1], made: `the value of its field ${field}` }
  const [only] = fields
  if (only && fields.length === 1) return { bytes: only[1], made: `the value of its one field ${only[0]}` }
  const members = fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value.toString('utf8'))}`)
  const binary = fields.filter(([, value]) => !isUtf8(value)).map(([name]) => name)
  const note = binary.length > 0 ? `; not UTF-8, so not exact here: ${binary.join(', ')}` : ''
  return { bytes: Buffer.from(`{${members.join(',')}}`), made: `its ${fields.length} fields as JSON${note}` }
}

export const attributesOfEntry = ({ fields }: Entry): { name: string; value: string }[] =>
  fields.map(([name, value]) => ({
    name,
    value: value.length <= attributeLimit ? value.toString('utf8') : `(${value.length} bytes, not shown)`,
  }))

/** A field is shown beside the body up to this size. */
const attributeLimit = 64 * 1024

export const wholeBody = (bytes: Uint8Array): Body =>
  bytes.length > wholeBodyLimit
    ? { kind: 'withheld', bytes: bytes.length, reason: withheldReason }
    : {
        kind: 'whole',
        base64: Buffer.from(bytes).toString('base64'),
        bytes: bytes.length,
        digest: createHash('sha256').update(bytes).digest('hex'),
      }

/** The first 120 characters, decoded leniently, for display only. */
export const previewOf = (bytes: Uint8Array): string =>
  [...Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, previewLength * 4)).toString('utf8')]
    .slice(0, previewLength)
    .join('')

const previewLength = 120

/** Entries that one command may bring, so that it brings about 2 MB. */
export async function entriesPerLook(redis: RedisClient, key: string): Promise<number> {
  const [length, memory] = await askAll(redis, [
    ['XLEN', key],
    ['MEMORY', 'USAGE', key, 'SAMPLES', '5'],
  ])
  const entries = length?.ok ? numberOf(length.value) : null
  const bytes = memory?.ok ? numberOf(memory.value) : null
  if (!entries || bytes === null) return mostPerLook / 5
  return Math.max(1, Math.min(mostPerLook, Math.floor((2 * 1024 * 1024) / Math.max(1, bytes / entries))))
}

const mostPerLook = 1_000
