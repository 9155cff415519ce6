/**
 * Message and lease ids are decimal integers below 2^53, given out by the server as max(last + 1, ms since 2024 * 4096):
 * they only grow, survive lost data without reuse, and carry the time at which they were given.
 */
export const idEpochMs = Date.UTC(2024, 0, 1)
export const idsPerMs = 4096

/** Milliseconds since 1970 at which the id was given out; exact up to 4,096 ids a millisecond. */
export const timeOfId = (id: string | number): number => Math.floor(Number(id) / idsPerMs) + idEpochMs

export const isId = (text: string): boolean => /^[1-9]\d{0,15}$/.test(text) && Number(text) <= Number.MAX_SAFE_INTEGER

/** The `count` ids from `first` on. */
export function idsFrom(first: string, count: number): readonly string[] {
  const start = Number(first)
  return Array.from({ length: count }, (_, index) => String(start + index))
}

/** Scores of delayed and dead carry the priority in their low four bits. */
export const priorityOfScore = (score: number): number => score % 16
export const dueOfScore = (score: number): number => Math.floor(score / 16)

/** Stamps of the dead: ms since 2024 * 256, or one more than the last. */
export const diedAtOfScore = (score: number): number => Math.floor(score / 16 / 256) + idEpochMs
