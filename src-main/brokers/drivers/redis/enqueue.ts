import { Failure } from '@shared/failure'
import { runScript, type ScriptArg } from '../../clients/script'
import { runTransaction, type Step } from '../../clients/transaction'
import type { EnqueueOutcome, NewMessage } from '../../driver-messages'
import { enqueueParcels } from './enqueue-parcels'
import { idSuffix } from './ids'
import { defaultPriority, largeBodyBytes, type QueueKeys } from './keys'
import { firstMeta } from './meta'
import { dueOf, priorityOf, refusal } from './new-message'
import { fewestForParcel, largestInParcel } from './parcel'
import { piecesOf } from './pieces'
import type { QueueAsker } from './queue-asker'
import { idsFrom } from './runs'
import * as scripts from './scripts/enqueue'
import * as plainScripts from './scripts/plain-enqueue'

/** Through Lua in one call: bodies are hashed there, some 1 ns a byte. */
const bytesPerScript = 256 * 1024
const messagesPerScript = 250

/**
 * Four ways in, by what the batch holds: many plain messages by the parcel; few in one script; large ones in one transaction outside
 * Lua; and anything else by the script that knows every feature.
 */
export async function enqueueMessages(
  asker: QueueAsker,
  keys: QueueKeys,
  messages: readonly NewMessage[],
): Promise<readonly EnqueueOutcome[]> {
  if (messages.length > 1_000)
    throw new Failure({ code: 'bad-input', message: `At most 1,000 messages a call, not ${messages.length}.` })
  let isPlain = true
  let isSmall = true
  let fits = messages.length >= fewestForParcel
  for (const message of messages) {
    if (message.body.length > largeBodyBytes) isSmall = false
    if (message.body.length > largestInParcel) fits = false
    if (!isPlainMessage(message)) isPlain = false
  }
  if (isPlain) {
    const parceled = fits ? await enqueueParcels(asker, keys, { messages, isSmall }) : undefined
    return added(parceled ?? (await (isSmall ? enqueueInside : enqueueOutside)(asker, keys, messages)))
  }
  const refused = messages.map((message) => refusal(keys.name, message))
  const good = messages.filter((_, index) => !refused[index])
  const outcomes =
    isSmall || good.some(needsScript)
      ? await enqueueByScript(asker, keys, good)
      : added(await enqueueOutside(asker, keys, good))
  let at = 0
  return refused.map((failure) => (failure ? { outcome: 'failed', failure } : outcomes[at++]!))
}

const added = (ids: readonly string[]): readonly EnqueueOutcome[] => ids.map((id) => ({ outcome: 'added', id }))

async function enqueueInside(
  asker: QueueAsker,
  keys: QueueKeys,
  messages: readonly NewMessage[],
): Promise<readonly string[]> {
  const names = [keys.state, keys.payload, keys.wake, keys.ready[defaultPriority]!]
  const first = await runScript(
    asker.redis,
    plainScripts.enqueuePlain,
    names,
    messages.map((message) => bytesOf(message.body)),
  )
  return idsFrom(String(first), messages.length)
}

/** One transaction of plain commands: Redis moves bodies by reference there, Lua would copy and hash them. */
async function enqueueOutside(
  asker: QueueAsker,
  keys: QueueKeys,
  messages: readonly NewMessage[],
): Promise<readonly string[]> {
  const names = [keys.state, keys.payload, keys.wake, keys.ready[defaultPriority]!]
  const first = String(await runScript(asker.redis, plainScripts.reserve, names, [messages.length]))
  const now = messages.some((message) => message.delayMs || message.dueAt) ? await serverTime(asker) : 0
  const ids = idsFrom(first, messages.length)
  const fields: (string | Buffer)[] = []
  const metas: string[] = []
  const due: (string | number)[] = []
  const ready: string[][] = []
  let isBig = false
  let isRich = false
  messages.forEach((message, index) => {
    const id = ids[index]!
    fields.push(id, bytesOf(message.body))
    if (message.body.length > largeBodyBytes) isBig = true
    if (isPlainMessage(message)) {
      ready[defaultPriority] ??= []
      ready[defaultPriority].push(id)
      return
    }
    const meta = firstMeta(message)
    if (meta !== undefined) metas.push(id, meta)
    const priority = priorityOf(message)
    if (priority !== defaultPriority) isRich = true
    const dueAt = dueOf(message, now)
    if (dueAt > now) due.push(dueAt * 16 + priority, id)
    else {
      ready[priority] ??= []
      ready[priority].push(id)
    }
  })
  const steps: Step[] = [['hset', keys.payload, ...fields]]
  if (metas.length > 0) steps.push(['hset', keys.meta, ...metas])
  if (due.length > 0) steps.push(['zadd', keys.delayed, ...due])
  ready.forEach((list, priority) => {
    steps.push(['rpush', keys.ready[priority]!, ...list])
  })
  steps.push(['hincrby', keys.state, 'in', messages.length])
  if (isBig) steps.push(['hset', keys.state, 'big', '1'])
  if (isRich) steps.push(['hset', keys.state, 'rich', '1'])
  if (ready.length > 0) steps.push(['rpush', keys.wake, '1'], ['ltrim', keys.wake, 0, 0])
  await runTransaction(asker.redis, steps)
  return ids
}

async function enqueueByScript(
  asker: QueueAsker,
  keys: QueueKeys,
  messages: readonly NewMessage[],
): Promise<readonly EnqueueOutcome[]> {
  const outcomes: EnqueueOutcome[] = []
  for (const piece of piecesOf(messages, { most: messagesPerScript, bytes: bytesPerScript })) {
    const reply = await runScript(asker.redis, scripts.enqueue, [keys.state], enqueueArgs(piece))
    outcomes.push(...enqueueAnswers(reply))
  }
  return outcomes
}

/** Arguments of the scripts in scripts/enqueue.ts from "1 when any is rich" on. */
export const enqueueArgs = (messages: readonly NewMessage[]): ScriptArg[] => [
  messages.some(isRichMessage) ? '1' : '0',
  ...messages.flatMap((message): ScriptArg[] => [
    bytesOf(message.body),
    priorityOf(message),
    Math.round(message.delayMs ?? 0),
    message.dueAt === undefined ? '' : Math.round(message.dueAt),
    firstMeta(message) ?? '',
    idSuffix(message),
    message.dedup?.key ?? '',
    Math.max(Math.round(message.dedup?.windowMs ?? 0), 1),
    message.children ?? 0,
  ]),
]

export const enqueueAnswers = (reply: unknown): readonly EnqueueOutcome[] =>
  (reply as Buffer[]).map((answer) => {
    const id = answer.toString()
    return id.startsWith('=') ? { outcome: 'duplicate', id: id.slice(1) } : { outcome: 'added', id }
  })

const isPlainMessage = (message: NewMessage): boolean =>
  (message.priority === undefined || message.priority === defaultPriority) &&
  !message.delayMs &&
  message.dueAt === undefined &&
  message.maxAttempts === undefined &&
  message.attributes === undefined &&
  !needsScript(message)

/** What must be looked up or decided inside. */
const needsScript = (message: NewMessage): boolean =>
  message.ownId !== undefined ||
  message.dedup !== undefined ||
  message.group !== undefined ||
  message.children !== undefined ||
  message.parent !== undefined

const isRichMessage = (message: NewMessage): boolean =>
  needsScript(message) || (message.priority ?? defaultPriority) !== defaultPriority

const bytesOf = (body: Uint8Array | string): Buffer | string =>
  typeof body === 'string' || Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)

async function serverTime({ redis }: QueueAsker): Promise<number> {
  const [seconds, micros] = await redis.time()
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)
}
