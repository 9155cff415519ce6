import { Failure } from '@shared/failure'
import {
  type Body,
  type HistoryEvent,
  type MessageDetail,
  type MessageSummary,
  wholeBodyLimit,
  withheldReason,
} from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import { previewOf, wholeBody } from '../body-text'
import { ask, type Command, numberOf } from '../redis-asking'
import { type BeeJob, jobOf } from './job'
import { keysOf } from './keys'
import { type Located, locate } from './locating'

/** bee-queue keeps data and everything else of a job in one text: a larger one is not pulled for a row. */
const rowLimit = 16 * 1024

/** Rows of a table in two pipelines: sizes first, then whatever is small enough to be looked at. */
export async function summariesOf(
  redis: RedisClient,
  queue: QueueAddress,
  places: readonly Located[],
): Promise<readonly MessageSummary[]> {
  const { jobs } = keysOf(queue)
  const sizes = await ask(
    redis,
    places.map(({ id }): Command => ['HSTRLEN', jobs, id]),
  )
  const small = places.filter((_, index) => (numberOf(sizes[index]) ?? 0) <= rowLimit)
  const texts = await ask(
    redis,
    small.map(({ id }): Command => ['HGET', jobs, id]),
  )
  const read = new Map(small.map(({ id }, index) => [id, texts[index]]))
  return places.map((place) => {
    const text = read.get(place.id)
    return summaryOf(place, Buffer.isBuffer(text) ? jobOf(text) : null)
  })
}

function summaryOf({ id, state, dueAt }: Located, job: BeeJob | null): MessageSummary {
  const failures = job?.stacks.length ?? 0
  return {
    id,
    state,
    name: null,
    enqueuedAt: job?.addedAt ?? null,
    dueAt,
    finishedAt: null,
    attempts: job && failures + (state === 'leased' || state === 'done' ? 1 : 0),
    // A dead letter has used its last attempt; every other one still has the present.
    maxAttempts: job && failures + job.retriesLeft + (state === 'dead' ? 0 : 1),
    bytes: job?.data.length ?? null,
    preview: job ? previewOf(job.data) : '',
    error: state === 'dead' ? (job?.stacks[0]?.split('\n', 1)[0]?.slice(0, 500) ?? null) : null,
  }
}

/** One job in full, except one above wholeBodyLimit, which is only measured. */
export async function inspectJob(redis: RedisClient, queue: QueueAddress, id: string): Promise<MessageDetail> {
  const { jobs } = keysOf(queue)
  const [place] = await locate(redis, queue, [id])
  const [size] = await ask(redis, [['HSTRLEN', jobs, id]])
  const bytes = numberOf(size) ?? 0
  const [text] = bytes > 0 && bytes <= wholeBodyLimit ? await ask(redis, [['HGET', jobs, id]]) : [null]
  if (!place || bytes === 0) {
    throw new Failure({ code: 'gone', message: `the job ${id} is not there any more`, subject: id })
  }
  const job = Buffer.isBuffer(text) ? jobOf(text) : null
  const newest = job?.stacks[0]
  return {
    summary: summaryOf(place, job),
    body: bodyOf(bytes, text, job),
    attributes: factsOf(job),
    error: newest === undefined ? null : errorOf(newest),
    history: job ? historyOf(job, place) : [],
    logs: [],
  }
}

function bodyOf(bytes: number, text: unknown, job: BeeJob | null): Body {
  if (job) return wholeBody(job.data)
  if (bytes > wholeBodyLimit) return { kind: 'withheld', bytes, reason: withheldReason }
  return Buffer.isBuffer(text)
    ? { kind: 'missing', reason: 'the job is no JSON object with data, as bee-queue writes it' }
    : { kind: 'missing', reason: 'the job went away meanwhile' }
}

const factsOf = (job: BeeJob | null) =>
  Object.entries({
    status: job?.status,
    progress: job?.progress,
    'retries left': job && String(job.retriesLeft),
    backoff: job?.backoff,
    timeout: job?.timeoutMs == null ? null : `${job.timeoutMs} ms`,
  }).flatMap(([name, value]) => (value == null ? [] : [{ name, value }]))

function errorOf(stack: string) {
  const [first = ''] = stack.split('\n', 1)
  const named = /^([A-Za-z_$][\w$.]*)(?: \[[^\]]*\])?(?:: |$)/.exec(first)
  return { name: named?.[1] ?? 'Error', message: named ? first.slice(named[0].length) : first, stack }
}

/** bee-queue keeps no time per attempt, and none of the end. */
function historyOf(job: BeeJob, { state }: Located): HistoryEvent[] {
  const events: HistoryEvent[] = [{ at: job.addedAt, event: 'added', detail: null, attempt: null }]
  for (const [index, stack] of [...job.stacks].reverse().entries())
    events.push({ at: null, event: 'failed', detail: stack.split('\n', 1)[0] ?? '', attempt: index + 1 })
  const attempt = job.stacks.length + 1
  if (state === 'leased') events.push({ at: null, event: 'started', detail: null, attempt })
  if (state === 'done') events.push({ at: null, event: 'succeeded', detail: null, attempt })
  return events
}
