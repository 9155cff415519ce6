/**
 * A message's id as it is stored: NUMBER, NUMBER~GROUP, NUMBER:OWN or NUMBER~GROUP:OWN. The number is given out by the
 * server as max(last + 1, ms since 2026 * 512): it only grows, survives lost data without reuse, and carries the time at
 * which it was given. Group and own id stand in the id itself, so that no script has to look them up. Lease ids are numbers
 * of the same kind.
 *
 * 512 a millisecond keeps a number at 14 digits until 2032: with its header a field name then fits 16 bytes.
 */
export const idEpochMs = Date.UTC(2026, 0, 1)
export const idsPerMs = 512

/** Milliseconds since 1970 at which the id was given out; exact while fewer than 512 ids a millisecond are given. */
export const timeOfId = (id: string | number): number => Math.floor(numberOfId(id) / idsPerMs) + idEpochMs

const numberOfId = (id: string | number): number =>
  typeof id === 'number' || isPlainId(id) ? Number(id) : Number(/^\d+/.exec(id)?.[0])

/** Most ids are nothing but a number, and asked about very often. */
export const isPlainId = (id: string): boolean => !id.includes('~') && !id.includes(':')

export const isId = (text: string): boolean => {
  const number = /^([1-9]\d{0,15})(?:~[^,|~:]+)?(?::[^,|:]+)?$/.exec(text)?.[1]
  return number !== undefined && Number(number) <= Number.MAX_SAFE_INTEGER
}

/** What follows the number. */
export const idSuffix = ({ group, ownId }: { readonly group?: string; readonly ownId?: string }): string =>
  `${group === undefined ? '' : `~${escaped(group)}`}${ownId === undefined ? '' : `:${escaped(ownId)}`}`

/** Group and own id in an id, as the sender wrote them. */
export function partsOfId(id: string): { readonly group: string | null; readonly ownId: string | null } {
  if (isPlainId(id)) return plainParts
  const [, group, own] = /^\d+(?:~([^:]*))?(?::(.*))?$/.exec(id) ?? []
  return { group: group === undefined ? null : decoded(group), ownId: own === undefined ? null : decoded(own) }
}

const plainParts = Object.freeze({ group: null, ownId: null })

/** As a group or own id stands in ids and keys: nothing that separates ids in a record, no blank, no control character. */
export const escaped = (part: string): string =>
  part.replace(/[^\w.@/+=-]/gu, (mark) => encodeURIComponent(mark).replace(/[!'()*]/g, byHex))

const byHex = (mark: string) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** Scores of delayed, dead and done carry the priority in their low four bits. */
export const priorityOfScore = (score: number): number => score % 16
export const dueOfScore = (score: number): number => Math.floor(score / 16)

/** The due time of a parent whose children are not done: later than any clock. */
export const neverDue = 2 ** 49 - 1

/** Stamps of the dead and the done: ms since 2026 * 256, or one more than the last. */
export const stampsPerMs = 256
export const endedAtOfScore = (score: number): number => Math.floor(score / 16 / stampsPerMs) + idEpochMs
