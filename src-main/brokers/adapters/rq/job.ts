import { createHash } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import { Failure } from '@shared/failure'
import {
  type MessageDetail,
  type MessageState,
  type MessageSummary,
  wholeBodyLimit,
  withheldReason,
} from '@shared/model/message'
import type { RedisClient } from '../../clients/redis'
import { ask, type Command, listOf, numberOf, textOf } from '../redis-asking'
import { jobKey, stateOf } from './keys'

const small = [
  'description',
  'created_at',
  'enqueued_at',
  'started_at',
  'ended_at',
  'exc_info',
  'retries_left',
] as const

/** Rows by their ids; the pickled data is measured and never read for a row. */
export async function summariesOf(
  redis: RedisClient,
  state: MessageState,
  rows: readonly { readonly id: string; readonly score: string | null }[],
): Promise<readonly MessageSummary[]> {
  const answers = await ask(
    redis,
    rows.flatMap(({ id }): readonly Command[] => [
      ['HMGET', jobKey(id), ...small],
      ['HSTRLEN', jobKey(id), 'data'],
    ]),
  )
  return rows.map(({ id, score }, index) => summaryOf({ id, state, score }, answers[index * 2], answers[index * 2 + 1]))
}

export async function inspectJob(redis: RedisClient, queue: string, id: string): Promise<MessageDetail> {
  const key = jobKey(id)
  const [head, row, size] = await ask(redis, [
    ['HMGET', key, 'status', 'origin', 'timeout', 'result_ttl', 'failure_ttl', 'worker_name', 'dependency_ids'],
    ['HMGET', key, ...small],
    ['HSTRLEN', key, 'data'],
  ])
  const [word, origin, timeout, resultTtl, failureTtl, worker, dependencies] = listOf(head).map(textOf)
  const state = stateOf(word ?? null)
  if (state === null || origin !== queue) {
    throw new Failure({
      code: 'gone',
      message: `${queue} has no job ${id} in these registries any more.`,
      hint: 'Take the list anew.',
      subject: id,
    })
  }
  const bytes = numberOf(size) ?? 0
  const [data] = bytes > wholeBodyLimit ? [] : await ask(redis, [['HGET', key, 'data']])
  const [tail] = await ask(redis, [['XREVRANGE', `rq:results:${id}`, '+', '-', 'COUNT', 1]]).catch(() => [[]])
  const traceback = tracebackOf(listOf(row)[5]) ?? resultTraceback(tail)
  const fact = (name: string, value: string | null | undefined) => (value ? [{ name, value }] : [])
  return {
    summary: summaryOf({ id, state, score: null }, row, size),
    body: Buffer.isBuffer(data)
      ? {
          kind: 'whole',
          base64: data.toString('base64'),
          bytes: data.byteLength,
          digest: createHash('sha256').update(data).digest('hex'),
        }
      : bytes > wholeBodyLimit
        ? { kind: 'withheld', bytes, reason: withheldReason }
        : { kind: 'missing', reason: 'Its hash has no data.' },
    attributes: [],
    facts: [
      ...fact('Call', textOf(listOf(row)[0])),
      ...fact('Status', word),
      ...fact('Timeout', timeout && `${timeout} s`),
      ...fact('Result kept', resultTtl && `${resultTtl} s`),
      ...fact('Failure kept', failureTtl && `${failureTtl} s`),
      ...fact('Worker', worker),
      ...fact('Depends on', dependencies),
      { name: 'Data', value: 'zlib-compressed pickle, shown as bytes and never opened' },
    ],
    error: traceback === null || state !== 'dead' ? null : errorOf(traceback),
    history: historyOf(listOf(row)),
    logs: [],
  }
}

/** null where there is none of this queue, or in a registry that is no state here. Order is kept. */
export async function statesOf(
  redis: RedisClient,
  queue: string,
  ids: readonly string[],
): Promise<readonly (MessageState | null)[]> {
  const rows = await ask(
    redis,
    ids.map((id): Command => ['HMGET', jobKey(id), 'status', 'origin']),
  )
  return rows.map((row) => {
    const [word, origin] = listOf(row).map(textOf)
    return origin === queue ? stateOf(word ?? null) : null
  })
}

function summaryOf(
  { id, state, score }: { readonly id: string; readonly state: MessageState; readonly score: string | null },
  row: unknown,
  size: unknown,
): MessageSummary {
  const [description, createdAt, enqueuedAt, , endedAt, exception] = listOf(row)
  const call = textOf(description)
  const traceback = state === 'dead' ? tracebackOf(exception) : null
  return {
    id,
    state,
    name: call?.split('(', 1)[0] ?? null,
    enqueuedAt: timeOf(enqueuedAt) ?? timeOf(createdAt),
    dueAt: state === 'delayed' && score !== null ? Number(score) * 1_000 : null,
    finishedAt: timeOf(endedAt),
    attempts: null,
    maxAttempts: null,
    bytes: numberOf(size),
    preview: (call ?? 'its hash is gone').slice(0, 120),
    error: traceback === null ? null : lastLine(traceback),
  }
}

/** RQ 1 keeps the traceback compressed in the hash; older ones as text. */
function tracebackOf(value: unknown): string | null {
  if (!Buffer.isBuffer(value) || value.byteLength === 0) return null
  try {
    return inflateSync(value, { maxOutputLength: 1_000_000 }).toString('utf8')
  } catch {
    return value.toString('utf8')
  }
}

/** From 1.12 on the traceback stands in a stream of results too; from 2 on only there. */
function resultTraceback(entries: unknown): string | null {
  const fields = listOf(listOf(listOf(entries)[0])[1])
  for (let at = 0; at + 1 < fields.length; at += 2) {
    if (textOf(fields[at]) !== 'exc_string') continue
    const text = textOf(fields[at + 1]) ?? ''
    const packed = Buffer.from(text, 'base64')
    return tracebackOf(packed.byteLength > 0 ? packed : null) ?? text
  }
  return null
}

/** The last line of Python's traceback says the error: "ValueError: no such mailbox". */
function errorOf(traceback: string): MessageDetail['error'] {
  const line = lastLine(traceback)
  const colon = line.indexOf(':')
  const name = colon < 0 ? line : line.slice(0, colon)
  return {
    name: name.split('.').at(-1) ?? name,
    message: colon < 0 ? '' : line.slice(colon + 1).trim(),
    stack: traceback,
  }
}

const lastLine = (traceback: string): string => traceback.trimEnd().split('\n').at(-1) ?? ''

function historyOf(row: readonly unknown[]): MessageDetail['history'] {
  const event = (name: string, value: unknown) => {
    const at = timeOf(value)
    return at === null ? [] : [{ at, event: name, detail: null, attempt: null }]
  }
  return [
    ...event('created', row[1]),
    ...event('enqueued', row[2]),
    ...event('started', row[3]),
    ...event('ended', row[4]),
  ]
}

const timeOf = (value: unknown): number | null => {
  const text = textOf(value)
  const at = text === null || text === '' ? Number.NaN : Date.parse(text)
  return Number.isFinite(at) ? at : null
}
