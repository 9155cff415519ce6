import { createHash } from 'node:crypto'
import { Failure } from '@shared/failure'
import { type Body, type MessageDetail, wholeBodyLimit, withheldReason } from '@shared/model/message'
import type { RedisClient } from '../../clients/redis'
import { partsOfId } from './ids'
import type { QueueKeys } from './keys'
import { locate } from './locating'
import { historyOf, lastFailure, type Meta, parseMeta } from './meta'
import { notesOf } from './notes'
import { type Row, summaryOf } from './rows'
import { bodiesOf } from './stored-bodies'

/** Everything about one message, in one look; a body above wholeBodyLimit is measured and left where it is. */
export async function inspect(redis: RedisClient, keys: QueueKeys, id: string): Promise<MessageDetail> {
  const [[row], bytes, metaBytes, noteBytes, result, kids] = await Promise.all([
    locate(redis, keys, [id]),
    redis.hstrlen(keys.payload, id),
    redis.hgetBuffer(keys.meta, id),
    redis.hgetBuffer(keys.notes, id),
    redis.hget(keys.results, id),
    redis.hget(keys.kids, id),
  ])
  const whole = bytes <= wholeBodyLimit ? (await bodiesOf(redis, keys, [id]))[0]! : undefined
  if (!row || whole === null)
    throw new Failure({ code: 'gone', message: `Message ${id} is not in ${keys.name} any more.`, subject: id })
  const meta = parseMeta(metaBytes)
  const last = lastFailure(meta.events)
  const { progress, logs } = notesOf(noteBytes)
  return {
    summary: summaryOf({ row, meta, bytes: whole?.length ?? bytes, body: whole ?? null }),
    body: bodyOf(whole, bytes),
    attributes: Object.entries(meta.attributes).map(([name, value]) => ({ name, value })),
    facts: factsOf(row, meta, { progress, result, kids }),
    error: last ? { name: last.name, message: last.message, stack: meta.stack } : null,
    history: historyOf(meta),
    logs: [...logs],
  }
}

/** What is special about this message, in the words of the engine. */
function factsOf(
  { id, state }: Row,
  meta: Meta,
  { progress, result, kids }: { progress: string | null; result: string | null; kids: string | null },
): { name: string; value: string }[] {
  const { group, ownId } = partsOfId(id)
  // A dead letter's last death was not followed by a replay yet.
  const replays = meta.deaths - (state === 'dead' ? 1 : 0)
  const [left = '', total = ''] = kids?.split('/') ?? []
  const facts: readonly (readonly [string, string | null])[] = [
    ['Own id', ownId],
    ['Group', group],
    ['Parent', meta.parent && `${meta.parent.id} in ${meta.parent.queue}`],
    ['Children', kids === null ? null : left === '0' ? `all ${total} done` : `waits for ${left} of ${total}`],
    ['Progress', progress],
    ['Result', result],
    ['Replays', replays > 0 ? String(replays) : null],
  ]
  return facts.flatMap(([name, value]) => (value ? [{ name, value }] : []))
}

function bodyOf(whole: Buffer | undefined, bytes: number): Body {
  if (!whole) return { kind: 'withheld', bytes, reason: withheldReason }
  return { kind: 'whole', base64: whole.toString('base64'), bytes: whole.length, digest: digestOf(whole) }
}

/** sha-256 in hex. */
export const digestOf = (body: Uint8Array): string => createHash('sha256').update(body).digest('hex')
