import { Failure } from '@shared/failure'
import type { RedisClient } from '../../clients/redis'
import { ask, buffersOf, type Command, listOf, numberOf, textOf } from '../redis-asking'
import { type Envelope, readEnvelope, readUnacked } from './envelope'
import { listsOf, unackedKey } from './keys'

/** A message where it waits. `distance`: from the end at which workers take, when it was seen. */
export interface Waiting {
  readonly list: string
  readonly distance: number
  readonly raw: Buffer
  readonly envelope: Envelope
}

/** Looked through for one message at most, from the end at which workers take, per priority. */
export const findWithin = 10_000
const pieceSize = 500

/** The next `limit` messages after the cursor, next in line first, urgent lists first. The cursor names the last one seen. */
export async function waitingPage(
  redis: RedisClient,
  queue: string,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): Promise<{ readonly rows: readonly Waiting[]; readonly nextCursor: string | null; readonly total: number }> {
  const lists = listsOf(queue)
  const lengths = (
    await ask(
      redis,
      lists.map((list): Command => ['LLEN', list]),
    )
  ).map((length) => numberOf(length) ?? 0)
  const rows: Waiting[] = []
  let place = parseCursor(cursor)
  while (place.list < lists.length && rows.length <= limit) {
    const list = lists[place.list]!
    const from = place.tag === null ? 0 : await distanceAfter(redis, list, place.distance, place.tag)
    const taken = await window(redis, list, from, from + limit - rows.length)
    rows.push(...taken)
    place = { list: place.list + 1, distance: 0, tag: null }
  }
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    rows: page,
    nextCursor:
      rows.length > limit && last
        ? JSON.stringify([lists.indexOf(last.list), last.distance, last.envelope.deliveryTag])
        : null,
    total: lengths.reduce((sum, length) => sum + length, 0),
  }
}

/** Messages of these task ids, as far as the first `findWithin` of each list reach. */
export async function findWaiting(
  redis: RedisClient,
  queue: string,
  ids: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Waiting>> {
  const found = new Map<string, Waiting>()
  for (const list of listsOf(queue)) {
    for (let from = 0; from < findWithin && found.size < ids.size; from += pieceSize) {
      const rows = await window(redis, list, from, from + pieceSize - 1)
      for (const row of rows) if (ids.has(row.envelope.id)) found.set(row.envelope.id, row)
      if (rows.length < pieceSize) break
    }
  }
  return found
}

/** What workers hold, over all queues of this database: kombu keeps one hash for all. At most `findWithin`. */
export async function heldByWorkers(
  redis: RedisClient,
): Promise<readonly { readonly raw: Buffer; readonly envelope: Envelope }[]> {
  const held: { raw: Buffer; envelope: Envelope }[] = []
  let cursor = '0'
  do {
    const [next, flat] = listOf((await ask(redis, [['HSCAN', unackedKey, cursor, 'COUNT', pieceSize]]))[0])
    for (const [index, raw] of buffersOf(flat).entries()) {
      const envelope = index % 2 === 1 ? readUnacked(raw) : null
      if (envelope) held.push({ raw, envelope })
    }
    cursor = textOf(next) ?? '0'
  } while (cursor !== '0' && held.length < findWithin)
  return held
}

async function window(redis: RedisClient, list: string, low: number, high: number): Promise<readonly Waiting[]> {
  const [answer] = await ask(redis, [['LRANGE', list, -(high + 1), -(low + 1)]])
  return [...buffersOf(answer)].reverse().flatMap((raw, index) => {
    const envelope = readEnvelope(raw) ?? strangeEnvelope(raw, list, low + index)
    return [{ list, distance: low + index, raw, envelope }]
  })
}

/** What is no message of kombu's is shown as it is, under a name that says where it stands. */
const strangeEnvelope = (raw: Buffer, list: string, distance: number): Envelope => ({
  id: `${list}@${distance}`,
  task: null,
  body: raw,
  isBase64: false,
  contentType: 'not a message of Celery',
  eta: null,
  retries: null,
  queue: null,
  headers: {},
  deliveryTag: '',
})

/** How far around the hinted place the last row is looked for. */
const reach = 2_000

/** The distance behind the row that was seen last: it has come nearer by what workers took since. */
async function distanceAfter(redis: RedisClient, list: string, distance: number, tag: string): Promise<number> {
  const low = Math.max(0, distance - reach)
  const rows = await window(redis, list, low, distance + 1)
  const at = rows.findLastIndex((row) => row.envelope.deliveryTag === tag)
  return at < 0 ? 0 : low + at + 1
}

function parseCursor(text: string | null): { list: number; distance: number; tag: string | null } {
  if (text === null) return { list: 0, distance: 0, tag: null }
  try {
    const [list, distance, tag] = JSON.parse(text) as unknown[]
    if (Number.isSafeInteger(list) && Number.isSafeInteger(distance) && typeof tag === 'string')
      return { list: Number(list), distance: Number(distance), tag }
  } catch {
    // Told below, like any other place that was not given out.
  }
  throw new Failure({ code: 'bad-input', message: 'This place in the list is not one that was given out.' })
}
