import type { MessageState, MessageSummary } from '@shared/model/message'
import { previewOf } from '../body-text'
import { bodyOf, classOf, type Job, memberOf, timeOf, wordOf } from './job'

const longestError = 500

export interface PlacedJob {
  readonly id: string
  readonly job: Job
  readonly state: MessageState
  /** A set's score in seconds; null in a queue, and of what a worker holds. */
  readonly score: number | null
}

/** Pure: one row. */
export function rowOf({ id, job, state, score }: PlacedJob): MessageSummary {
  const body = bodyOf(job)
  const at = score === null ? null : Math.round(score * 1_000)
  return {
    id,
    state,
    name: classOf(job),
    enqueuedAt: timeOf(memberOf(job, 'enqueued_at')) ?? timeOf(memberOf(job, 'created_at')),
    dueAt: state === 'delayed' ? at : null,
    finishedAt: state === 'dead' ? at : null,
    attempts: job.members === null ? null : attemptsOf(job, state),
    maxAttempts: maxAttemptsOf(job),
    bytes: body.length,
    preview: previewOf(body),
    error: errorLine(job)?.slice(0, longestError) ?? null,
  }
}

/** retry_count is written at a failure: 0 at the first. */
function attemptsOf(job: Job, state: MessageState): number {
  const count = memberOf(job, 'retry_count')
  const failed = typeof count === 'number' ? count + 1 : 0
  return failed + (state === 'leased' ? 1 : 0)
}

/** `true` means as many as the service's own setting says, which Redis does not hold: 25 retries unless it was changed. */
function maxAttemptsOf(job: Job): number | null {
  const retry = memberOf(job, 'retry')
  if (retry === false) return 1
  return typeof retry === 'number' && Number.isInteger(retry) ? retry + 1 : null
}

function errorLine(job: Job): string | null {
  const name = wordOf(job, 'error_class')
  const message = wordOf(job, 'error_message')
  if (name === null && message === null) return null
  return `${name ?? 'Error'}: ${message ?? ''}`.split('\n', 1)[0] ?? ''
}
