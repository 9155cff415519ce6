/**
 * What stands at one place of a ready list, and in a lease's record: ids, and runs of consecutive ids as `FIRST*COUNT`, with commas
 * between them. Lua reads the same in scripts/parcels.ts.
 */
export interface Run {
  readonly first: string
  readonly count: number
}

export function runOf(token: string): Run | undefined {
  const star = token.indexOf('*')
  return star < 0 ? undefined : { first: token.slice(0, star), count: Number(token.slice(star + 1)) }
}

export const runToken = ({ first, count }: Run): string => `${first}*${count}`

/** Every id of it, in order. */
export function idsOfPlace(place: string): readonly string[] {
  if (!place.includes('*') && !place.includes(',')) return [place]
  return idsOfTokens(place.split(','))
}

export const idsOfTokens = (tokens: readonly string[]): readonly string[] =>
  tokens.flatMap((token) => {
    const run = runOf(token)
    return run === undefined ? [token] : idsFrom(run.first, run.count)
  })

/** The `count` plain ids from `first` on. */
export function idsFrom(first: string, count: number): readonly string[] {
  const start = Number(first)
  return Array.from({ length: count }, (_, index) => String(start + index))
}
