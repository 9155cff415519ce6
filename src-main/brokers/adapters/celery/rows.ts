import { createHash } from 'node:crypto'
import {
  type MessageDetail,
  type MessageState,
  type MessageSummary,
  wholeBodyLimit,
  withheldReason,
} from '@shared/model/message'
import type { Envelope } from './envelope'
import { endOf, errorOf, type TaskResult } from './results'

export function summaryOf(envelope: Envelope, state: MessageState): MessageSummary {
  return {
    id: envelope.id,
    state,
    name: envelope.task,
    // Kombu writes no time into a message.
    enqueuedAt: null,
    dueAt: envelope.eta,
    finishedAt: null,
    attempts: envelope.retries === null ? null : envelope.retries + (state === 'leased' ? 1 : 0),
    maxAttempts: null,
    bytes: envelope.body.byteLength,
    preview: envelope.body.subarray(0, 480).toString('utf8').slice(0, 120),
    error: null,
  }
}

export function detailOf(envelope: Envelope, state: MessageState, result: TaskResult | null): MessageDetail {
  const { body } = envelope
  return {
    summary: summaryOf(envelope, state),
    body:
      body.byteLength > wholeBodyLimit
        ? { kind: 'withheld', bytes: body.byteLength, reason: withheldReason }
        : {
            kind: 'whole',
            base64: body.toString('base64'),
            bytes: body.byteLength,
            digest: createHash('sha256').update(body).digest('hex'),
          },
    attributes: [],
    facts: [
      { name: 'Content type', value: envelope.contentType },
      ...Object.entries(envelope.headers).flatMap(([name, value]) =>
        value === null || value === undefined
          ? []
          : [{ name, value: typeof value === 'string' ? value : JSON.stringify(value) }],
      ),
      ...resultFacts(result),
    ],
    error: errorOf(result),
    history: [],
    logs: [],
  }
}

/** A task that ended: only its result is left, its message is gone. */
export function endedDetail(id: string, result: TaskResult): MessageDetail {
  const state = endOf(result) ?? 'done'
  const error = errorOf(result)
  return {
    summary: {
      id,
      state,
      name: null,
      enqueuedAt: null,
      dueAt: null,
      finishedAt: result.doneAt,
      attempts: null,
      maxAttempts: null,
      bytes: null,
      preview: result.status,
      error: error ? `${error.name}: ${error.message}` : null,
    },
    body: { kind: 'missing', reason: 'Celery keeps the result of a task that ended, and not its message.' },
    attributes: [],
    facts: resultFacts(result),
    error,
    history:
      result.doneAt === null
        ? []
        : [{ at: result.doneAt, event: result.status.toLowerCase(), detail: null, attempt: null }],
    logs: [],
  }
}

const resultFacts = (result: TaskResult | null) =>
  result === null
    ? []
    : [
        { name: 'Status', value: result.status },
        ...(result.status === 'SUCCESS' ? [{ name: 'Result', value: JSON.stringify(result.result) }] : []),
      ]
