import type { MessageState, MessageSummary } from '@shared/model/message'
import { functionOf, type JobFields, lastError } from './job-fields'
import { errorOf } from './traceback'

const previewLength = 120
const longestError = 500

export interface PlacedJob {
  readonly id: string
  readonly state: MessageState
  /** Of its registry, seconds; null in a queue. */
  readonly score: number | null
  readonly fields: JobFields
}

/** Pure: one row. The payload is a pickle, which is never read: what stands for it is RQ's own description of the call. */
export function rowOf({ id, state, score, fields }: PlacedJob): MessageSummary {
  const error = state === 'dead' ? lastError(fields) : null
  return {
    id,
    state,
    name: functionOf(fields.description),
    enqueuedAt: fields.enqueuedAt ?? fields.createdAt,
    dueAt: state === 'delayed' && score !== null ? score * 1_000 : null,
    finishedAt: state === 'dead' || state === 'done' ? (fields.endedAt ?? fields.result?.at ?? null) : null,
    attempts: attemptsOf(fields, state),
    maxAttempts:
      fields.retries !== null && fields.retriesLeft !== null ? fields.retries + fields.retriesLeft + 1 : null,
    bytes: fields.exists ? fields.bytes : null,
    preview: previewOf(fields),
    error: error === null ? null : errorLine(error),
  }
}

/** RQ counts the retries that are left, and those that were made in later versions than 1.13. */
function attemptsOf({ retries, startedAt, exists }: JobFields, state: MessageState): number | null {
  if (!exists) return null
  const isBegun = state === 'leased' || state === 'dead' || state === 'done'
  if (retries !== null) return retries + (isBegun ? 1 : 0)
  return startedAt === null && !isBegun ? 0 : null
}

function previewOf({ exists, description }: JobFields): string {
  if (!exists) return '(its hash is gone: RQ passes over it)'
  return [...(description ?? '(no description)')].slice(0, previewLength).join('')
}

function errorLine(text: string): string {
  const { name, message } = errorOf(text)
  return `${name}: ${message.split('\n', 1)[0] ?? ''}`.slice(0, longestError)
}
