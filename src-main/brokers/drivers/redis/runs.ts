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

export const isOneId = (place: string): boolean => !place.includes('*') && !place.includes(',')

/** Every id of it, in order. */
export const idsOfPlace = (place: string): readonly string[] =>
  isOneId(place) ? [place] : idsOfTokens(place.split(','))

export const idsOfTokens = (tokens: readonly string[]): readonly string[] =>
  tokens.flatMap((token) => {
    const run = runOf(token)
    return run === undefined ? [token] : idsFrom(run.first, run.count)
  })

/** The `count` plain ids from `first` on. */
export function idsFrom(first: string, count: number): readonly string[] {
  const start = Number(first)
  const ids: string[] = []
  for (let index = 0; index < count; index++) ids.push(String(start + index))
  return ids
}

/** Whether a message stands at this place. */
export function holds(place: string, id: string): boolean {
  if (isOneId(place)) return place === id
  const number = Number(id)
  return place.split(',').some((token) => {
    const run = runOf(token)
    return run === undefined ? token === id : number >= Number(run.first) && number < Number(run.first) + run.count
  })
}
