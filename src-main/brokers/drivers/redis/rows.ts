import type { MessageState, MessageSummary } from '@shared/model/message'
import type { RedisClient } from '../../clients/redis'
import { dueOfScore, endedAtOfScore, neverDue, partsOfId, timeOfId } from './ids'
import type { QueueKeys } from './keys'
import { lastFailure, type Meta, parseMeta } from './meta'
import { bodiesOf } from './stored-bodies'

/** A message's id and where it was found. */
export interface Row {
  readonly id: string
  readonly state: MessageState
  /** Of its sorted set; null for lists. */
  readonly score: number | null
  /** The priority of the ready list in which it was found, where that is known. */
  readonly list?: number
}

/** Bodies up to this are pulled for a row's preview; of larger ones only the size is asked. */
const previewedBytes = 4_096

/** Summaries in the order given; a place whose body is gone gives no row. */
export async function rowsOf(
  redis: RedisClient,
  keys: QueueKeys,
  rows: readonly Row[],
): Promise<readonly MessageSummary[]> {
  if (rows.length === 0) return []
  const ids = rows.map((row) => row.id)
  const [sizes, metas] = await Promise.all([sizesOf(redis, keys, ids), redis.hmgetBuffer(keys.meta, ...ids)])
  // A size of 0 stands for an empty body, for one in a parcel, and for none: reading it tells which.
  const small = ids.filter((_, index) => sizes[index]! <= previewedBytes)
  const bodies = small.length === 0 ? [] : await bodiesOf(redis, keys, small)
  const bodyOf = new Map(small.map((id, index) => [id, bodies[index] ?? null]))
  return rows.flatMap((row, index) => {
    const body = bodyOf.get(row.id)
    if (body === null) return []
    return [summaryOf({ row, meta: parseMeta(metas[index]), bytes: body?.length ?? sizes[index]!, body: body ?? null })]
  })
}

/** Of bodies that stand alone; 0 of others. */
export async function sizesOf(redis: RedisClient, keys: QueueKeys, ids: readonly string[]): Promise<readonly number[]> {
  return Promise.all(ids.map((id) => redis.hstrlen(keys.payload, id)))
}

export function summaryOf({
  row,
  meta,
  bytes,
  body,
}: {
  readonly row: Row
  readonly meta: Meta
  readonly bytes: number
  /** null: not pulled, for its size. */
  readonly body: Uint8Array | null
}): MessageSummary {
  const last = lastFailure(meta.events)
  return {
    id: row.id,
    state: row.state,
    name: meta.attributes.name ?? partsOfId(row.id).ownId,
    enqueuedAt: timeOfId(row.id),
    dueAt: dueAtOf(row),
    finishedAt: endedAtOf(row),
    attempts: attemptsOf(row.state, meta),
    maxAttempts: meta.maxAttempts ?? null,
    bytes,
    preview: body === null ? '' : previewOf(body),
    error: last && row.state === 'dead' ? firstLine(`${last.name}: ${last.message}`) : null,
  }
}

/** null also for a parent that waits for its children: nobody knows when. */
export const dueAtOf = ({ state, score }: Row): number | null =>
  state === 'delayed' && score !== null && dueOfScore(score) < neverDue ? dueOfScore(score) : null

export const endedAtOf = ({ state, score }: Row): number | null =>
  (state === 'dead' || state === 'done') && score !== null ? endedAtOfScore(score) : null

/** A dead message's meta already says 0, as after a replay: its last event knows. */
export function attemptsOf(state: MessageState, meta: Meta): number {
  switch (state) {
    case 'dead':
      return lastFailure(meta.events)?.attempt ?? 0
    case 'leased':
    case 'done':
      return meta.attempts + 1
    case 'ready':
    case 'delayed':
      return meta.attempts
  }
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''

const previewOf = (body: Uint8Array): string =>
  Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, 480))
    .toString('utf8')
    .slice(0, 120)
    .replace(/[\uD800-\uDBFF]$/, '')
