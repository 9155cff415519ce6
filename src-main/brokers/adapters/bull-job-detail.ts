import { Failure } from '@shared/failure'
import {
  type Body,
  type HistoryEvent,
  type MessageDetail,
  type MessageError,
  type MessageState,
  wholeBodyLimit,
  withheldReason,
} from '@shared/model/message'
import type { RedisClient } from '../clients/redis'
import { wholeBody } from './body-text'
import { hashGone, rowWithoutHash, summaryOf } from './bull-job-rows'
import type { Place } from './place-paging'
import { ask, type Command, listOf, numberOf, textOf } from './redis-asking'

/** Log lines that are pulled with a job, from the newest end. */
const logLines = 1_000

/** A field other than the body is shown whole up to this size. */
const fieldLimit = 1024 * 1024

/** The libraries' own hashes have about twenty fields; one with more than this is no job. */
const fieldCountLimit = 1_000

export interface OpenedJob {
  readonly id: string
  /** Its hash; its log lines stand beside it. */
  readonly job: string
  readonly locate: () => Promise<{ readonly state: MessageState; readonly place: Place } | null>
}

/** One of Bull's or BullMQ's jobs in full, except a body above wholeBodyLimit, which is only measured. */
export async function inspectJob(redis: RedisClient, { id, job, locate }: OpenedJob): Promise<MessageDetail> {
  const keys = { job, logs: `${job}:logs` }
  const [count] = await ask(redis, [['HLEN', keys.job]])
  const place = await locate()
  if (!place) throw new Failure({ code: 'gone', message: `the job ${id} is not there any more`, subject: id })
  if ((numberOf(count) ?? 0) === 0) return detailWithoutHash(place)
  if (numberOf(count)! > fieldCountLimit) {
    throw new Failure({
      code: 'unsupported',
      message: `${keys.job} has ${count} fields: that is no job`,
      subject: keys.job,
    })
  }
  const [names, logs] = await ask(redis, [
    ['HKEYS', keys.job],
    ['LRANGE', keys.logs, -logLines, -1],
  ])
  const fields = listOf(names).flatMap((name) => textOf(name) ?? [])
  const sizes = (
    await ask(
      redis,
      fields.map((field): Command => ['HSTRLEN', keys.job, field]),
    )
  ).map(numberOf)
  const pulled = fields.filter((field, at) => (sizes[at] ?? 0) <= (field === 'data' ? wholeBodyLimit : fieldLimit))
  const [values] = pulled.length === 0 ? [[]] : await ask(redis, [['HMGET', keys.job, ...pulled]])
  const value = new Map(pulled.map((field, at) => [field, listOf(values)[at]]))
  const size = (field: string) => sizes[fields.indexOf(field)] ?? null

  const failedReason = textOf(value.get('failedReason'))
  const traces = tracesOf(textOf(value.get('stacktrace')))
  const summary = summaryOf({
    place: place.place,
    state: place.state,
    scalars: Object.fromEntries(value),
    bytes: size('data'),
    data: value.get('data'),
    opts: textOf(value.get('opts')),
    failedReason,
  })
  return {
    summary,
    body: bodyOf(fields.includes('data'), size('data'), value.get('data')),
    attributes: fields
      .filter((field) => field !== 'data' && field !== 'stacktrace')
      .map((field) => ({ name: field, value: attributeOf(value.get(field), size(field)) })),
    error: errorOf({ state: place.state, failedReason, trace: traces.at(-1) }),
    history: historyOf({ value, traces, state: place.state, failedReason }),
    logs: listOf(logs).flatMap((line) => textOf(line) ?? []),
  }
}

const detailWithoutHash = ({
  state,
  place,
}: {
  readonly state: MessageState
  readonly place: Place
}): MessageDetail => ({
  summary: rowWithoutHash(place, state),
  body: {
    kind: 'missing',
    reason: `${hashGone}. Nothing of it can be brought back; discarding it takes the id out. A server whose maxmemory-policy is noeviction evicts none.`,
  },
  attributes: [],
  error: null,
  history: [],
  logs: [],
})

function bodyOf(present: boolean, bytes: number | null, data: unknown): Body {
  if (!present || bytes === null) return { kind: 'missing', reason: 'the job has no data field' }
  if (!Buffer.isBuffer(data)) {
    return bytes > wholeBodyLimit
      ? { kind: 'withheld', bytes, reason: withheldReason }
      : { kind: 'missing', reason: 'the data field went away meanwhile' }
  }
  return wholeBody(data)
}

const attributeOf = (value: unknown, bytes: number | null): string =>
  textOf(value) ?? `(${bytes ?? 0} bytes, not pulled)`

/** One stack per failed attempt, oldest first; bounded by the job's own stackTraceLimit. */
export function tracesOf(stacktrace: string | null): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(stacktrace ?? '[]')
    return Array.isArray(parsed) ? parsed.filter((trace): trace is string => typeof trace === 'string') : []
  } catch {
    return []
  }
}

export function errorOf(job: {
  readonly state: MessageState
  readonly failedReason: string | null
  readonly trace: string | undefined
}): MessageError | null {
  const { state, failedReason, trace } = job
  if (state !== 'dead' && trace === undefined && failedReason === null) return null
  const first = trace?.split('\n', 1)[0] ?? ''
  const named = /^([A-Za-z_$][\w$.]*)(?: \[[^\]]*\])?(?:: |$)/.exec(first)
  return {
    name: named?.[1] ?? 'Error',
    message: failedReason ?? (named ? first.slice(named[0].length) : first),
    stack: trace ?? null,
  }
}

function historyOf(job: {
  readonly value: ReadonlyMap<string, unknown>
  readonly traces: readonly string[]
  readonly state: MessageState
  readonly failedReason: string | null
}): HistoryEvent[] {
  const { value, traces, state, failedReason } = job
  const time = (field: string) => numberOf(value.get(field))
  const made = numberOf(value.get('atm')) ?? numberOf(value.get('attemptsMade')) ?? traces.length
  const begun = numberOf(value.get('ats')) ?? made
  const finishedAt = time('finishedOn')
  const events: HistoryEvent[] = [{ at: time('timestamp'), event: 'added', detail: null, attempt: null }]
  traces.forEach((trace, index) => {
    const last = index === traces.length - 1
    events.push({
      // Neither library keeps a time per attempt, only that of the end.
      at: last && state === 'dead' ? finishedAt : null,
      event: 'failed',
      detail: trace.split('\n', 1)[0] ?? '',
      attempt: Math.max(1, made - traces.length + index + 1),
    })
  })
  if (state === 'dead' && traces.length === 0) {
    events.push({ at: finishedAt, event: 'failed', detail: failedReason, attempt: made || null })
  }
  if (state === 'leased')
    events.push({ at: time('processedOn'), event: 'started', detail: textOf(value.get('pb')), attempt: begun })
  if (state === 'done') events.push({ at: finishedAt, event: 'completed', detail: null, attempt: begun || null })
  const stalls = numberOf(value.get('stc'))
  if (stalls) events.push({ at: null, event: 'stalled', detail: `${stalls} times`, attempt: null })
  return events
}
