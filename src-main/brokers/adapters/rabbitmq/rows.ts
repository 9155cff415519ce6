import { Failure } from '@shared/failure'
import {
  type Body,
  type HistoryEvent,
  type MessageDetail,
  type MessagePage,
  type MessageState,
  type MessageSummary,
  wholeBodyLimit,
} from '@shared/model/message'
import { textOfField } from '../../clients/rabbitmq-fields'
import { propertyOf } from '../../clients/rabbitmq-properties'
import type { BrowseRequest } from '../../reader'
import { causeOf, type Death, deathWords } from './deaths'
import type { Kept, Look } from './looks'

/** What is true of the queue as a whole, for each of its messages. */
export interface Standing {
  /** 'dead' in a dead-letter queue, 'ready' in any other. */
  readonly state: Extract<MessageState, 'ready' | 'dead'>
  readonly deliveryLimit: number | null
}

/** Pure: a page of what was seen. Next in line first; dead letters the other way round, newest first. */
export function pageOf(
  look: Look | undefined,
  standing: Standing,
  { state, cursor, limit }: BrowseRequest,
): MessagePage {
  if (state !== standing.state) return { items: [], nextCursor: null, total: 0 }
  if (!look) return { items: [], nextCursor: null, total: null }
  const down = state === 'dead'
  const after = cursor === null ? null : Number(cursor)
  const rows = [...look.messages.values()]
    .sort((a, b) => (down ? b.place - a.place : a.place - b.place))
    .filter(({ place }) => after === null || (down ? place < after : place > after))
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return {
    items: items.map((kept) => summaryOf(kept, standing)),
    nextCursor: last && rows.length > items.length ? String(last.place) : null,
    total: look.messages.size,
  }
}

export function summaryOf(kept: Kept, { state, deliveryLimit }: Standing): MessageSummary {
  const { properties, deaths } = kept
  const [death] = deaths
  const dead = state === 'dead'
  return {
    id: kept.id,
    state,
    name: propertyOf(properties, 'type'),
    enqueuedAt: publishedAt(kept),
    dueAt: null,
    finishedAt: dead && death?.time != null ? death.time * 1_000 : null,
    attempts: dead ? attemptsOf(deaths) : kept.deliveries,
    maxAttempts: deliveryLimit,
    bytes: kept.bytes,
    preview: previewOf(kept.body),
    error: dead ? (death ? causeOf(death) : noDeath) : null,
  }
}

export function detailOf(kept: Kept, standing: Standing): MessageDetail {
  const { properties, deaths } = kept
  const [death] = deaths
  return {
    summary: summaryOf(kept, standing),
    body: bodyOf(kept),
    attributes: [
      ...properties.named.map(({ name, text }) => ({ name, value: text })),
      ...properties.headers.map(({ name, value }) => ({ name: `header ${name}`, value: textOfField(value) })),
    ],
    facts: [
      { name: 'Exchange', value: kept.exchange === '' ? '(default)' : kept.exchange },
      { name: 'Routing key', value: kept.routingKey },
      { name: 'Redelivered', value: kept.redelivered ? 'yes' : 'no, until this look' },
      ...(kept.deliveries === null ? [] : [{ name: 'Deliveries before this look', value: String(kept.deliveries) }]),
      ...(death ? originFacts(death) : []),
    ],
    error:
      standing.state === 'dead'
        ? {
            name: death?.reason ?? 'unknown',
            message: death ? `${causeOf(death)}: ${deathWords(death)}` : noDeath,
            stack: null,
          }
        : null,
    history: historyOf(kept),
    logs: [],
  }
}

export const goneMessage = (id: string): Failure =>
  new Failure({
    code: 'gone',
    message: `The message ${id} is not among those that were looked at.`,
    hint: 'Look again: it may still be in the queue.',
    subject: id,
  })

const noDeath = 'no x-death header: published here directly'

const publishedAt = ({ properties }: Kept): number | null => {
  const seconds = propertyOf(properties, 'timestamp')
  // Beyond what a date holds it is no time; it is still shown as it is.
  return seconds === null || Number(seconds) > 8_640_000_000_000 ? null : Number(seconds) * 1_000
}

/** Each rejection was an attempt, and a delivery limit counts as the one that was too many. Expiry and overflow are none. */
function attemptsOf(deaths: readonly Death[]): number | null {
  const tried = deaths.filter(({ reason }) => reason === 'rejected' || reason === 'delivery_limit')
  return tried.length === 0 ? null : tried.reduce((sum, { count }) => sum + count, 0)
}

const previewLength = 120

function previewOf(body: Buffer | null): string {
  if (body === null) return ''
  // Four bytes a character at most; a character cut at the end is dropped with the rest.
  return [...body.subarray(0, previewLength * 4).toString('utf8')].slice(0, previewLength).join('')
}

function bodyOf({ body, bytes, digest }: Kept): Body {
  if (body === null) {
    return { kind: 'withheld', bytes, reason: 'The bodies of this look were more than 64 MiB: look at fewer messages.' }
  }
  if (bytes > wholeBodyLimit) {
    return {
      kind: 'withheld',
      bytes,
      reason: 'Payloads above 8 MiB are not shown; they can be sent back or moved whole.',
    }
  }
  return { kind: 'whole', base64: body.toString('base64'), bytes, digest }
}

const originFacts = ({ queue, exchange, routingKeys, originalExpiration }: Death) => [
  { name: 'Died in', value: queue },
  {
    name: 'Came by',
    value: `${exchange === '' ? 'the default exchange' : exchange}, routing key ${routingKeys.join(', ') || '(none)'}`,
  },
  ...(originalExpiration === null ? [] : [{ name: 'Expiration it had', value: `${originalExpiration} ms` }]),
]

/** RabbitMQ writes the latest death first, and for repeated ones of a kind the time of the first. */
function historyOf(kept: Kept): HistoryEvent[] {
  const published: HistoryEvent = { at: publishedAt(kept), event: 'published', detail: null, attempt: null }
  return [
    published,
    ...[...kept.deaths].reverse().map(
      (death): HistoryEvent => ({
        at: death.time === null ? null : death.time * 1_000,
        event: 'dead-lettered',
        detail: deathWords(death),
        attempt: death.count,
      }),
    ),
  ]
}
