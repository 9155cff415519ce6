import { Failure } from '@shared/failure'
import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import { runScript } from '../../clients/script'
import type { Edit, ItemOutcome, Outgoing, Snapshot } from '../../remedies'
import { digestOf } from '../body-text'
import { eachOf } from '../item-by-item'
import { notJson } from '../json-body'
import { replaced } from '../json-members'
import { ask, type Command, textOf } from '../redis-asking'
import { allSent } from '../sent-so-far'
import { jobOf, newJobJson } from './job'
import { keysOf } from './keys'
import { locate } from './locating'
import { addScript, editScript, homeOf, keysFor, removeScript, restoreScript, retryScript } from './scripts'

export const retryJobs = (redis: RedisClient, queue: QueueAddress, ids: readonly string[]) =>
  eachOf(redis, retryScript, {
    ids,
    call: (id) => ({ keys: keysFor(queue), args: [id] }),
    outcome: (id, answer) => ({ id, outcome: answer === 1 ? 'applied' : 'gone' }),
  })

export const removeJobs = (
  redis: RedisClient,
  {
    queue,
    state,
    ids,
  }: { readonly queue: QueueAddress; readonly state: MessageState; readonly ids: readonly string[] },
) =>
  eachOf(redis, removeScript, {
    ids,
    call: (id) => ({ keys: keysFor(queue), args: [id, homeOf[state]] }),
    outcome: (id, answer) =>
      answer === -2
        ? { id, outcome: 'failed', reason: 'a worker holds it' }
        : { id, outcome: answer === 1 ? 'applied' : 'gone' },
  })

/** Only the bytes of `data` are replaced: the rest of the job's text stays as bee-queue wrote it. */
export async function editJob(redis: RedisClient, queue: QueueAddress, edit: Edit): Promise<ItemOutcome> {
  const { id } = edit
  if (edit.state === 'leased') return { id, outcome: 'failed', reason: 'a worker holds it' }
  const invalid = notJson(edit.body, 'bee-queue')
  if (invalid) return { id, outcome: 'failed', reason: invalid }
  const [seen] = await ask(redis, [['HGET', keysOf(queue).jobs, id]])
  if (!Buffer.isBuffer(seen)) return { id, outcome: 'gone' }
  const job = jobOf(seen)
  if (!job) return { id, outcome: 'failed', reason: 'its text is no JSON object with data, as bee-queue writes it' }
  const changed: ItemOutcome = { id, outcome: 'changed', reason: 'its body was changed since it was opened' }
  if (digestOf(job.data) !== edit.expectedDigest) return changed
  const [outcome] = await eachOf(redis, editScript, {
    ids: [id],
    call: () => ({
      keys: keysFor(queue),
      args: [id, homeOf[edit.state], seen, replaced(seen, job.dataSpan, edit.body)],
    }),
    outcome: (_, answer) =>
      answer === 1 ? { id, outcome: 'applied' } : answer === -1 ? changed : { id, outcome: 'gone' },
  })
  return outcome!
}

/** Jobs whose bytes are on the way at one time. */
const chunkSize = 50

/** `fields.job` is the job's whole text; `body` is a part of it, for people. `place` is when a delayed one is due. */
export async function takeSnapshots(
  redis: RedisClient,
  {
    queue,
    state,
    ids,
  }: { readonly queue: QueueAddress; readonly state: MessageState; readonly ids: readonly string[] },
): Promise<readonly Snapshot[]> {
  const there = (await locate(redis, queue, ids)).flatMap((place) => (place?.state === state ? [place] : []))
  const snapshots: Snapshot[] = []
  for (let at = 0; at < there.length; at += chunkSize) {
    const chunk = there.slice(at, at + chunkSize)
    const texts = await ask(
      redis,
      chunk.map(({ id }): Command => ['HGET', keysOf(queue).jobs, id]),
    )
    for (const [index, { id, dueAt }] of chunk.entries()) {
      const text = texts[index]
      if (!Buffer.isBuffer(text)) continue
      const body = jobOf(text)?.data ?? text
      snapshots.push({ id, state, place: dueAt === null ? '' : String(dueAt), body, fields: { job: text } })
    }
  }
  return snapshots
}

export const restoreJobs = (redis: RedisClient, queue: QueueAddress, snapshots: readonly Snapshot[]) =>
  eachOf(redis, restoreScript, {
    ids: snapshots.map(({ id }) => id),
    call: (id, index) => {
      const { state, place, fields } = snapshots[index]!
      if (!fields.job) throw new Error(`a bee-queue snapshot holds no job: ${id}`)
      return { keys: keysFor(queue), args: [id, homeOf[state], place, Buffer.from(fields.job)] }
    },
    outcome: (id, answer) =>
      answer === 1 ? { id, outcome: 'applied' } : { id, outcome: 'changed', reason: 'a job of this id is there again' },
  })

/** All are checked before the first is added. */
export async function sendJobs(
  redis: RedisClient,
  {
    queue,
    messages,
    now,
  }: { readonly queue: QueueAddress; readonly messages: readonly Outgoing[]; readonly now: number },
): Promise<readonly string[]> {
  const jobs = messages.map((message) => newJob(message, now))
  const one = async ({ id, json, delayUntil }: NewJob) => {
    const added = textOf(await runScript(redis, addScript, keysFor(queue), [id, json, delayUntil]))
    if (added === null) {
      throw new Failure({ code: 'conflict', message: `a job with the id ${id} is there already`, subject: id })
    }
    return added
  }
  // The first goes alone: it makes the server know the script, and the others keep their order.
  const first = await Promise.allSettled(jobs.slice(0, 1).map(one))
  return allSent(queue.name, [...first, ...(await Promise.allSettled(jobs.slice(1).map(one)))])
}

interface NewJob {
  readonly id: string
  readonly json: Buffer
  readonly delayUntil: number
}

function newJob({ body, delayMs, name, priority, attributes }: Outgoing, now: number): NewJob {
  const refuse = (message: string, subject: string) => new Failure({ code: 'bad-input', message, subject })
  const invalid = notJson(body, 'bee-queue')
  if (invalid) throw refuse(invalid, 'body')
  if (name !== null) throw refuse('bee-queue jobs have no names', 'name')
  if (priority !== null) throw refuse('bee-queue has no priorities', 'priority')
  const { jobId = '', retries = '0', ...rest } = attributes
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) throw refuse(`${unknown} is no option of a bee-queue job: jobId and retries are`, unknown)
  if (!/^\d{1,5}$/.test(retries))
    throw refuse(`retries = ${JSON.stringify(retries)} is no number of retries`, 'retries')
  const delayUntil = delayMs > 0 ? now + delayMs : 0
  return { id: jobId, json: newJobJson(body, { now, delayUntil, retries: Number(retries) }), delayUntil }
}
