import { Failure } from '@shared/failure'
import type { HistoryEvent, MessageDetail } from '@shared/model/message'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import { brokerTime } from '../redis-asking'
import { attributesOfEntry, bodyOfEntry, wholeBody } from '../stream-entries'
import { timeOfId } from '../stream-ids'
import { bodyless, rowOf, summaryOf } from './browsing'
import { type LocatedEntry, locateEntries, parseEntryId } from './locating'

/** One entry in full, with who holds it. */
export async function inspectEntry(
  redis: RedisClient,
  { key, id, clock }: { readonly key: string; readonly id: string; readonly clock: Clock },
): Promise<MessageDetail> {
  const [located] = await locateEntries(redis, key, [id])
  if (!located) throw new Failure({ code: 'gone', message: `the entry ${id} is not there any more`, subject: id })
  const now = await brokerTime(redis, clock)
  const { state, entry, holders } = located
  const entryId = parseEntryId(id)?.id ?? id
  const addedAt = timeOfId(entryId, now)
  const attempts = holders.length > 0 ? Math.max(...holders.map(({ deliveries }) => deliveries)) : null
  const facts = holders.map(({ group, consumer, idleMs, deliveries }) => ({
    name: `pending in ${group}`,
    value: `held by ${consumer} for ${idleMs.toLocaleString('en-US')} ms, given out ${deliveries} times`,
  }))
  const history = historyOf(located, { addedAt, now })
  if (!entry)
    return {
      summary: { ...rowOf(id, { state, at: addedAt }), attempts, preview: bodyless },
      body: { kind: 'missing', reason: 'This entry was trimmed or deleted before it was acknowledged.' },
      attributes: [],
      facts,
      error: null,
      history,
      logs: [],
    }
  const body = bodyOfEntry(entry)
  return {
    summary: { ...summaryOf(entry, { state, now }), id, attempts },
    body: wholeBody(body.bytes),
    attributes: attributesOfEntry(entry),
    facts: [{ name: 'body', value: body.made }, ...facts],
    error: null,
    history,
    logs: [],
  }
}

function historyOf(
  { holders }: LocatedEntry,
  { addedAt, now }: { readonly addedAt: number | null; readonly now: number },
): HistoryEvent[] {
  return [
    { at: addedAt, event: 'added', detail: null, attempt: null },
    ...holders.map(({ group, consumer, idleMs, deliveries }) => ({
      at: now - idleMs,
      event: 'given out',
      detail: `to ${consumer} of ${group}`,
      attempt: deliveries,
    })),
  ]
}
