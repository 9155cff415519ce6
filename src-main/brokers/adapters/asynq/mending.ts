import { createHash, randomUUID } from 'node:crypto'
import { Failure } from '@shared/failure'
import type { MessageState } from '@shared/model/message'
import type { RedisClient } from '../../clients/redis'
import type { Edit, ItemOutcome, Outgoing, Snapshot } from '../../remedies'
import { eachOf } from '../item-by-item'
import { ask, askOne, type Command, listOf, numberOf, textOf } from '../redis-asking'
import { keysOf, queuesKey, type SegmentName, segmentsOf, taskKey } from './keys'
import { addTask, deleteTask, replaceMessage, restoreTask, runTask } from './scripts'
import { readTaskMessage, withPayload, writeTaskMessage } from './task-message'

/** Archived tasks become pending. asynq does not put their retries back either: they fail for good at the next failure. */
export const runArchived = (
  redis: RedisClient,
  queue: string,
  ids: readonly string[],
): Promise<readonly ItemOutcome[]> => {
  const keys = keysOf(queue)
  return eachOf(redis, runTask, {
    ids,
    call: (id) => ({ keys: [taskKey(queue, id), keys.archived, keys.pending], args: [id, 'archived'] }),
    outcome: (id, answer) => ({ id, outcome: numberOf(answer) === 1 ? 'applied' : 'gone' }),
  })
}

/** Scheduled and retry tasks stand in two sets: each id is looked for in both. */
export async function deleteTasks(
  redis: RedisClient,
  queue: string,
  { state, ids }: { readonly state: MessageState; readonly ids: readonly string[] },
): Promise<readonly ItemOutcome[]> {
  const words = await ask(
    redis,
    ids.map((id): Command => ['HGET', taskKey(queue, id), 'state']),
  )
  const segments = segmentsOf(queue, state)
  const segmentOf = (index: number) => segments.find(({ name }) => name === textOf(words[index])) ?? segments[0]!
  return await eachOf(redis, deleteTask, {
    ids,
    call: (id, index) => {
      const { name, key, kind } = segmentOf(index)
      return { keys: [taskKey(queue, id), key], args: [id, name, kind] }
    },
    outcome: (id, answer) => ({ id, outcome: numberOf(answer) === 1 ? 'applied' : 'gone' }),
  })
}

export async function editTask(
  redis: RedisClient,
  queue: string,
  { id, body, expectedDigest }: Edit,
): Promise<ItemOutcome> {
  const before = await askOne(redis, ['HGET', taskKey(queue, id), 'msg'])
  if (!Buffer.isBuffer(before)) return { id, outcome: 'gone' }
  const task = readTaskMessage(before)
  if (!task) return { id, outcome: 'failed', reason: 'its bytes are no message of asynq’s schema' }
  if (createHash('sha256').update(task.payload).digest('hex') !== expectedDigest)
    return { id, outcome: 'changed', reason: 'its payload is another than the one you edited' }
  const [outcome] = await eachOf(redis, replaceMessage, {
    ids: [id],
    call: () => ({ keys: [taskKey(queue, id)], args: [before, Buffer.from(withPayload(before, body))] }),
    outcome: (_id, answer): ItemOutcome => {
      const code = numberOf(answer)
      if (code === 1) return { id, outcome: 'applied' }
      return code === 0
        ? { id, outcome: 'gone' }
        : { id, outcome: 'changed', reason: 'it changed, or a worker took it' }
    },
  })
  return outcome ?? { id, outcome: 'gone' }
}

/** The whole hash of each, with its set and score. */
export async function takeSnapshots(
  redis: RedisClient,
  queue: string,
  { state, ids }: { readonly state: MessageState; readonly ids: readonly string[] },
): Promise<readonly Snapshot[]> {
  const segments = segmentsOf(queue, state)
  const hashes = await ask(
    redis,
    ids.map((id): Command => ['HGETALL', taskKey(queue, id)]),
  )
  const scores = await ask(
    redis,
    ids.flatMap((id) =>
      segments.map(({ kind, key }): Command => (kind === 'list' ? ['LLEN', key] : ['ZSCORE', key, id])),
    ),
  )
  return ids.flatMap((id, index): readonly Snapshot[] => {
    const fields = fieldsOf(hashes[index])
    const word = fields.state?.toString('utf8')
    const at = segments.findIndex(({ name }) => name === word)
    if (at < 0 || !fields.msg) return []
    const score =
      segments[at]!.kind === 'list'
        ? ''
        : (textOf(scores[index * segments.length + at]) ?? String(numberOf(scores[index * segments.length + at]) ?? 0))
    const body = readTaskMessage(fields.msg)?.payload ?? fields.msg
    return [{ id, state, place: `${word} ${score}`, body: Buffer.from(body), fields }]
  })
}

export async function restoreTasks(
  redis: RedisClient,
  queue: string,
  snapshots: readonly Snapshot[],
): Promise<readonly ItemOutcome[]> {
  const keys = keysOf(queue)
  await askOne(redis, ['SADD', queuesKey, queue])
  return await eachOf(redis, restoreTask, {
    ids: snapshots.map(({ id }) => id),
    call: (id, index) => {
      const { place, fields } = snapshots[index]!
      const [word = 'archived', score = ''] = place.split(' ')
      return {
        keys: [taskKey(queue, id), keys[word as SegmentName]],
        args: [
          id,
          score === '' ? 'list' : 'sorted',
          score,
          ...Object.entries(fields).flatMap(([name, value]) => [name, Buffer.from(value)]),
        ],
      }
    },
    outcome: (id, answer) =>
      numberOf(answer) === 1
        ? { id, outcome: 'applied' }
        : { id, outcome: 'changed', reason: 'its id is in use again' },
  })
}

/** Source: asynq's client: 25 retries and half an hour where nothing else is said. */
const defaultRetries = 25
const defaultTimeoutSeconds = 1_800

export async function sendTasks(
  redis: RedisClient,
  queue: string,
  messages: readonly Outgoing[],
): Promise<readonly string[]> {
  const keys = keysOf(queue)
  for (const { name, priority, attributes } of messages) {
    const refuse = (message: string, subject: string) => new Failure({ code: 'bad-input', message, subject })
    if (name === null) throw refuse('A task needs a type: its handlers are found by it.', 'name')
    if (priority !== null) throw refuse('asynq has no priority for one task: its queues have.', 'priority')
    if (Object.keys(attributes).length > 0) throw refuse('Headers cannot be sent from here.', 'attributes')
  }
  await askOne(redis, ['SADD', queuesKey, queue])
  const ids = messages.map(() => randomUUID())
  const outcomes = await eachOf(redis, addTask, {
    ids,
    call: (id, index) => {
      const { name, body, delayMs } = messages[index]!
      const message = writeTaskMessage({
        type: name ?? '',
        payload: body,
        id,
        queue,
        retry: defaultRetries,
        timeoutSeconds: defaultTimeoutSeconds,
      })
      return {
        keys: [taskKey(queue, id), delayMs > 0 ? keys.scheduled : keys.pending],
        args: [id, Buffer.from(message), delayMs > 0 ? Math.ceil(delayMs / 1_000) : ''],
      }
    },
    outcome: (id, answer): ItemOutcome =>
      numberOf(answer) === 1 ? { id, outcome: 'applied' } : { id, outcome: 'failed', reason: 'its id is in use' },
  })
  const bad = outcomes.find(({ outcome }) => outcome !== 'applied')
  if (bad && 'reason' in bad)
    throw new Failure({ code: 'broker-state', message: `Not all were sent: ${bad.reason}`, subject: queue })
  return ids
}

function fieldsOf(value: unknown): Record<string, Buffer> {
  const flat = listOf(value).flat()
  const fields: Record<string, Buffer> = {}
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const name = textOf(flat[at])
    const field = flat[at + 1]
    if (name !== null && Buffer.isBuffer(field)) fields[name] = field
  }
  return fields
}
