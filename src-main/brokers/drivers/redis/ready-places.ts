import type { RedisClient } from '../../clients/redis'
import { priorities, type QueueKeys } from './keys'
import { holds, idsOfPlace, isOneId } from './runs'

const windowSize = 1_000

/** In a ready list: an index of its places, and how many messages of that place are passed over. */
export interface ReadyPlace {
  readonly index: number
  readonly skip: number
}

/** In which list each id stands and where, looked for from the heads on; what is not found is left out. */
export async function readyPlaces(
  redis: RedisClient,
  keys: QueueKeys,
  ids: readonly string[],
): Promise<ReadonlyMap<string, { readonly list: number; readonly index: number }>> {
  const found = new Map<string, { readonly list: number; readonly index: number }>()
  const wanted = new Set(ids)
  for (let list = 0; list < priorities; list++) {
    for (let at = 0; at < deepestPlace && found.size < wanted.size; at += windowSize) {
      const piece = await redis.lrange(keys.ready[list]!, at, at + windowSize - 1)
      for (const [index, place] of piece.entries()) {
        const own = isOneId(place) ? (wanted.has(place) ? [place] : []) : ids.filter((id) => holds(place, id))
        for (const id of own) found.set(id, { list, index: at + index })
      }
      if (piece.length < windowSize) break
    }
  }
  return found
}

/** A message at a deeper place of its list is not looked for. */
const deepestPlace = 1_000_000

/**
 * Where the list goes on after `anchor`, which stood at `index`. Leases take heads, so it stands lower by now; expired
 * leases put heads back, so it may stand a little higher. When it was taken itself, the list goes on at the first id
 * greater than it: lists are in order of ids but for what was put back.
 */
export async function placeAfter(redis: RedisClient, list: string, index: number, anchor: string): Promise<ReadyPlace> {
  const windows = [index - windowSize / 2, index + windowSize / 2]
  for (let from = index - windowSize * 1.5; from > -windowSize && windows.length < 22; from -= windowSize)
    windows.push(from)
  for (const from of windows) {
    if (from + windowSize <= 0) continue
    const start = Math.max(from, 0)
    const places = await redis.lrange(list, start, from + windowSize - 1)
    const found = places.findIndex((place) => holds(place, anchor))
    if (found >= 0) return { index: start + found, skip: idsOfPlace(places[found]!).indexOf(anchor) + 1 }
  }
  const isPassed = (id: string) => Number.parseInt(id.replace('h', ''), 10) <= Number.parseInt(anchor, 10)
  let low = 0
  let high = await redis.llen(list)
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const place = await redis.lindex(list, middle)
    if (place !== null && isPassed(place)) low = middle + 1
    else high = middle
  }
  // The place before begins at or before it, and may go on behind it.
  const before = low === 0 ? null : await redis.lindex(list, low - 1)
  return before === null
    ? { index: low, skip: 0 }
    : { index: low - 1, skip: idsOfPlace(before).filter(isPassed).length }
}
