import type { RedisClient } from '../clients/redis'
import { type Cursor, formatCursor, parseCursor } from './place-cursor'
import { ask, type Command, listOf, numberOf, textOf } from './redis-asking'

/** One list or sorted set of ids; several of them one after the other make up a state. */
export interface Segment<Name extends string = string> {
  readonly name: Name
  readonly key: string
  readonly kind: 'list' | 'sorted'
  /** Of a sorted set: highest score first. A list is told from its tail, where workers take. */
  readonly newestFirst?: boolean
}

/** A job's id and where it stands; the score is null in lists. */
export interface Place<Name extends string = string> {
  readonly id: string
  readonly segment: Name
  readonly score: number | null
}

export interface Places<Name extends string = string> {
  readonly places: readonly Place<Name>[]
  readonly nextCursor: string | null
  readonly total: number
}

/** The next `limit` places of a state after the cursor. */
export async function placesOf<Name extends string>(
  redis: RedisClient,
  {
    segments,
    cursor,
    limit,
  }: { readonly segments: readonly Segment<Name>[]; readonly cursor: string | null; readonly limit: number },
): Promise<Places<Name>> {
  const totals = await ask(
    redis,
    segments.map(({ kind, key }): Command => [kind === 'list' ? 'LLEN' : 'ZCARD', key]),
  )
  const total = totals.reduce<number>((sum, count) => sum + (numberOf(count) ?? 0), 0)
  const segmentNames: readonly string[] = segments.map(({ name }) => name)
  let place: Cursor | null =
    cursor === null ? { kind: 'start', segment: segments[0]!.name } : parseCursor(cursor, segmentNames)
  const places: Place<Name>[] = []
  while (place !== null && places.length < limit) {
    const at = segmentNames.indexOf(place.segment)
    const segment = segments[at]!
    const step: Step =
      segment.kind === 'list'
        ? await listStep(redis, segment.key, place, limit - places.length)
        : await sortedStep(redis, segment, place, limit - places.length)
    places.push(...step.places.map(({ id, score }) => ({ id, score, segment: segment.name })))
    const following: Segment<Name> | undefined = segments[at + 1]
    place = step.next ?? (following ? { kind: 'start', segment: following.name } : null)
  }
  return { places, nextCursor: place === null ? null : formatCursor(place), total }
}

interface Step {
  readonly places: readonly Place[]
  /** null: the segment ends here. */
  readonly next: Cursor | null
}

/** Rows of one score are told apart by their member, in byte order as the server keeps them. */
async function sortedStep(
  redis: RedisClient,
  { key, newestFirst: down = false }: Segment,
  place: Cursor,
  limit: number,
): Promise<Step> {
  const { segment } = place
  const from = place.kind === 'sorted' ? place : null
  const places: Place[] = []
  const count = limit + 1
  for (let skip = 0; ; skip += count) {
    const [flat] = await ask(redis, [
      down
        ? ['ZREVRANGEBYSCORE', key, from?.score ?? '+inf', '-inf', 'WITHSCORES', 'LIMIT', skip, count]
        : ['ZRANGEBYSCORE', key, from?.score ?? '-inf', '+inf', 'WITHSCORES', 'LIMIT', skip, count],
    ])
    const rows = pairs(listOf(flat))
    for (const row of rows) {
      if (from && Number(row.score) === Number(from.score)) {
        const order = Buffer.compare(Buffer.from(row.member), Buffer.from(from.member))
        if (down ? order >= 0 : order <= 0) continue
      }
      if (places.length === limit) {
        const last = places.at(-1)!
        return { places, next: { kind: 'sorted', segment, score: String(last.score), member: last.id } }
      }
      places.push({ id: row.member, segment, score: Number(row.score) })
    }
    if (rows.length < count) return { places, next: null }
  }
}

/** RESP3 nests members with their scores, RESP2 alternates them. */
function pairs(rows: readonly unknown[]): readonly { readonly member: string; readonly score: string }[] {
  const flat = rows.flat()
  return Array.from({ length: flat.length / 2 }, (_, index) => ({
    member: textOf(flat[index * 2]) ?? '',
    score: String(numberOf(flat[index * 2 + 1]) ?? 0),
  }))
}

/** How far around the hinted place one look reaches. */
const reach = 500

/** Looks that are spent on finding a row again before its neighbourhood counts as consumed. */
const looks = 40

/**
 * Lists are told from the tail, where workers take. Each look reads one window of ids in one command; the last row seen
 * must stand inside the window, so that a shift between two looks cannot shift the page. When neither it nor its
 * neighbours are found they have been taken, and so has everything before them: the page begins at the tail.
 */
async function listStep(redis: RedisClient, key: string, place: Cursor, limit: number): Promise<Step> {
  const { segment } = place
  const page = (rows: readonly string[], firstDistance: number, more: boolean): Step => {
    const ids = rows.slice(0, limit)
    const goesOn = ids.length > 0 && (more || rows.length > limit)
    return {
      places: ids.map((id) => ({ id, segment, score: null })),
      next: goesOn
        ? { kind: 'list', segment, distance: firstDistance + ids.length - 1, ids: [...ids].reverse().slice(0, 3) }
        : null,
    }
  }
  const fromTail = async () => {
    const rows = await tailWindow(redis, key, 0, limit)
    return page(rows, 0, false)
  }
  if (place.kind !== 'list') return await fromTail()

  let low = Math.max(0, place.distance - reach)
  let high = place.distance + limit + reach
  let outward = place.distance + limit + reach
  for (let look = 0; look < looks; look += 1) {
    const rows = await tailWindow(redis, key, low, high)
    const anchor = place.ids.map((id) => rows.indexOf(id)).find((index) => index >= 0)
    if (anchor !== undefined) {
      const after = rows.slice(anchor + 1)
      const ended = rows.length < high - low + 1
      if (after.length > limit || ended) return page(after, low + anchor + 1, false)
      low = Math.max(0, low + anchor - reach)
      high = low + 2 * reach + limit
    } else if (low > 0) {
      // Workers took some meanwhile: it stands nearer to the tail now.
      high = low + limit
      low = Math.max(0, low - 2 * reach)
    } else if (rows.length > 0 && outward < place.distance + 8 * reach) {
      low = outward
      outward += 2 * reach
      high = outward + limit
    } else break
  }
  return await fromTail()
}

/** Ids at distances `low` to `high` from the tail, nearest first. */
async function tailWindow(redis: RedisClient, key: string, low: number, high: number): Promise<readonly string[]> {
  const [ids] = await ask(redis, [['LRANGE', key, -(high + 1), -(low + 1)]])
  return listOf(ids)
    .map((id) => textOf(id) ?? '')
    .reverse()
}
