import { Failure } from '@shared/failure'
import type { MessagePage } from '@shared/model/message'
import type { RedisClient } from '../../clients/redis'
import type { BrowseRequest } from '../../reader'
import { priorities, type QueueKeys } from './keys'
import { parseRecord } from './record'
import { type Row, rowsOf } from './rows'

/**
 * Pages through one state. Every cursor names a message, not a number of messages: `dead 123` the score of the last row,
 * `delayed 123 id` its score and id, `ready 5 1000 id` list, index and id, `leased lease id`.
 */
export async function browse(redis: RedisClient, keys: QueueKeys, request: BrowseRequest): Promise<MessagePage> {
  const cursor = request.cursor?.split(' ') ?? null
  if (cursor && cursor[0] !== request.state)
    throw new Failure({ code: 'bad-input', message: 'This cursor belongs to another list of messages.' })
  const limit = Math.min(Math.max(request.limit, 1), 1_000)
  switch (request.state) {
    case 'dead':
      return pageOf(redis, keys, await dead(redis, keys, cursor?.[1], limit), redis.zcard(keys.dead))
    case 'delayed':
      return pageOf(redis, keys, await delayed(redis, keys, cursor, limit), redis.zcard(keys.delayed))
    case 'ready':
      return pageOf(redis, keys, await ready(redis, keys, cursor, limit), readyTotal(redis, keys))
    case 'leased':
      return leased(redis, keys, cursor, limit)
    case 'done':
      return { items: [], nextCursor: null, total: 0 }
  }
}

interface Places {
  readonly rows: readonly Row[]
  readonly nextCursor: string | null
}

async function pageOf(
  redis: RedisClient,
  keys: QueueKeys,
  { rows, nextCursor }: Places,
  total: Promise<number>,
): Promise<MessagePage> {
  const [items, count] = await Promise.all([rowsOf(redis, keys, rows), total])
  return { items: [...items], nextCursor, total: count }
}

async function dead(redis: RedisClient, keys: QueueKeys, after: string | undefined, limit: number): Promise<Places> {
  const from = after === undefined ? '+inf' : `(${number(after)}`
  const found = await redis.zrevrangebyscore(keys.dead, from, '-inf', 'WITHSCORES', 'LIMIT', 0, limit)
  const rows = scored(found, 'dead')
  return { rows, nextCursor: rows.length < limit ? null : `dead ${rows.at(-1)?.score}` }
}

async function delayed(
  redis: RedisClient,
  keys: QueueKeys,
  cursor: readonly string[] | null,
  limit: number,
): Promise<Places> {
  const [, score = '', id = ''] = cursor ?? []
  const start = cursor === null ? 0 : await rankAfter(redis, keys.delayed, number(score), id)
  const rows = scored(await redis.zrange(keys.delayed, start, String(start + limit - 1), 'WITHSCORES'), 'delayed')
  const last = rows.at(-1)
  return { rows, nextCursor: rows.length < limit || !last ? null : `delayed ${last.score} ${last.id}` }
}

/** The rank behind (score, id), whether or not that member is still there; equal scores stand in the order of ids. */
async function rankAfter(redis: RedisClient, zset: string, score: number, id: string): Promise<number> {
  const rank = await redis.zrank(zset, id)
  if (rank !== null) return rank + 1
  let at = await redis.zcount(zset, '-inf', `(${score}`)
  for (;;) {
    const found = scored(await redis.zrange(zset, at, String(at + windowSize - 1), 'WITHSCORES'), 'delayed')
    const beyond = found.findIndex((row) => row.score !== score || row.id > id)
    if (beyond >= 0) return at + beyond
    if (found.length < windowSize) return at + found.length
    at += windowSize
  }
}

const windowSize = 1_000

async function ready(
  redis: RedisClient,
  keys: QueueKeys,
  cursor: readonly string[] | null,
  limit: number,
): Promise<Places> {
  const [, list = '0', index = '0', anchor = ''] = cursor ?? []
  let priority = number(list)
  let at = cursor === null ? 0 : await indexAfter(redis, keys.ready[priority] ?? '', number(index), anchor)
  const rows: Row[] = []
  for (; priority < priorities; priority++, at = 0) {
    const found = await redis.lrange(keys.ready[priority]!, at, at + limit - rows.length - 1)
    for (const id of found) rows.push({ id, state: 'ready', score: null })
    const last = found.at(-1)
    if (rows.length >= limit && last !== undefined)
      return { rows, nextCursor: `ready ${priority} ${at + found.length - 1} ${last}` }
  }
  return { rows, nextCursor: null }
}

/**
 * Where the list goes on after `anchor`, which stood at `index`. Leases take heads, so it stands lower by now; expired
 * leases put heads back, so it may stand a little higher. When it was taken itself, the list goes on at the first id
 * greater than it: lists are in order of ids but for what was put back.
 */
async function indexAfter(redis: RedisClient, list: string, index: number, anchor: string): Promise<number> {
  const windows = [index - windowSize / 2, index + windowSize / 2]
  for (let from = index - windowSize * 1.5; from > -windowSize && windows.length < 22; from -= windowSize)
    windows.push(from)
  for (const from of windows) {
    if (from + windowSize <= 0) continue
    const start = Math.max(from, 0)
    const found = (await redis.lrange(list, start, from + windowSize - 1)).indexOf(anchor)
    if (found >= 0) return start + found + 1
  }
  let low = 0
  let high = await redis.llen(list)
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const id = await redis.lindex(list, middle)
    if (id !== null && Number(id) <= Number(anchor)) low = middle + 1
    else high = middle
  }
  return low
}

export async function readyTotal(redis: RedisClient, keys: QueueKeys): Promise<number> {
  const [removed, ...lengths] = await Promise.all([
    redis.scard(keys.removed),
    ...keys.ready.map((key) => redis.llen(key)),
  ])
  return Math.max(lengths.reduce((sum, length) => sum + length, 0) - removed, 0)
}

/** Leases in the order in which they were given; there are as many as batches at work. */
async function leased(
  redis: RedisClient,
  keys: QueueKeys,
  cursor: readonly string[] | null,
  limit: number,
): Promise<MessagePage> {
  const [, lastLease = '0', lastId = ''] = cursor ?? []
  const leases = await leaseIds(redis, keys)
  const rows: Row[] = []
  let total = 0
  let next: string | null = null
  for (let at = 0; at < leases.length; at += 100) {
    const piece = leases.slice(at, at + 100)
    const records = await redis.hmget(keys.leased, ...piece)
    records.forEach((record, index) => {
      if (record === null) return
      const lease = piece[index]!
      const { ids } = parseRecord(record)
      total += ids.length
      if (Number(lease) < Number(lastLease) || rows.length >= limit) return
      const from = lease === lastLease ? ids.indexOf(lastId) + 1 : 0
      for (const id of ids.slice(from, from + limit - rows.length)) {
        rows.push({ id, state: 'leased', score: null })
        if (rows.length === limit) next = `leased ${lease} ${id}`
      }
    })
  }
  return { items: [...(await rowsOf(redis, keys, rows))], nextCursor: next, total }
}

async function leaseIds(redis: RedisClient, keys: QueueKeys): Promise<readonly string[]> {
  const found = new Set<string>()
  for (let at = 0; ; at += windowSize) {
    const piece = await redis.zrange(keys.leases, at, String(at + windowSize - 1))
    for (const id of piece) found.add(id)
    if (piece.length < windowSize) break
  }
  return [...found].sort((a, b) => Number(a) - Number(b))
}

/** Every id that is leased now, read in bounded pieces. */
export async function leasedIds(redis: RedisClient, keys: QueueKeys): Promise<ReadonlySet<string>> {
  const ids = new Set<string>()
  const leases = await leaseIds(redis, keys)
  for (let at = 0; at < leases.length; at += 100) {
    for (const record of await redis.hmget(keys.leased, ...leases.slice(at, at + 100)))
      if (record !== null) for (const id of parseRecord(record).ids) ids.add(id)
  }
  return ids
}

function scored(flat: readonly string[], state: 'dead' | 'delayed'): readonly Row[] {
  const rows: Row[] = []
  for (let at = 0; at + 1 < flat.length; at += 2) rows.push({ id: flat[at]!, state, score: Number(flat[at + 1]) })
  return rows
}

function number(text: string): number {
  const value = Number(text)
  if (text !== '' && Number.isSafeInteger(value) && value >= 0) return value
  throw new Failure({ code: 'bad-input', message: 'This cursor cannot be read.' })
}
