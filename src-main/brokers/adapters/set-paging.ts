import { Failure } from '@shared/failure'
import type { RedisClient } from '../clients/redis'
import { askOne, buffersOf, listOf, numberOf, textOf } from './redis-asking'

/** A set up to this size is read whole for each page, and shown highest id first. */
const wholeUpTo = 5_000

const step = 1_000

export interface SetPage {
  readonly ids: readonly string[]
  readonly nextCursor: string | null
  readonly total: number
}

/**
 * Ids of a set by pages. It has no order of its own: a small one is sorted, the highest number first, which is the newest where ids
 * are counted up; a large one comes as the server scans it. A cursor names the last id shown.
 */
export async function pageOfSet(
  redis: RedisClient,
  key: string,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): Promise<SetPage> {
  const total = numberOf(await askOne(redis, ['SCARD', key])) ?? 0
  const from = cursor === null ? null : parseCursor(cursor)
  const isWhole = from ? from.scan === 'whole' : total <= wholeUpTo
  if (isWhole) {
    const all = await wholeSet(redis, key)
    const after = from?.last
    const rest = after === undefined ? all : all.filter((id) => byNewest(after, id) < 0)
    const ids = rest.slice(0, limit)
    return { ids, total, nextCursor: rest.length > limit ? JSON.stringify(['whole', ids.at(-1)]) : null }
  }
  const ids: string[] = []
  let scan = from?.scan ?? '0'
  let last = from?.last
  for (;;) {
    const { next, members } = await scanned(redis, key, scan, limit)
    const since = last
    const rest = members.filter((id) => since === undefined || byNewest(since, id) < 0)
    const taken = rest.slice(0, limit - ids.length)
    ids.push(...taken)
    if (taken.length < rest.length) return { ids, total, nextCursor: JSON.stringify([scan, taken.at(-1) ?? last]) }
    if (next === '0') return { ids, total, nextCursor: null }
    scan = next
    last = undefined
    if (ids.length === limit) return { ids, total, nextCursor: JSON.stringify([scan]) }
  }
}

/** Pure: higher numbers first, and texts behind them. */
export function byNewest(a: string, b: string): number {
  const [numeric, other] = [isNumber(a), isNumber(b)]
  if (numeric !== other) return numeric ? -1 : 1
  if (numeric && a.length !== b.length) return b.length - a.length
  return a === b ? 0 : a < b ? 1 : -1
}

const isNumber = (id: string): boolean => /^(?:0|[1-9]\d*)$/.test(id)

async function wholeSet(redis: RedisClient, key: string): Promise<readonly string[]> {
  const all = new Set<string>()
  let scan = '0'
  do {
    const { next, members } = await scanned(redis, key, scan, step)
    for (const id of members) all.add(id)
    scan = next
    // It may have grown past what is read whole meanwhile.
  } while (scan !== '0' && all.size < 2 * wholeUpTo)
  return [...all].sort(byNewest)
}

async function scanned(redis: RedisClient, key: string, scan: string, count: number) {
  const [next, members] = listOf(await askOne(redis, ['SSCAN', key, scan, 'COUNT', count]))
  const ids = new Set(buffersOf(members).map((member) => member.toString('utf8')))
  return { next: textOf(next) ?? '0', members: [...ids].sort(byNewest) }
}

function parseCursor(text: string): { readonly scan: string; readonly last: string | undefined } {
  let parts: unknown
  try {
    parts = JSON.parse(text)
  } catch {
    parts = null
  }
  const [scan, last] = listOf(parts)
  if (typeof scan === 'string' && /^(?:whole|\d+)$/.test(scan) && (last === undefined || typeof last === 'string'))
    return { scan, last }
  throw new Failure({ code: 'bad-input', message: 'this place in the list is not one that was given out' })
}
