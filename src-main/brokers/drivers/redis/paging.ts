import { Failure } from '@shared/failure'
import type { MessagePage, MessageState } from '@shared/model/message'
import type { RedisClient } from '../../clients/redis'
import type { BrowseRequest } from '../../reader'
import { groupList, priorities, type QueueKeys } from './keys'
import { placeAfter } from './ready-places'
import { parseRecord } from './record'
import { type Row, rowsOf } from './rows'
import { idsOfPlace } from './runs'

/**
 * Pages through one state. Every cursor names a message, not a number of messages: `dead 123` (and `done 123`) the score of the
 * last row, `delayed 123 id` its score and id, `ready 5 1000 id` list, index of its place and id, `grouped group id` in the groups behind the
 * lists, `leased lease id`.
 */
export async function browse(redis: RedisClient, keys: QueueKeys, request: BrowseRequest): Promise<MessagePage> {
  const { rows, nextCursor, total } = await places(redis, keys, request)
  const [items, count] = await Promise.all([rowsOf(redis, keys, rows), total ?? totalOf(redis, keys, request.state)])
  return { items: [...items], nextCursor, total: count }
}

export interface Places {
  readonly rows: readonly Row[]
  readonly nextCursor: string | null
  /** Where counting came with the looking. */
  readonly total?: number
}

/** Where the messages of one page stand, and nothing of what they hold. */
export async function places(redis: RedisClient, keys: QueueKeys, request: BrowseRequest): Promise<Places> {
  const cursor = cursorOf(request)
  const limit = limitOf(request)
  switch (request.state) {
    case 'dead':
    case 'done':
      return ended(redis, keys, request.state, endedRange(request))
    case 'delayed':
      return delayed(redis, keys, cursor, limit)
    case 'ready':
      return cursor?.[0] === 'grouped' ? grouped(redis, keys, cursor, limit) : ready(redis, keys, cursor, limit)
    case 'leased':
      return leased(redis, keys, cursor, limit)
  }
}

function cursorOf({ cursor, state }: BrowseRequest): readonly string[] | null {
  const parts = cursor?.split(' ') ?? null
  if (parts && parts[0] !== state && !(parts[0] === 'grouped' && state === 'ready'))
    throw new Failure({ code: 'bad-input', message: 'This cursor belongs to another list of messages.' })
  return parts
}

const limitOf = ({ limit }: BrowseRequest): number => Math.min(Math.max(limit, 1), 1_000)

async function totalOf(redis: RedisClient, keys: QueueKeys, state: MessageState) {
  switch (state) {
    case 'ready':
      return readyTotal(redis, keys)
    case 'leased':
      return null
    case 'delayed':
    case 'dead':
    case 'done':
      return redis.zcard(keys[state])
  }
}

interface EndedRange {
  /** Highest score, as ZREVRANGEBYSCORE takes it. */
  readonly from: string
  readonly limit: number
}

export function endedRange(request: BrowseRequest): EndedRange {
  const after = cursorOf(request)?.[1]
  return { from: after === undefined ? '+inf' : `(${number(after)}`, limit: limitOf(request) }
}

async function ended(
  redis: RedisClient,
  keys: QueueKeys,
  state: EndedState,
  { from, limit }: EndedRange,
): Promise<Places> {
  const found = await redis.zrevrangebyscore(keys[state], from, '-inf', 'WITHSCORES', 'LIMIT', 0, limit)
  return endedPlaces(state, found, limit)
}

export type EndedState = 'dead' | 'done'

/** `found`: id, score, id, score, ... */
export function endedPlaces(state: EndedState, found: readonly string[], limit: number): Places {
  const rows = scored(found, state)
  return { rows, nextCursor: rows.length < limit ? null : `${state} ${rows.at(-1)?.score}` }
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
  let { index: at, skip } =
    cursor === null ? start : await placeAfter(redis, keys.ready[priority] ?? '', number(index), anchor)
  const rows: Row[] = []
  for (; priority < priorities; priority++, at = 0, skip = 0) {
    // No place is empty: one beyond the room makes up for a place of which all was passed.
    const found = await redis.lrange(keys.ready[priority]!, at, at + limit - rows.length)
    for (const [place, text] of found.entries()) {
      for (const id of idsOfPlace(text).slice(place === 0 ? skip : 0)) {
        rows.push({ id, state: 'ready', score: null, list: priority })
        if (rows.length >= limit) return { rows, nextCursor: `ready ${priority} ${at + place} ${id}` }
      }
    }
  }
  const behind = await grouped(redis, keys, null, limit - rows.length)
  return { rows: [...rows, ...behind.rows], nextCursor: behind.nextCursor }
}

const start = { index: 0, skip: 0 }

/** Groups in the order of their names, since their turns change all the time; each from its head. */
async function grouped(
  redis: RedisClient,
  keys: QueueKeys,
  cursor: readonly string[] | null,
  limit: number,
): Promise<Places> {
  const [, lastGroup = '', lastId = ''] = cursor ?? []
  const rows: Row[] = []
  for (const group of await groupNames(redis, keys)) {
    if (group < lastGroup) continue
    const from = group === lastGroup ? await placeInGroup(redis, groupList(keys, group), lastId) : 0
    const room = limit - rows.length
    const found = await redis.lrange(groupList(keys, group), from, from + room - 1)
    for (const id of found) rows.push({ id, state: 'ready', score: null })
    if (rows.length >= limit) return { rows, nextCursor: `grouped ${group} ${found.at(-1)}` }
  }
  return { rows, nextCursor: null }
}

/** Every group that has, or may have, ready messages. */
export async function groupNames(redis: RedisClient, keys: QueueKeys): Promise<readonly string[]> {
  if (!(Number(await redis.hget(keys.state, 'grouped')) > 0)) return []
  const names = new Set<string>()
  for (let at = 0; ; at += windowSize) {
    const piece = await redis.lrange(keys.groups, at, at + windowSize - 1)
    for (const name of piece) names.add(name)
    if (piece.length < windowSize) break
  }
  let next = '0'
  do {
    const [cursor, found] = await redis.hscan(keys.busy, next, 'COUNT', windowSize)
    for (let at = 0; at < found.length; at += 2) names.add(found[at]!)
    next = cursor
  } while (next !== '0')
  for (const name of await redis.zrange(keys.held, 0, String(windowSize * 10))) names.add(name)
  return [...names].sort()
}

async function placeInGroup(redis: RedisClient, list: string, id: string): Promise<number> {
  for (let at = 0; ; at += windowSize) {
    const piece = await redis.lrange(list, at, at + windowSize - 1)
    const found = piece.indexOf(id)
    if (found >= 0) return at + found + 1
    const later = piece.findIndex((each) => Number.parseInt(each, 10) > Number.parseInt(id, 10))
    if (later >= 0) return at + later
    if (piece.length < windowSize) return at + piece.length
  }
}

export async function readyTotal(redis: RedisClient, keys: QueueKeys): Promise<number> {
  const [removed, beyond, ...lengths] = await Promise.all([
    redis.scard(keys.removed),
    redis.hmget(keys.state, 'grouped', 'spread'),
    ...keys.ready.map((key) => redis.llen(key)),
  ])
  return Math.max(
    lengths.reduce((sum, length) => sum + length, Number(beyond[0] ?? 0) + Number(beyond[1] ?? 0)) - removed,
    0,
  )
}

/** Leases in the order in which they were given; there are as many as batches at work. */
async function leased(
  redis: RedisClient,
  keys: QueueKeys,
  cursor: readonly string[] | null,
  limit: number,
): Promise<Places> {
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
  return { rows, nextCursor: next, total }
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

function scored(flat: readonly string[], state: 'dead' | 'delayed' | 'done'): readonly Row[] {
  const rows: Row[] = []
  for (let at = 0; at + 1 < flat.length; at += 2) rows.push({ id: flat[at]!, state, score: Number(flat[at + 1]) })
  return rows
}

function number(text: string): number {
  const value = Number(text)
  if (text !== '' && Number.isSafeInteger(value) && value >= 0) return value
  throw new Failure({ code: 'bad-input', message: 'This cursor cannot be read.' })
}
