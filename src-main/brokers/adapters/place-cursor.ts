import { Failure } from '@shared/failure'

/**
 * A place in a listing, never an offset. In a sorted set it is the last row's score and member; in a list the last rows'
 * ids with the last one's distance from the tail when it was seen, which is only a hint where to look for them.
 */
export type Cursor =
  | { readonly kind: 'start'; readonly segment: string }
  | { readonly kind: 'sorted'; readonly segment: string; readonly score: string; readonly member: string }
  | { readonly kind: 'list'; readonly segment: string; readonly distance: number; readonly ids: readonly string[] }

/** The contract's bound on a cursor, less the frame around ids. */
const roomForIds = 1_800

export function formatCursor(cursor: Cursor): string {
  switch (cursor.kind) {
    case 'start':
      return JSON.stringify([cursor.segment])
    case 'sorted':
      return JSON.stringify([cursor.segment, cursor.score, cursor.member])
    case 'list': {
      // The last row first; earlier ones stand in for it when it is taken away by hand.
      const ids = cursor.ids.slice(0, 3)
      while (ids.length > 1 && JSON.stringify(ids).length > roomForIds) ids.pop()
      return JSON.stringify([cursor.segment, cursor.distance, ...ids])
    }
  }
}

/** `segments`: the names that a cursor of this listing may hold. */
export function parseCursor(text: string, segments: readonly string[]): Cursor {
  const refuse = () =>
    new Failure({ code: 'bad-input', message: 'this place in the list is not one that was given out' })
  let parts: unknown
  try {
    parts = JSON.parse(text)
  } catch {
    throw refuse()
  }
  if (!Array.isArray(parts)) throw refuse()
  const [name, place, ...ids] = parts as readonly unknown[]
  const segment = segments.find((candidate) => candidate === name)
  if (!segment) throw refuse()
  if (place === undefined) return { kind: 'start', segment }
  if (!ids.every((id) => typeof id === 'string') || ids.length === 0) throw refuse()
  if (typeof place === 'number' && Number.isSafeInteger(place) && place >= 0) {
    return { kind: 'list', segment, distance: place, ids }
  }
  if (typeof place === 'string' && /^-?[0-9.e+]+$|^[+-]?inf$/.test(place)) {
    return { kind: 'sorted', segment, score: place, member: ids[0]! }
  }
  throw refuse()
}
