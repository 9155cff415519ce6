import { Failure } from '@shared/failure'
import type { RedisClient } from '../../clients/redis'
import { runScript } from '../../clients/script'
import type { NewMessage } from '../../driver'
import { idsFrom } from './ids'
import { defaultPriority, largeBodyBytes, priorities, type QueueKeys } from './keys'
import { firstMeta } from './meta'
import * as scripts from './scripts/enqueue'

/** Three ways in, by what the batch holds: plain small bodies, small messages of any kind, and bodies too large for Lua. */
export async function enqueueMessages(
  redis: RedisClient,
  keys: QueueKeys,
  messages: readonly NewMessage[],
): Promise<readonly string[]> {
  if (messages.length > 1_000)
    throw new Failure({ code: 'bad-input', message: `At most 1,000 messages a call, not ${messages.length}.` })
  let plain = true
  let small = true
  for (const message of messages) {
    if (message.body.length > largeBodyBytes) small = false
    if (!isPlain(message)) plain = false
  }
  if (!small) return enqueueLarge(redis, keys, messages)
  if (plain) {
    const first = await runScript(
      redis,
      scripts.enqueuePlain,
      [keys.state, keys.payload, keys.wake, keys.ready[defaultPriority]!],
      messages.map((message) => bytesOf(message.body)),
    )
    return idsFrom(String(first), messages.length)
  }
  const first = await runScript(
    redis,
    scripts.enqueueMixed,
    [keys.state, keys.payload, keys.meta, keys.delayed, keys.wake, ...keys.ready],
    messages.flatMap((message) => [
      bytesOf(message.body),
      priorityOf(message),
      delayOf(message),
      firstMeta(message.attributes, message.maxAttempts) ?? '',
    ]),
  )
  return idsFrom(String(first), messages.length)
}

/** Ids first, then one transaction of plain commands: Redis moves bodies by reference there, Lua would copy and hash them. */
async function enqueueLarge(
  redis: RedisClient,
  keys: QueueKeys,
  messages: readonly NewMessage[],
): Promise<readonly string[]> {
  const reserved = await runScript(
    redis,
    scripts.reserve,
    [keys.state, keys.payload, keys.meta, keys.delayed, keys.wake, ...keys.ready],
    [messages.length],
  )
  const [first, now] = (reserved as [Buffer, Buffer]).map(String) as [string, string]
  const ids = idsFrom(first, messages.length)
  const ready = new Map<number, string[]>()
  const fields: (string | Buffer)[] = []
  const metas: string[] = []
  const due: (string | number)[] = []
  messages.forEach((message, index) => {
    const id = ids[index]!
    const priority = priorityOf(message)
    const delayMs = delayOf(message)
    const meta = firstMeta(message.attributes, message.maxAttempts)
    fields.push(id, bytesOf(message.body))
    if (meta !== undefined) metas.push(id, meta)
    if (delayMs > 0) due.push((Number(now) + delayMs) * 16 + priority, id)
    else ready.set(priority, [...(ready.get(priority) ?? []), id])
  })
  const write = redis.multi()
  write.hset(keys.payload, ...fields)
  if (metas.length > 0) write.hset(keys.meta, ...metas)
  if (due.length > 0) write.zadd(keys.delayed, ...due)
  for (const [priority, list] of ready) write.rpush(keys.ready[priority]!, ...list)
  write.hincrby(keys.state, 'in', messages.length)
  write.hset(keys.state, 'big', '1')
  if (messages.some((message) => priorityOf(message) !== defaultPriority)) write.hset(keys.state, 'mixed', '1')
  if (ready.size > 0) {
    write.rpush(keys.wake, '1')
    write.ltrim(keys.wake, 0, 0)
  }
  for (const [error] of (await write.exec()) ?? []) if (error) throw error
  return ids
}

const isPlain = (message: NewMessage): boolean =>
  (message.priority === undefined || message.priority === defaultPriority) &&
  !message.delayMs &&
  message.maxAttempts === undefined &&
  message.attributes === undefined

const bytesOf = (body: Uint8Array): Buffer =>
  Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)

function priorityOf({ priority = defaultPriority }: NewMessage): number {
  if (Number.isInteger(priority) && priority >= 0 && priority < priorities) return priority
  throw new Failure({ code: 'bad-input', message: `A priority is 0 (first) to 9, not ${priority}.` })
}

/** A year ahead is as far as scores stay exact by a wide margin. */
const longestDelayMs = 10 * 365 * 86_400_000

function delayOf({ delayMs = 0 }: NewMessage): number {
  if (delayMs >= 0 && delayMs <= longestDelayMs) return Math.round(delayMs)
  throw new Failure({ code: 'bad-input', message: `A delay is 0 ms to 10 years, not ${delayMs}.` })
}
