import { listOf, mapOf, numberOf, textOf } from './redis-asking'
import { compareIds } from './stream-ids'

/** What XINFO STREAM tells, without bodies. null: this server does not tell. */
export interface StreamFacts {
  readonly length: number
  readonly firstId: string | null
  readonly lastId: string | null
  readonly lastGeneratedId: string
  readonly maxDeletedId: string | null
  readonly entriesAdded: number | null
  /** What its first and last entry weigh: XINFO brings both whole. */
  readonly bytesTold: number
}

export interface GroupFacts {
  readonly name: string
  readonly consumers: number
  readonly pending: number
  readonly lastDelivered: string
  /** As the server reckons: also counts entries that were trimmed before they were read. */
  readonly lag: number | null
}

export function streamOf(answer: unknown): StreamFacts {
  const facts = mapOf(answer)
  const id = (name: string) => textOf(listOf(facts.get(name))[0])
  const maxDeletedId = textOf(facts.get('max-deleted-entry-id'))
  return {
    length: numberOf(facts.get('length')) ?? 0,
    firstId: id('first-entry'),
    lastId: id('last-entry'),
    lastGeneratedId: textOf(facts.get('last-generated-id')) ?? '0-0',
    maxDeletedId: maxDeletedId === '0-0' ? null : maxDeletedId,
    entriesAdded: numberOf(facts.get('entries-added')),
    bytesTold: weightOf(facts.get('first-entry')) + weightOf(facts.get('last-entry')),
  }
}

const weightOf = (entry: unknown): number =>
  listOf(listOf(entry)[1]).reduce<number>((sum, part) => sum + (Buffer.isBuffer(part) ? part.length : 0), 0)

export const groupsOf = (answer: unknown): readonly GroupFacts[] =>
  listOf(answer).map((each) => {
    const facts = mapOf(each)
    return {
      name: textOf(facts.get('name')) ?? '',
      consumers: numberOf(facts.get('consumers')) ?? 0,
      pending: numberOf(facts.get('pending')) ?? 0,
      lastDelivered: textOf(facts.get('last-delivered-id')) ?? '0-0',
      lag: numberOf(facts.get('lag')),
    }
  })

/**
 * Entries that a group can still be given. The ids tell it surely where the group stands before or behind all that is there; the
 * server's lag would count trimmed ones there. In between, the lag, which the server withholds when it cannot know.
 */
export function readableBy(stream: StreamFacts, { lastDelivered, lag }: GroupFacts): number | null {
  const { firstId, lastId, length } = stream
  if (length === 0 || firstId === null || lastId === null) return 0
  if (compareIds(lastDelivered, lastId) >= 0) return 0
  return compareIds(lastDelivered, firstId) < 0 ? length : lag
}

/** What the slowest group has not been given; all there is where nobody reads in groups. null: it cannot be told without counting. */
export function unreadOf(stream: StreamFacts, groups: readonly GroupFacts[]): number | null {
  if (groups.length === 0) return stream.length
  const each = groups.map((group) => readableBy(stream, group))
  return each.includes(null) ? null : Math.max(...each.map((entries) => entries ?? 0))
}

/** The same from the server's own reckoning, where the ids are not at hand: it may count what was trimmed, but no more than there is. */
export function unreadByLag(length: number, groups: readonly GroupFacts[]): number | null {
  if (groups.length === 0) return length
  const lags = groups.map(({ lag }) => lag)
  return lags.includes(null) ? null : Math.min(length, Math.max(...lags.map((lag) => lag ?? 0)))
}

/** The last id that every group has been given; "0-0" where nobody reads in groups. */
export const slowestPlace = (groups: readonly GroupFacts[]): string =>
  groups.reduce<string | null>(
    (slowest, { lastDelivered }) =>
      slowest === null || compareIds(lastDelivered, slowest) < 0 ? lastDelivered : slowest,
    null,
  ) ?? '0-0'
