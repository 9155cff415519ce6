import { Failure } from '@shared/failure'
import type { HistoryEvent, MessageDetail, MessagePage, MessageState, MessageSummary } from '@shared/model/message'
import type { BrowseRequest } from '../../reader'
import { brokerTime, numberOf, textOf } from '../redis-asking'
import { attributesOfEntry, wholeBody } from '../stream-entries'
import { timeOfId } from '../stream-ids'
import { type DeclaredQueue, storeAt } from './context'
import { locate } from './locating'
import { placeOf, workingGroup } from './places'
import { messageOf, type Stored } from './stored'
import { storePage } from './stores'
import { workedPage } from './stream-store'
import { summaryOf } from './summaries'

export async function browseDeclared(queue: DeclaredQueue, request: BrowseRequest): Promise<MessagePage> {
  const { declaration, name } = queue
  const group = request.state === 'leased' ? workingGroup(declaration, name) : null
  if (group) {
    const now = await brokerTime(queue.redis, queue.clock)
    const { items, nextCursor } = await workedPage(queue, group, request)
    const rows = items.map(
      ({ id, deliveries, missing, preview }): MessageSummary => ({
        ...emptyRow(id, timeOfId(id, now)),
        attempts: deliveries,
        preview: missing ? '(trimmed: this entry has no body any more)' : preview,
      }),
    )
    return { items: rows, nextCursor, total: null }
  }
  const place = placeOf(declaration, name, request.state)
  if (!place) return { items: [], nextCursor: null, total: 0 }
  const { rows, nextCursor, total } = await storePage(storeAt(queue, place), request)
  return { items: rows.map((row) => summaryOf(row, { state: request.state, place })), nextCursor, total }
}

export async function inspectDeclared(queue: DeclaredQueue, id: string): Promise<MessageDetail> {
  const { located, isWhole } = await locate(queue, [id])
  const [found] = located
  if (!found) throw isWhole ? gone(id) : outOfSight(queue.name)
  const { stored, state, place, holder } = found
  const facts = [{ name: 'key', value: place.place.key }]
  if (holder) {
    const [, consumer, idle, deliveries] = holder
    const idleMs = (numberOf(idle) ?? 0).toLocaleString('en-US')
    facts.push({
      name: 'held by',
      value: `${textOf(consumer)} for ${idleMs} ms, given out ${numberOf(deliveries)} times`,
    })
  }
  if (!stored)
    return {
      summary: { ...emptyRow(id, null), state, attempts: numberOf(holder?.[3]) },
      body: { kind: 'missing', reason: 'This entry was trimmed or deleted before it was acknowledged.' },
      attributes: [],
      facts,
      error: null,
      history: [],
      logs: [],
    }
  const { envelope } = stored
  const summary = summaryOf(stored, { state, place })
  return {
    summary: { ...summary, attempts: numberOf(holder?.[3]) ?? summary.attempts },
    body: wholeBody(stored.bytes),
    attributes: stored.fields.length > 0 ? attributesOfEntry({ id, fields: stored.fields }) : [],
    facts: [...facts, ...factsOf(stored), ...wrapping(found)],
    error: state === 'dead' ? envelope.error : null,
    history: historyOf(stored, state),
    logs: [],
  }
}

/** What the envelope says, as it says it. */
function factsOf({ envelope, score }: Stored): { name: string; value: string }[] {
  const { id, name, attempts, maxAttempts, priority, startedAt } = envelope
  const told = { id, name, attempts, 'attempts at most': maxAttempts, priority, score, 'started at': iso(startedAt) }
  return Object.entries(told).flatMap(([fact, value]) => (value === null ? [] : [{ name: fact, value: String(value) }]))
}

const wrapping = ({ place, stored }: Parameters<typeof messageOf>[0] & { readonly stored: Stored | null }) =>
  stored && messageOf({ place }, stored.bytes) !== stored.bytes
    ? [{ name: 'the message itself', value: `stands at ${place.role.inner}; what replay moves is that` }]
    : []

function historyOf({ envelope, addedAt }: Stored, state: MessageState): HistoryEvent[] {
  const event = (at: number | null, what: string, detail: string | null = null): HistoryEvent[] =>
    at === null ? [] : [{ at, event: what, detail, attempt: null }]
  return [
    ...event(envelope.enqueuedAt ?? addedAt, 'added'),
    ...event(envelope.startedAt, 'started'),
    ...(state === 'dead' ? event(envelope.failedAt, 'failed', envelope.error?.message.split('\n', 1)[0] ?? null) : []),
  ]
}

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())

const emptyRow = (id: string, enqueuedAt: number | null): MessageSummary => ({
  id,
  state: 'leased',
  name: null,
  enqueuedAt,
  dueAt: null,
  finishedAt: null,
  attempts: null,
  maxAttempts: null,
  bytes: null,
  preview: '',
  error: null,
})

const gone = (id: string) =>
  new Failure({ code: 'gone', message: `the message ${id} is not there any more`, subject: id })

const outOfSight = (queue: string) =>
  new Failure({
    code: 'too-large',
    message: `${queue} is too long to be looked through`,
    hint: 'Browse to the message, and open it from there.',
    subject: queue,
  })
