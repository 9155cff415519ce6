import { createHash, randomUUID } from 'node:crypto'
import { Failure } from '@shared/failure'
import type { RedisClient } from '../../clients/redis'
import type { Edit, ItemOutcome, Outgoing, Snapshot } from '../../remedies'
import { eachOf } from '../item-by-item'
import { ask, type Command, numberOf } from '../redis-asking'
import { readEnvelope, withBody } from './envelope'
import { bindingPrefix, listsOf, separator } from './keys'
import { putBack, removeElement, replaceElement } from './scripts'
import { findWaiting, findWithin } from './waiting'

export async function editTask(
  redis: RedisClient,
  queue: string,
  { id, body, expectedDigest }: Edit,
): Promise<ItemOutcome> {
  const found = (await findWaiting(redis, queue, new Set([id]))).get(id)
  if (!found) return { id, outcome: 'gone' }
  const { envelope, list, raw } = found
  if (createHash('sha256').update(envelope.body).digest('hex') !== expectedDigest)
    return { id, outcome: 'changed', reason: 'its body is another than the one you edited' }
  if (!/json/.test(envelope.contentType))
    return { id, outcome: 'failed', reason: `its body is ${envelope.contentType}: only JSON can be edited as text` }
  const after = withBody(raw, envelope, body)
  if (!after) return { id, outcome: 'failed', reason: 'its body cannot be told apart within its message' }
  const [outcome] = await eachOf(redis, replaceElement, {
    ids: [id],
    call: () => ({ keys: [list], args: [raw, after, findWithin] }),
    outcome: (_id, answer) => ({ id, outcome: numberOf(answer) === 1 ? 'applied' : 'gone' }),
  })
  return outcome ?? { id, outcome: 'gone' }
}

export async function removeTasks(
  redis: RedisClient,
  queue: string,
  ids: readonly string[],
): Promise<readonly ItemOutcome[]> {
  const found = await findWaiting(redis, queue, new Set(ids))
  const present = ids.filter((id) => found.has(id))
  const removed = await eachOf(redis, removeElement, {
    ids: present,
    call: (id) => ({ keys: [found.get(id)!.list], args: [found.get(id)!.raw, findWithin] }),
    outcome: (id, answer) => ({ id, outcome: numberOf(answer) === 1 ? 'applied' : 'gone' }),
  })
  return ids.map((id) => removed[present.indexOf(id)] ?? { id, outcome: 'gone' })
}

export async function takeSnapshots(
  redis: RedisClient,
  queue: string,
  ids: readonly string[],
): Promise<readonly Snapshot[]> {
  const found = await findWaiting(redis, queue, new Set(ids))
  return ids.flatMap((id) => {
    const waiting = found.get(id)
    return waiting
      ? [
          {
            id,
            state: 'ready' as const,
            place: waiting.list,
            body: waiting.envelope.body,
            fields: { message: waiting.raw },
          },
        ]
      : []
  })
}

export const restoreTasks = (redis: RedisClient, snapshots: readonly Snapshot[]): Promise<readonly ItemOutcome[]> =>
  eachOf(redis, putBack, {
    ids: snapshots.map(({ id }) => id),
    call: (_id, index) => ({
      keys: [snapshots[index]!.place],
      args: [Buffer.from(snapshots[index]!.fields.message ?? []), findWithin],
    }),
    outcome: (id, answer) =>
      numberOf(answer) === 1 ? { id, outcome: 'applied' } : { id, outcome: 'changed', reason: 'it is there already' },
  })

/** Source: kombu's default steps: 0 is served first, and a priority falls to the step at or below it. */
const listFor = (queue: string, priority: number | null): string =>
  listsOf(queue)[Math.min(3, Math.floor((priority ?? 0) / 3))]!

/** Tasks as Celery's protocol 2 writes them. The body is `[args, kwargs, embed]`, `[args, kwargs]`, or the list of arguments alone. */
export async function sendTasks(
  redis: RedisClient,
  { queue, messages, now }: { readonly queue: string; readonly messages: readonly Outgoing[]; readonly now: number },
): Promise<readonly string[]> {
  const sent = messages.map((message) => taskOf({ queue, now }, message))
  await ask(redis, [['SADD', `${bindingPrefix}${queue}`, [queue, '', queue].join(separator)]])
  await ask(
    redis,
    sent.map(({ list, text }): Command => ['LPUSH', list, text]),
  )
  return sent.map(({ id }) => id)
}

function taskOf(
  { queue, now }: { readonly queue: string; readonly now: number },
  { name, body, delayMs, priority, attributes }: Outgoing,
) {
  const refuse = (message: string, subject: string) => new Failure({ code: 'bad-input', message, subject })
  if (name === null) throw refuse('A task needs its name: workers find it by it.', 'name')
  if (Object.keys(attributes).length > 0) throw refuse('Headers cannot be sent from here.', 'attributes')
  if (priority !== null && priority > 9)
    throw refuse('Celery on Redis knows priorities from 0, served first, to 9.', 'priority')
  const id = randomUUID()
  const { text, args, kwargs } = argumentsOf(body, refuse)
  const message = {
    body: Buffer.from(text).toString('base64'),
    'content-encoding': 'utf-8',
    'content-type': 'application/json',
    headers: {
      lang: 'py',
      task: name,
      id,
      shadow: null,
      eta: delayMs > 0 ? new Date(now + delayMs).toISOString() : null,
      expires: null,
      group: null,
      group_index: null,
      retries: 0,
      timelimit: [null, null],
      root_id: id,
      parent_id: null,
      argsrepr: args,
      kwargsrepr: kwargs,
      origin: 'queuescope',
      ignore_result: false,
    },
    properties: {
      correlation_id: id,
      reply_to: randomUUID(),
      delivery_mode: 2,
      delivery_info: { exchange: '', routing_key: queue },
      priority: priority ?? 0,
      body_encoding: 'base64',
      delivery_tag: randomUUID(),
    },
  }
  const raw = JSON.stringify(message)
  if (readEnvelope(Buffer.from(raw)) === null) throw new Error('a task was written that cannot be read')
  return { id, list: listFor(queue, priority), text: raw }
}

function argumentsOf(body: Uint8Array, refuse: (message: string, subject: string) => Failure) {
  const text = Buffer.from(body).toString('utf8')
  const nothing = '{"callbacks": null, "errbacks": null, "chain": null, "chord": null}'
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw refuse('A task’s body is JSON: [args, kwargs], or the list of arguments alone.', 'bodies')
  }
  if (!Array.isArray(value)) throw refuse('A task’s body is a list: [args, kwargs], or the arguments alone.', 'bodies')
  const isWhole = value.length >= 2 && Array.isArray(value[0]) && isRecord(value[1])
  if (!isWhole) return { text: `[${text}, {}, ${nothing}]`, args: text.slice(0, 200), kwargs: '{}' }
  const whole = value.length === 2 ? `${text.trimEnd().slice(0, -1)}, ${nothing}]` : text
  return { text: whole, args: JSON.stringify(value[0]).slice(0, 200), kwargs: JSON.stringify(value[1]).slice(0, 200) }
}

const isRecord = (value: unknown): boolean => value !== null && typeof value === 'object' && !Array.isArray(value)
