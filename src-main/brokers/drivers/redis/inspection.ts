import { createHash } from 'node:crypto'
import { Failure } from '@shared/failure'
import { type Body, type MessageDetail, wholeBodyLimit, withheldReason } from '@shared/model/message'
import type { RedisClient } from '../../clients/redis'
import type { QueueKeys } from './keys'
import { locate } from './locating'
import { historyOf, parseMeta } from './meta'
import { summaryOf } from './rows'

/** Everything about one message, in one look; a body above wholeBodyLimit is measured and left where it is. */
export async function inspect(redis: RedisClient, keys: QueueKeys, id: string): Promise<MessageDetail> {
  const [[row], bytes, metaBytes] = await Promise.all([
    locate(redis, keys, [id]),
    redis.hstrlen(keys.payload, id),
    redis.hgetBuffer(keys.meta, id),
  ])
  const whole = bytes <= wholeBodyLimit ? await redis.hgetBuffer(keys.payload, id) : undefined
  if (!row || whole === null)
    throw new Failure({ code: 'gone', message: `Message ${id} is not in ${keys.name} any more.`, subject: id })
  const meta = parseMeta(metaBytes)
  const last = meta.events.at(-1)
  return {
    summary: summaryOf({ row, meta, bytes: whole?.length ?? bytes, body: whole ?? null }),
    body: bodyOf(whole, bytes),
    attributes: Object.entries(meta.attributes).map(([name, value]) => ({ name, value })),
    error: last ? { name: last.name, message: last.message, stack: meta.stack } : null,
    history: historyOf(meta),
    logs: [],
  }
}

function bodyOf(whole: Buffer | undefined, bytes: number): Body {
  if (!whole) return { kind: 'withheld', bytes, reason: withheldReason }
  return { kind: 'whole', base64: whole.toString('base64'), bytes: whole.length, digest: digestOf(whole) }
}

/** sha-256 in hex. */
export const digestOf = (body: Uint8Array): string => createHash('sha256').update(body).digest('hex')
