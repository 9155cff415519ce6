import { createHash } from 'node:crypto'
import { Failure } from '@shared/failure'
import {
  type MessageDetail,
  type MessageState,
  type MessageSummary,
  wholeBodyLimit,
  withheldReason,
} from '@shared/model/message'
import type { RedisClient } from '../../clients/redis'
import type { Place } from '../place-paging'
import { ask, type Command, listOf, numberOf, textOf } from '../redis-asking'
import { type SegmentName, stateOf, taskKey } from './keys'
import { readTaskMessage, type TaskMessage } from './task-message'

const small = 64 * 1024

/** Rows of places, in two pipelined questions: how large each message is, and those that are small enough for a row. */
export async function summariesOf(
  redis: RedisClient,
  queue: string,
  state: MessageState,
  places: readonly Place<SegmentName>[],
): Promise<readonly MessageSummary[]> {
  const sizes = await ask(
    redis,
    places.map(({ id }): Command => ['HSTRLEN', taskKey(queue, id), 'msg']),
  )
  const rows = await ask(
    redis,
    places.map(({ id }, index): Command => {
      const key = taskKey(queue, id)
      return (numberOf(sizes[index]) ?? 0) > small
        ? ['HMGET', key, 'pending_since']
        : ['HMGET', key, 'pending_since', 'msg']
    }),
  )
  return places.map((place, index) => {
    const [since, msg] = listOf(rows[index])
    const task = Buffer.isBuffer(msg) ? readTaskMessage(msg) : null
    return summaryOf({ place, state, task, bytes: numberOf(sizes[index]), pendingSinceNs: numberOf(since) })
  })
}

export async function inspectTask(redis: RedisClient, queue: string, id: string): Promise<MessageDetail> {
  const key = taskKey(queue, id)
  const [size, fields] = await ask(redis, [
    ['HSTRLEN', key, 'msg'],
    ['HMGET', key, 'state', 'pending_since'],
  ])
  const [word, since] = listOf(fields)
  const state = stateOf(textOf(word))
  if (state === null) throw gone(queue, id)
  const bytes = numberOf(size) ?? 0
  const [msg, result] = bytes > wholeBodyLimit ? [] : listOf((await ask(redis, [['HMGET', key, 'msg', 'result']]))[0])
  const task = Buffer.isBuffer(msg) ? readTaskMessage(msg) : null
  const place = { id, segment: 'pending' as const, score: null }
  return {
    summary: { ...summaryOf({ place, state, task, bytes, pendingSinceNs: numberOf(since) }), id },
    body: bodyOf(task, bytes),
    attributes: (task?.headers ?? []).map(({ name, value }) => ({ name, value })),
    facts: task ? factsOf(task, textOf(word) ?? '', textOf(result)) : [],
    error: task && task.error !== '' ? { name: 'Error', message: task.error, stack: null } : null,
    history: historyOf(task),
    logs: [],
  }
}

/** null where there is none, or where it waits to be joined with others of its group. Order is kept. */
export async function statesOf(
  redis: RedisClient,
  queue: string,
  ids: readonly string[],
): Promise<readonly (MessageState | null)[]> {
  const words = await ask(
    redis,
    ids.map((id): Command => ['HGET', taskKey(queue, id), 'state']),
  )
  return words.map((word) => stateOf(textOf(word)))
}

interface SummaryParts {
  readonly place: Place<SegmentName>
  readonly state: MessageState
  readonly task: TaskMessage | null
  readonly bytes: number | null
  readonly pendingSinceNs: number | null
}

function summaryOf({ place: { id, score }, state, task, bytes, pendingSinceNs }: SummaryParts): MessageSummary {
  const seconds = score === null ? null : score * 1_000
  return {
    id,
    state,
    name: task?.type ?? null,
    // asynq keeps no time of enqueueing, only since when a task is pending.
    enqueuedAt: pendingSinceNs === null ? null : Math.floor(pendingSinceNs / 1e6),
    dueAt: state === 'delayed' ? seconds : null,
    finishedAt:
      state === 'dead'
        ? (seconds ?? task?.lastFailedAt ?? null)
        : state === 'done'
          ? (task?.completedAt ?? null)
          : null,
    // A try that is under way, or that failed with no retry after it, is one more than the retries.
    attempts:
      task === null ? null : task.retried + (state === 'dead' || state === 'leased' || state === 'done' ? 1 : 0),
    maxAttempts: task === null ? null : task.retry + 1,
    bytes: task?.payload.byteLength ?? bytes,
    preview:
      task === null
        ? bytes === null || bytes === 0
          ? 'its hash is gone'
          : 'not read: too large for a row, or of another schema'
        : Buffer.from(task.payload.subarray(0, 480)).toString('utf8').slice(0, 120),
    error: task && task.error !== '' ? task.error.split('\n', 1)[0]! : null,
  }
}

function bodyOf(task: TaskMessage | null, bytes: number): MessageDetail['body'] {
  if (bytes > wholeBodyLimit) return { kind: 'withheld', bytes, reason: withheldReason }
  if (!task) return { kind: 'missing', reason: 'Its bytes are no message of asynq’s schema.' }
  return {
    kind: 'whole',
    base64: Buffer.from(task.payload).toString('base64'),
    bytes: task.payload.byteLength,
    digest: createHash('sha256').update(task.payload).digest('hex'),
  }
}

const factsOf = (task: TaskMessage, state: string, result: string | null): { name: string; value: string }[] => [
  { name: 'State', value: state },
  { name: 'Retried', value: `${task.retried} of ${task.retry}` },
  { name: 'Timeout', value: task.timeoutSeconds > 0 ? `${task.timeoutSeconds} s` : 'none' },
  ...(task.deadlineAt === null ? [] : [{ name: 'Deadline', value: new Date(task.deadlineAt).toISOString() }]),
  ...(task.retentionSeconds > 0 ? [{ name: 'Kept when completed', value: `${task.retentionSeconds} s` }] : []),
  ...(task.uniqueKey === '' ? [] : [{ name: 'Unique by', value: task.uniqueKey }]),
  ...(task.group === '' ? [] : [{ name: 'Group', value: task.group }]),
  ...(result === null ? [] : [{ name: 'Result', value: result.slice(0, 10_000) }]),
]

const historyOf = (task: TaskMessage | null): MessageDetail['history'] => [
  ...(task?.lastFailedAt
    ? [{ at: task.lastFailedAt, event: 'failed', detail: task.error, attempt: task.retried }]
    : []),
  ...(task?.completedAt ? [{ at: task.completedAt, event: 'completed', detail: null, attempt: null }] : []),
]

const gone = (queue: string, id: string): Failure =>
  new Failure({
    code: 'gone',
    message: `${queue} has no task ${id} any more.`,
    hint: 'Take the list anew.',
    subject: id,
  })
