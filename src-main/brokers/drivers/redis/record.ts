import { idsOfTokens } from './runs'

/**
 * The record of one lease: ",id,id,!3,id,|worker". A marker `!3` says that the ids after it came from that priority's list; without
 * a marker they came from the default one. A run `FIRST*COUNT` among the ids stands for a parcel that is closed. Ids leave the
 * record as they are settled, so it is exact at any time: what stands in it is leased, and only that.
 */
export interface LeaseRecord {
  readonly worker: string
  /** Ids, and runs of them. */
  readonly tokens: readonly string[]
  readonly ids: readonly string[]
}

export function parseRecord(text: string): LeaseRecord {
  const end = text.indexOf('|')
  const tokens = text
    .slice(0, end)
    .split(',')
    .filter((token) => token !== '' && !token.startsWith('!'))
  return { worker: text.slice(end + 1), tokens, ids: idsOfTokens(tokens) }
}
