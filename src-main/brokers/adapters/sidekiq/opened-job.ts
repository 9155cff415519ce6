import {
  type HistoryEvent,
  type MessageDetail,
  type MessageError,
  wholeBodyLimit,
  withheldReason,
} from '@shared/model/message'
import { wholeBody } from '../body-text'
import { sliceOf } from '../json-members'
import { stackOf } from './backtrace'
import { bodyOf, type Job, memberOf, timeOf, wordOf } from './job'
import { type PlacedJob, rowOf } from './rows'

/** Shown by themselves: as the body, and as the stack. */
const shownApart = new Set(['args', 'error_backtrace'])

const longestMember = 64 * 1024

/** Pure: a job in full. */
export function openedJob(placed: PlacedJob): MessageDetail {
  const { job } = placed
  const body = bodyOf(job)
  return {
    summary: rowOf(placed),
    body:
      body.length > wholeBodyLimit ? { kind: 'withheld', bytes: body.length, reason: withheldReason } : wholeBody(body),
    attributes: [...(job.members ?? [])].flatMap(([name, span]) =>
      shownApart.has(name) ? [] : [{ name, value: memberText(sliceOf(job.bytes, span)) }],
    ),
    facts: factsOf(placed),
    error: errorOf(job),
    history: historyOf(placed),
    logs: [],
  }
}

/** As it is written, but strings without their quotes. */
function memberText(slice: Buffer): string {
  if (slice.length > longestMember) return `(${slice.length} bytes, not shown)`
  const text = slice.toString('utf8')
  return text.startsWith('"') ? String(JSON.parse(text)) : text
}

function errorOf(job: Job): MessageError | null {
  const name = wordOf(job, 'error_class')
  const message = wordOf(job, 'error_message')
  if (name === null && message === null) return null
  return { name: name ?? 'Error', message: message ?? '', stack: stackOf(memberOf(job, 'error_backtrace')) }
}

function factsOf({ job, state, score }: PlacedJob): { readonly name: string; readonly value: string }[] {
  if (job.members === null) {
    return [
      { name: 'Not a job', value: 'This text is no JSON object: no worker could read it. It can only be discarded.' },
    ]
  }
  const at = score === null ? [] : [{ name: placeWords(state, job), value: new Date(score * 1_000).toISOString() }]
  return [...at, { name: 'Retries', value: retryWords(job) }]
}

const placeWords = (state: PlacedJob['state'], job: Job): string => {
  if (state === 'dead') return 'Died'
  return wordOf(job, 'error_class') === null ? 'Scheduled for' : 'Next retry'
}

/** Source: job_retry.rb. */
function retryWords(job: Job): string {
  const retry = memberOf(job, 'retry')
  const count = memberOf(job, 'retry_count')
  const used = typeof count === 'number' ? `, ${Math.max(0, count)} used` : ''
  const hours = memberOf(job, 'retry_for')
  if (typeof hours === 'number') return `for ${hours} seconds after the first failure${used}`
  if (retry === false) return 'none: a failure is logged and the job is dropped, not even kept as dead'
  if (typeof retry === 'number') return `${retry}${used}, then ${deathWords(job)}`
  return `25 unless the service sets max_retries${used}, then ${deathWords(job)}`
}

const deathWords = (job: Job): string => (memberOf(job, 'dead') === false ? 'dropped' : 'the dead set')

/** Sidekiq keeps the times of the first and the last failure, none between. What falls into one millisecond stands in this order. */
function historyOf({ job, state, score }: PlacedJob): HistoryEvent[] {
  const time = (name: string) => timeOf(memberOf(job, name))
  const count = memberOf(job, 'retry_count')
  const attempts = typeof count === 'number' ? count + 1 : null
  const error = wordOf(job, 'error_class')
  const told: readonly (readonly [at: number | null, event: string, detail: string | null, attempt: number | null])[] =
    [
      [time('created_at'), 'created', null, null],
      [time('enqueued_at'), 'enqueued', wordOf(job, 'queue'), null],
      [time('failed_at'), 'failed', time('retried_at') === null ? error : null, 1],
      [time('retried_at'), 'failed again', error, attempts],
      [state === 'dead' && score !== null ? Math.round(score * 1_000) : null, 'died', null, attempts],
    ]
  return told
    .flatMap(([at, event, detail, attempt]) => (at === null ? [] : [{ at, event, detail, attempt }]))
    .sort((a, b) => a.at - b.at)
}
