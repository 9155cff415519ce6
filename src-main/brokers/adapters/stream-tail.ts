import type { TailedMessage, TailPiece } from '@shared/model/tail'
import { type Clock, pause } from '../../runtime/clock'
import type { RedisClient } from '../clients/redis'
import { askAll, askOne, brokerTime, explained } from './redis-asking'
import { attributesOfEntry, bodyOfEntry, type Entry, entriesOf, entriesPerLook } from './stream-entries'
import { streamOf } from './stream-facts'
import { compareIds, idAfter, timeOfId } from './stream-ids'

export interface StreamTail {
  readonly key: string
  readonly recent: number
  readonly signal: AbortSignal
  readonly clock: Clock
  /** The field that holds the body, where the layout names one. */
  readonly field?: string | null
}

/** How often it is looked: no command waits, so that the connection that all share is never held up. */
const everyMs = 250

/**
 * What is added from now on, after the last `recent` entries, by reading ranges of ids: nothing is taken, and no group moves. Of more
 * than one look brings, the newest are shown and the others counted. A stream that was deleted and made anew is followed from its
 * beginning.
 */
export async function* tailStream(redis: RedisClient, tail: StreamTail): AsyncGenerator<TailPiece> {
  const { key, signal, clock } = tail
  const perLook = await entriesPerLook(redis, key)
  const first = await sight(redis, key)
  let place = first.lastId
  let added = first.added
  const recent = Math.min(tail.recent, perLook)
  if (recent > 0) {
    const rows = [...entriesOf(await askOne(redis, ['XREVRANGE', key, place, '-', 'COUNT', recent]))].reverse()
    if (rows.length > 0) yield { messages: await messagesOf(redis, rows, tail), missed: 0 }
  }
  while (!signal.aborted) {
    const now = await sight(redis, key)
    const isAnew = compareIds(now.lastId, place) < 0
    if (isAnew) [place, added] = ['0-0', now.added === null ? null : 0]
    if (compareIds(now.lastId, place) > 0) {
      const rows = [
        ...entriesOf(await askOne(redis, ['XREVRANGE', key, now.lastId, idAfter(place) ?? '+', 'COUNT', perLook])),
      ]
      const between = now.added === null || added === null ? rows.length : now.added - added
      const missed = Math.max(0, between - rows.length)
      place = now.lastId
      added = now.added
      if (rows.length > 0 || missed > 0) yield { messages: await messagesOf(redis, rows.reverse(), tail), missed }
      continue
    }
    await pause(clock, everyMs, signal)
  }
}

/** How many were ever added up to the last id; null where the server does not count (before 7.0). */
async function sight(
  redis: RedisClient,
  key: string,
): Promise<{ readonly lastId: string; readonly added: number | null }> {
  const [answer] = await askAll(redis, [['XINFO', 'STREAM', key]])
  if (answer?.ok) {
    const { lastGeneratedId, entriesAdded } = streamOf(answer.value)
    return { lastId: lastGeneratedId, added: entriesAdded }
  }
  if (answer?.refusal.message.includes('no such key')) return { lastId: '0-0', added: 0 }
  throw await explained(redis, answer!)
}

/** A body is shown up to this size. */
const shownBytes = 64 * 1024

async function messagesOf(
  redis: RedisClient,
  entries: readonly Entry[],
  { clock, field = null }: StreamTail,
): Promise<TailedMessage[]> {
  const now = await brokerTime(redis, clock)
  return entries.map((entry) => {
    const { bytes } = bodyOfEntry(entry, field)
    return {
      id: entry.id,
      at: timeOfId(entry.id, now) ?? now,
      base64: bytes.subarray(0, shownBytes).toString('base64'),
      bytes: bytes.length,
      attributes: attributesOfEntry(entry),
    }
  })
}
