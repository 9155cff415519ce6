import { createHash } from 'node:crypto'
import { Failure } from '@shared/failure'
import type { MessageDetail, MessagePage, MessageState, MessageSummary } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { BrowseRequest } from '../../reader'
import { type Held, receivesOf } from './held'

/** Rows of what was looked at. Other states cannot be looked at: SQS shows only what is available. */
export function pageOf(
  seen: readonly Held[],
  state: MessageState,
  { state: wanted, cursor, limit }: BrowseRequest,
): MessagePage {
  if (wanted !== state) return { items: [], nextCursor: null, total: null }
  const from = cursor === null ? 0 : seen.findIndex(({ id }) => id === cursor) + 1
  const rows = seen.slice(from, from + limit)
  const last = rows.at(-1)
  return {
    items: rows.map((held) => summaryOf(held, state)),
    nextCursor: last && from + rows.length < seen.length ? last.id : null,
    total: seen.length,
  }
}

export function summaryOf(held: Held, state: MessageState): MessageSummary {
  const sentAt = Number(held.system.SentTimestamp ?? Number.NaN)
  const source = sourceOf(held)
  return {
    id: held.id,
    state,
    name: null,
    enqueuedAt: Number.isFinite(sentAt) ? sentAt : null,
    dueAt: null,
    finishedAt: null,
    attempts: held.system.ApproximateReceiveCount === undefined ? null : receivesOf(held),
    maxAttempts: null,
    bytes: Buffer.byteLength(held.text),
    preview: held.text.slice(0, 120),
    error: state === 'dead' ? `Received too often${source === null ? '' : ` from ${source}`}` : null,
  }
}

export function detailOf(held: Held, state: MessageState): MessageDetail {
  const body = Buffer.from(held.text)
  const source = sourceOf(held)
  return {
    summary: summaryOf(held, state),
    body: {
      kind: 'whole',
      base64: body.toString('base64'),
      bytes: body.byteLength,
      digest: createHash('sha256').update(body).digest('hex'),
    },
    attributes: Object.entries(held.attributes).map(([name, { DataType = '', StringValue, BinaryValue }]) => ({
      name,
      value: StringValue ?? `${DataType}, ${BinaryValue?.byteLength ?? 0} bytes: ${base64Of(BinaryValue)}`,
    })),
    facts: Object.entries(held.system).flatMap(([name, value]) =>
      value === undefined ? [] : [{ name: words[name] ?? name, value: times.has(name) ? isoOf(value) : value }],
    ),
    error:
      state === 'dead'
        ? {
            name: 'Dead letter',
            message: `It was received too often${source === null ? '' : ` from ${source}`} without being deleted. SQS keeps no error.`,
            stack: null,
          }
        : null,
    history: historyOf(held),
    logs: [],
  }
}

export const notSeen = (queue: QueueAddress, id: string): Failure =>
  new Failure({
    code: 'gone',
    message: `${id} is not among the messages that were looked at in ${queue.name}.`,
    hint: 'Look at the queue again, at its price.',
    subject: id,
  })

/** The queue whose redrive policy brought it here. */
const sourceOf = ({ system }: Held): string | null => system.DeadLetterQueueSourceArn?.split(':').at(-1) ?? null

function historyOf({ system }: Held): MessageDetail['history'] {
  const event = (name: string, text: string | undefined) => {
    const at = Number(text ?? Number.NaN)
    return Number.isFinite(at) && at > 0 ? [{ at, event: name, detail: null, attempt: null }] : []
  }
  return [...event('sent', system.SentTimestamp), ...event('received first', system.ApproximateFirstReceiveTimestamp)]
}

const words: Readonly<Record<string, string>> = {
  ApproximateReceiveCount: 'Receives',
  ApproximateFirstReceiveTimestamp: 'First received',
  SentTimestamp: 'Sent',
  SenderId: 'Sender',
  MessageGroupId: 'Message group',
  MessageDeduplicationId: 'Deduplication id',
  SequenceNumber: 'Sequence number',
  AWSTraceHeader: 'Trace header',
  DeadLetterQueueSourceArn: 'Came from',
}

const times = new Set(['SentTimestamp', 'ApproximateFirstReceiveTimestamp'])
const isoOf = (text: string) => (Number(text) > 0 ? new Date(Number(text)).toISOString() : text)
const base64Of = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('base64')
