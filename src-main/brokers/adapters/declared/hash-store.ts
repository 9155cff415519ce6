import { Failure } from '@shared/failure'
import { z } from 'zod'
import { formatElementId, handleOf, parseElementId } from '../element-id'
import { ask, askOne, listOf, numberOf, pairsOf, textOf } from '../redis-asking'
import { envelopeOf, type StoreAt, type Stored, type StoredFinding, type StoredPage } from './stored'

/** Fields that one step of a scan brings, roughly; and steps that are spent on finding some. */
const scanCount = 100
const mostSteps = 500

const Cursor = z.tuple([z.string().regex(/^\d+$/), z.string()])

/**
 * A hash is in no order but that of its scan: each step's fields are told by name, and a cursor holds the step and the last field of
 * it. What is there all the time is told once, and a second time only where the hash is rebuilt meanwhile.
 */
export async function hashPage(
  at: StoreAt,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): Promise<StoredPage> {
  const { redis, place } = at
  const { key } = place.place
  const total = numberOf(await askOne(redis, ['HLEN', key])) ?? 0
  let [step, last] = cursor === null ? ['0', ''] : parseCursor(cursor)
  const rows: Stored[] = []
  for (;;) {
    const { next, pairs } = await scan(at, step)
    const fresh = pairs.filter(([field]) => last === '' || handleOf(field) > last)
    for (const [field, value] of fresh.slice(0, limit - rows.length)) rows.push(storedOf(at, field, value))
    const shown = rows.at(-1)
    if (rows.length === limit && fresh.length > 0 && shown) {
      const lastShown = handleOf(Buffer.from(String(shown.at[0])))
      const isEnd = next === '0' && lastShown === handleOf(fresh.at(-1)![0])
      return { rows, nextCursor: isEnd ? null : JSON.stringify([step, lastShown]), total }
    }
    if (next === '0') return { rows, nextCursor: null, total }
    step = next
    last = ''
  }
}

/** By the field that is the message's own id first, else by looking through. */
export async function findInHash(at: StoreAt, ids: readonly string[]): Promise<StoredFinding> {
  const parsed = ids.map(parseElementId)
  const found = new Map<string, Stored>()
  const keep = (field: Buffer, value: Buffer) => found.set(handleIn(field, value), storedOf(at, field, value))
  const labels = [...new Set(parsed.flatMap((id) => id?.label ?? []))]
  const values = await ask(
    at.redis,
    labels.map((label) => ['HGET', at.place.place.key, label] as const),
  )
  labels.forEach((label, index) => {
    const value = values[index]
    if (Buffer.isBuffer(value)) keep(Buffer.from(label), value)
  })
  const isMissing = () => parsed.some((id) => id && !found.has(id.handle))
  let step = '0'
  let isWhole = true
  for (let steps = 0; isMissing(); steps += 1) {
    const { next, pairs } = await scan(at, step)
    for (const [field, value] of pairs) keep(field, value)
    step = next
    if (step === '0') break
    isWhole = steps < mostSteps
    if (!isWhole) break
  }
  return {
    rows: parsed.map((id, index) => {
      const stored = id ? found.get(id.handle) : undefined
      return stored ? { ...stored, id: ids[index]! } : null
    }),
    isWhole,
  }
}

async function scan({ redis, place }: StoreAt, step: string) {
  const [next, flat] = listOf(await askOne(redis, ['HSCAN', place.place.key, step, 'COUNT', scanCount]))
  const pairs = pairsOf(flat)
    .flatMap(([field, value]) => (Buffer.isBuffer(field) && Buffer.isBuffer(value) ? [[field, value] as const] : []))
    .sort(([a], [b]) => (handleOf(a) < handleOf(b) ? -1 : 1))
  return { next: textOf(next) ?? '0', pairs }
}

/** Two fields may hold the same bytes. */
const handleIn = (field: Buffer, value: Buffer): string => handleOf(Buffer.concat([field, Buffer.from([0]), value]))

function storedOf(at: StoreAt, field: Buffer, bytes: Buffer): Stored {
  const envelope = envelopeOf(at, { bytes, fields: [] })
  const name = field.toString('utf8')
  return {
    id: formatElementId({ label: envelope.id ?? name, handle: handleIn(field, bytes), copy: 0 }),
    bytes,
    fields: [],
    at: [name, ''],
    score: null,
    envelope,
    addedAt: null,
    reach: 0,
  }
}

function parseCursor(text: string): readonly [string, string] {
  try {
    return Cursor.parse(JSON.parse(text))
  } catch {
    throw new Failure({ code: 'bad-input', message: 'this place in the hash is not one that was given out' })
  }
}
