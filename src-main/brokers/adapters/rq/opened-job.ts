import { Failure } from '@shared/failure'
import { type Body, type HistoryEvent, type MessageDetail, wholeBodyLimit, withheldReason } from '@shared/model/message'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import { wholeBody } from '../body-text'
import { ask, askAll, brokerTime, buffersOf, type Command, listOf, numberOf } from '../redis-asking'
import { dependencyFacts, executionFacts, placeFacts } from './job-facts'
import { fieldsOf, type JobFields, type JobResult, lastError, resultsOf } from './job-fields'
import { jobKeys } from './keys'
import { rowOf } from './rows'
import { type Standing, standingsOf } from './standing'
import { errorOf } from './traceback'

/** RQ's hashes have about thirty fields; one with more than this is no job. */
const mostFields = 1_000
/** A field other than the payload is shown up to this size, bytes. */
const longestField = 64 * 1024
/** A stream of results up to this size is read whole, else its last one only. */
const largestResults = 1024 * 1024

/** Shown by themselves: as the body, and as the error. */
const shownApart = new Set(['data', 'exc_info'])

/** A job in full, but for a payload above wholeBodyLimit, which is only measured. Nothing is unpickled. */
export async function inspectJob(
  redis: RedisClient,
  { queue, id, clock }: { readonly queue: string; readonly id: string; readonly clock: Clock },
): Promise<MessageDetail> {
  const keys = jobKeys(id)
  const [standing] = await standingsOf(redis, queue, [id])
  if (!standing) throw new Failure({ code: 'gone', message: `the job ${id} is not in ${queue} any more`, subject: id })
  const [fields] = await fieldsOf(redis, [id], { withResults: true })
  const [attributes, body] = await attributesOf(redis, keys.job)
  const results = await resultsAt(redis, keys.results)
  const error = standing.state === 'dead' ? lastError(fields!) : null
  return {
    summary: rowOf({ id, ...standing, fields: fields! }),
    body,
    attributes: [...attributes],
    facts: [
      ...placeFacts(standing, await brokerTime(redis, clock)),
      ...(await executionFacts(redis, id)),
      ...(await dependencyFacts(redis, id)),
    ],
    error: error === null ? null : errorOf(error),
    history: historyOf(fields!, results, standing),
    logs: [],
  }
}

async function attributesOf(
  redis: RedisClient,
  job: string,
): Promise<readonly [readonly { readonly name: string; readonly value: string }[], Body]> {
  const [count] = await ask(redis, [['HLEN', job]])
  if ((numberOf(count) ?? 0) > mostFields)
    throw new Failure({
      code: 'unsupported',
      message: `${job} has ${numberOf(count)} fields: that is no job`,
      subject: job,
    })
  const [names] = await ask(redis, [['HKEYS', job]])
  const fields = buffersOf(names).map((name) => name.toString('utf8'))
  const sizes = (
    await ask(
      redis,
      fields.map((field): Command => ['HSTRLEN', job, field]),
    )
  ).map((size) => numberOf(size) ?? 0)
  const pulled = fields.filter((field, at) => sizes[at]! <= (field === 'data' ? wholeBodyLimit : longestField))
  const [values] = pulled.length === 0 ? [[]] : await ask(redis, [['HMGET', job, ...pulled]])
  const value = new Map(pulled.map((field, at) => [field, listOf(values)[at]]))
  const attributes = fields.flatMap((name, at) =>
    shownApart.has(name) ? [] : [{ name, value: attributeText(value.get(name), sizes[at]!) }],
  )
  return [attributes, bodyOf(value.get('data'), fields.includes('data') ? sizes[fields.indexOf('data')]! : null)]
}

/** `meta` and `result` are pickles too, unless the service has another serializer: what is no text is only measured. */
function attributeText(value: unknown, bytes: number): string {
  if (!Buffer.isBuffer(value)) return `(${bytes} bytes, not pulled)`
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(value)
    // Bytes of a pickle can happen to be UTF-8.
    return [...text].some((character) => character < ' ' && !'\t\n\r'.includes(character)) ? binary(bytes) : text
  } catch {
    return binary(bytes)
  }
}

const binary = (bytes: number): string => `(${bytes} bytes, not text)`

function bodyOf(data: unknown, bytes: number | null): Body {
  if (Buffer.isBuffer(data)) return wholeBody(data)
  if (bytes !== null && bytes > wholeBodyLimit) return { kind: 'withheld', bytes, reason: withheldReason }
  return { kind: 'missing', reason: 'the job’s hash is gone or has no data: RQ cannot run it' }
}

/** Newest first. */
async function resultsAt(redis: RedisClient, key: string): Promise<readonly JobResult[]> {
  const [size] = await askAll(redis, [['MEMORY', 'USAGE', key]])
  const isSmall = size?.ok === true && (numberOf(size.value) ?? 0) <= largestResults
  const [entries] = await askAll(redis, [['XREVRANGE', key, '+', '-', 'COUNT', isSmall ? 10 : 1]])
  return entries?.ok ? resultsOf(entries.value) : []
}

const resultWords: Readonly<Record<number, string>> = {
  1: 'finished',
  2: 'failed',
  3: 'stopped',
  4: 'retried',
  5: 'retried too often',
}

/** RQ keeps the times of the last run, and a result of each of the last ten that ended for good. */
function historyOf(
  { createdAt, enqueuedAt, startedAt, endedAt }: JobFields,
  results: readonly JobResult[],
  { state }: Standing,
): HistoryEvent[] {
  const told: readonly (readonly [number | null, string, string | null])[] = [
    [createdAt, 'created', null],
    ...[...results].reverse().map(({ at, type, error }) => {
      const detail = error === null ? null : errorOf(error)
      const word = resultWords[type ?? 0] ?? `ended (${type ?? 'in an unknown way'})`
      return [at, word, detail && `${detail.name}: ${detail.message.split('\n', 1)[0]}`] as const
    }),
    [enqueuedAt, 'enqueued', null],
    [startedAt, 'started', null],
    ...(results.length === 0 && (state === 'dead' || state === 'done')
      ? ([[endedAt, state === 'dead' ? 'failed' : 'finished', null]] as const)
      : []),
  ]
  return told
    .flatMap(([at, event, detail]) => (at === null ? [] : [{ at, event, detail, attempt: null }]))
    .sort((a, b) => a.at - b.at)
}
