import { Failure } from '@shared/failure'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import { runScript } from '../../clients/script'
import type { Edit, ItemOutcome, Outgoing, Snapshot } from '../../remedies'
import { digestOf } from '../body-text'
import { formatElementId, handleOf } from '../element-id'
import type { Element } from '../element-sequence'
import { eachOf } from '../item-by-item'
import { notJson } from '../json-body'
import { membersOf, replaced } from '../json-members'
import { ask, type Command, listOf } from '../redis-asking'
import { allSent } from '../sent-so-far'
import { classOf, failedOf } from './job'
import { keysOf, kindOf } from './keys'
import { bodyOf, stateOf } from './rows'
import { addScript, editScript, removeScript, retryScript } from './scripts'
import { delayedHandle } from './sequences'

/** A job that was found by its id; null: it was not. */
export interface Target {
  readonly id: string
  readonly element: Element | null
}

/** What was not found is gone; the others are answered by `act`, in the order of the targets. */
async function onThose(
  targets: readonly Target[],
  act: (there: readonly Required<{ id: string; element: Element }>[]) => Promise<readonly ItemOutcome[]>,
): Promise<readonly ItemOutcome[]> {
  const there = targets.flatMap(({ id, element }) => (element ? [{ id, element }] : []))
  const outcomes = [...(await act(there))]
  return targets.map(({ id, element }) => (element ? outcomes.shift()! : { id, outcome: 'gone' }))
}

/** Each goes to the tail of the queue that it failed in, by the bytes of its payload. */
export const retryFailed = (redis: RedisClient, queue: QueueAddress, targets: readonly Target[]) =>
  onThose(targets, async (there) => {
    const keys = keysOf(queue.prefix)
    const entries = there.map(({ id, element }) => ({ id, bytes: element.bytes, failed: failedOf(element.bytes) }))
    const able = entries.flatMap(({ id, bytes, failed }) =>
      failed?.queue && failed.class !== null ? [{ id, bytes, payload: failed.payload, to: failed.queue }] : [],
    )
    const outcomes = await eachOf(redis, retryScript, {
      ids: able.map(({ id }) => id),
      call(_, index) {
        const { bytes, payload, to } = able[index]!
        return { keys: [keys.failed, keys.queue(to), keys.queues], args: [bytes, payload, to] }
      },
      outcome: (id, answer) => ({ id, outcome: answer === 1 ? 'applied' : 'gone' }),
    })
    const done = new Map(outcomes.map((outcome) => [outcome.id, outcome]))
    const reason = 'it names no queue, or its payload no class: no worker could take it'
    return entries.map(({ id }): ItemOutcome => done.get(id) ?? { id, outcome: 'failed', reason })
  })

export async function editJob(
  redis: RedisClient,
  { queue, target, edit }: { readonly queue: QueueAddress; readonly target: Target; readonly edit: Edit },
): Promise<ItemOutcome> {
  const { id } = edit
  const invalid = notAJob(edit.body)
  if (invalid) return { id, outcome: 'failed', reason: invalid }
  const [outcome] = await onThose([target], async ([there]) => {
    if (!there) return []
    const { bytes, score } = there.element
    const changed: ItemOutcome = { id, outcome: 'changed', reason: 'its body was changed since it was opened' }
    if (digestOf(bodyOf(queue, bytes)) !== edit.expectedDigest) return [changed]
    const failed = kindOf(queue) === 'failed' ? failedOf(bytes) : null
    const after = failed ? replaced(bytes, failed.payloadSpan, edit.body) : Buffer.from(edit.body)
    return await eachOf(redis, editScript, {
      ids: [id],
      call: () => ({ keys: [listOfJob(queue, score)], args: [bytes, after] }),
      outcome: (_, answer) => ({ id, outcome: answer === 1 ? 'applied' : 'gone' }),
    })
  })
  return outcome!
}

export const removeJobs = (redis: RedisClient, queue: QueueAddress, targets: readonly Target[]) =>
  onThose(targets, (there) => {
    const keys = keysOf(queue.prefix)
    return eachOf(redis, removeScript, {
      ids: there.map(({ id }) => id),
      call(_, index) {
        const { bytes, score } = there[index]!.element
        return {
          keys: [listOfJob(queue, score), keys.schedule, keys.timestamps(bytes).toString('utf8')],
          args: [bytes, kindOf(queue) === 'failed' ? -1 : 1, score ?? ''],
        }
      },
      outcome: (id, answer) => ({ id, outcome: answer === 1 ? 'applied' : 'gone' }),
    })
  })

/** `fields.job` are the bytes as they stand in the list, `fields.copies` how many alike stood there; `place` is a delayed job's second. */
export async function takeSnapshots(
  redis: RedisClient,
  queue: QueueAddress,
  targets: readonly Target[],
): Promise<readonly Snapshot[]> {
  const there = targets.flatMap(({ id, element }) => (element ? [{ id, element }] : []))
  const copies = await ask(
    redis,
    there.map(({ element }): Command => ['LPOS', listOfJob(queue, element.score), element.bytes, 'COUNT', 0]),
  )
  return there.map(({ id, element }, index) => ({
    id,
    state: stateOf[kindOf(queue)],
    place: element.score ?? '',
    body: bodyOf(queue, element.bytes),
    fields: { job: element.bytes, copies: Buffer.from(String(Math.max(1, listOf(copies[index]).length))) },
  }))
}

/** Behind those that stand there now, in the order given. */
export const restoreJobs = (redis: RedisClient, queue: QueueAddress, snapshots: readonly Snapshot[]) => {
  const keys = keysOf(queue.prefix)
  return eachOf(redis, addScript, {
    ids: snapshots.map(({ id }) => id),
    call(id, index) {
      const { place, fields } = snapshots[index]!
      if (!fields.job || !fields.copies) throw new Error(`a Resque snapshot holds no job: ${id}`)
      const job = Buffer.from(fields.job)
      return {
        keys: [listOfJob(queue, place || null), keys.queues, keys.schedule, keys.timestamps(job).toString('utf8')],
        args: [job, Buffer.from(fields.copies), kindOf(queue) === 'queue' ? queue.name : '', place],
      }
    },
    outcome: (id, answer) =>
      answer === 1
        ? { id, outcome: 'applied' }
        : { id, outcome: 'changed', reason: 'the same bytes stand there again' },
  })
}

/** All are checked before the first is added. */
export async function sendJobs(
  redis: RedisClient,
  {
    queue,
    messages,
    now,
  }: { readonly queue: QueueAddress; readonly messages: readonly Outgoing[]; readonly now: number },
): Promise<readonly string[]> {
  const keys = keysOf(queue.prefix)
  const jobs = messages.map((message) => newJob(queue, message, now))
  const one = async ({ job, second }: { readonly job: Buffer; readonly second: string }) => {
    const list = second === '' ? keys.queue(queue.name) : keys.delayed(second)
    await runScript(
      redis,
      addScript,
      [list, keys.queues, keys.schedule, keys.timestamps(job).toString('utf8')],
      [job, '', queue.name, second],
    )
    const handle = second === '' ? handleOf(job) : delayedHandle(second, job)
    return formatElementId({ label: null, handle, copy: 0 })
  }
  // The first goes alone: it makes the server know the script, and the others keep their order.
  const first = await Promise.allSettled(jobs.slice(0, 1).map(one))
  return allSent(queue.name, [...first, ...(await Promise.allSettled(jobs.slice(1).map(one)))])
}

/** With a name the body is the args of a job of that class; without one it is the whole job. */
function newJob(queue: QueueAddress, { name, body, delayMs, priority, attributes }: Outgoing, now: number) {
  const refuse = (message: string, subject: string) => new Failure({ code: 'bad-input', message, subject })
  if (priority !== null) throw refuse('Resque has no priorities', 'priority')
  const [unknown] = Object.keys(attributes)
  if (unknown !== undefined) throw refuse(`Resque jobs have no attributes: ${unknown}`, unknown)
  if (name !== null && !Buffer.from(body).toString('utf8').trimStart().startsWith('['))
    throw refuse('with a class given, the body is the JSON list of its args', 'body')
  const head = Buffer.from(`{"class":${JSON.stringify(name)},"queue":${JSON.stringify(queue.name)},"args":`)
  const job = name === null ? Buffer.from(body) : Buffer.concat([head, body, Buffer.from('}')])
  const invalid = notAJob(job)
  if (invalid) throw refuse(invalid, 'body')
  return { job, second: delayMs > 0 ? String(Math.round((now + delayMs) / 1000)) : '' }
}

function notAJob(body: Uint8Array): string | null {
  const invalid = notJson(body, 'Resque')
  if (invalid) return invalid
  const job = Buffer.from(body)
  return classOf(job) !== null && membersOf(job)?.has('args')
    ? null
    : 'a Resque job is a JSON object with "class" and "args": no worker could take this'
}

function listOfJob(queue: QueueAddress, second: string | null): string {
  const keys = keysOf(queue.prefix)
  switch (kindOf(queue)) {
    case 'queue':
      return keys.queue(queue.name)
    case 'failed':
      return keys.failed
    case 'delayed':
      return keys.delayed(second ?? '')
  }
}
