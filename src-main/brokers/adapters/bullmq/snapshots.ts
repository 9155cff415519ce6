import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import { script } from '../../clients/script'
import type { Snapshot } from '../../remedies'
import { pack, unpack } from '../packed-bytes'
import { ask, type Command, listOf, numberOf, textOf } from '../redis-asking'
import { jobKeysOf, keysOf } from './keys'
import { locate } from './locating'
import type { SegmentName } from './segments'

/**
 * What a snapshot of a BullMQ job holds besides its body: `hash:FIELD` for each other field, `segment` (where it stood),
 * and one packed list of byte strings for each key that hangs on the job and is not empty. `place` is the exact score.
 */
const attached = ['logs', 'dependencies', 'processed', 'ignoredFailures', 'unsuccessful'] as const
type Attached = (typeof attached)[number]

const lengthCommand = {
  logs: 'LLEN',
  dependencies: 'SCARD',
  processed: 'HLEN',
  ignoredFailures: 'HLEN',
  unsuccessful: 'ZCARD',
} as const satisfies Record<Attached, string>

/** Jobs whose bytes are on the way at one time. */
const chunkSize = 50

/** Log lines that one command brings. */
const logChunk = 1_000

export async function takeSnapshots(
  redis: RedisClient,
  { queue, state, ids }: { queue: QueueAddress; state: MessageState; ids: readonly string[] },
): Promise<readonly Snapshot[]> {
  const located = await locate(redis, queue, ids)
  const there = located.flatMap((at) => (at && at.state === state ? [at.place] : []))
  const scores = new Map(there.map((place) => [place.id, place]))
  const snapshots: Snapshot[] = []
  for (let at = 0; at < there.length; at += chunkSize) {
    const chunk = there.slice(at, at + chunkSize)
    const answers = await ask(
      redis,
      chunk.flatMap(({ id }): Command[] => {
        const keys = jobKeysOf(queue, id)
        return [['HGETALL', keys.job], ...attached.map((name): Command => [lengthCommand[name], keys[name]])]
      }),
    )
    const stride = attached.length + 1
    for (const [index, { id }] of chunk.entries()) {
      const hash = listOf(answers[index * stride])
      const { score } = scores.get(id)!
      // Without a hash and a score it stands nowhere that is known.
      if (hash.length === 0 && score === null) continue
      const lengths = Object.fromEntries(
        attached.map((name, offset) => [name, numberOf(answers[index * stride + 1 + offset]) ?? 0]),
      ) as Record<Attached, number>
      const place = scores.get(id)!
      snapshots.push({
        id,
        state,
        place: score === null ? '' : String(score),
        ...fieldsOf(hash, place.segment, await attachments(redis, { queue, id, lengths })),
      })
    }
  }
  return snapshots
}

function fieldsOf(
  hash: readonly unknown[],
  segment: SegmentName,
  attachments: Readonly<Record<string, Uint8Array>>,
): Pick<Snapshot, 'body' | 'fields'> {
  const fields: Record<string, Uint8Array> = { ...attachments, segment: Buffer.from(segment) }
  let body: Uint8Array | undefined
  for (let at = 0; at < hash.length; at += 2) {
    const name = textOf(hash[at]) ?? ''
    const value = hash[at + 1]
    if (!Buffer.isBuffer(value)) continue
    if (name === 'data') body = value
    else fields[`hash:${name}`] = value
  }
  if (body === undefined) fields['no-data'] = new Uint8Array()
  return { body: body ?? new Uint8Array(), fields }
}

async function attachments(
  redis: RedisClient,
  { queue, id, lengths }: { queue: QueueAddress; id: string; lengths: Readonly<Record<Attached, number>> },
): Promise<Readonly<Record<string, Uint8Array>>> {
  const keys = jobKeysOf(queue, id)
  const found: Record<string, Uint8Array> = {}
  for (const name of attached) {
    if (lengths[name] === 0) continue
    found[name] = pack(await itemsOf(redis, keys[name], { name, length: lengths[name] }))
  }
  return found
}

async function itemsOf(
  redis: RedisClient,
  key: string,
  { name, length }: { name: Attached; length: number },
): Promise<readonly Buffer[]> {
  const buffers = (value: unknown) => listOf(value).filter((item): item is Buffer => Buffer.isBuffer(item))
  switch (name) {
    case 'logs': {
      const ranges: Command[] = []
      for (let at = 0; at < length; at += logChunk) ranges.push(['LRANGE', key, at, at + logChunk - 1])
      return (await ask(redis, ranges)).flatMap(buffers)
    }
    case 'dependencies':
      return await scanned(redis, 'SSCAN', key)
    case 'processed':
    case 'ignoredFailures':
      return await scanned(redis, 'HSCAN', key)
    case 'unsuccessful':
      return await scanned(redis, 'ZSCAN', key)
  }
}

/** A flow's parent may have many thousands of children: they are read in steps. */
async function scanned(
  redis: RedisClient,
  command: 'SSCAN' | 'HSCAN' | 'ZSCAN',
  key: string,
): Promise<readonly Buffer[]> {
  const width = command === 'SSCAN' ? 1 : 2
  const found = new Map<string, readonly Buffer[]>()
  let cursor = '0'
  do {
    const [answer] = await ask(redis, [[command, key, cursor, 'COUNT', 1_000]])
    const [next, items] = listOf(answer)
    cursor = textOf(next) ?? '0'
    const flat = listOf(items).filter((item): item is Buffer => Buffer.isBuffer(item))
    for (let at = 0; at < flat.length; at += width) found.set(flat[at]!.toString('latin1'), flat.slice(at, at + width))
  } while (cursor !== '0')
  return [...found.values()].flat()
}

/**
 * KEYS: job, logs, dependencies, processed, ignored failures, unsuccessful, the segment's key, meta, marker.
 * ARGV: id, segment ("paused" while a queue of major 5 is paused), score, then six groups, each its length and its items:
 * the hash's fields and values, and what hangs on the job in the order of KEYS[2..6].
 * Answers 1: put back; 0: the id is in use again, nothing was changed; -1: it stands in the segment without a hash.
 *
 * A job of a list goes behind those that wait now; several keep the order in which they are given. BullMQ's event stream
 * is not written: nothing happened that a listener would have to act on.
 */
export const restoreScript = script(`
local call, id, segment = redis.call, ARGV[1], ARGV[2]
if call('EXISTS', KEYS[1]) == 1 then return 0 end
local isList = segment == 'wait' or segment == 'paused'
local kind = call('TYPE', KEYS[7]).ok
if kind ~= 'none' and kind ~= (isList and 'list' or 'zset') then return redis.error_reply('WRONGTYPE ' .. KEYS[7]) end
if not isList and call('ZSCORE', KEYS[7], id) then return -1 end
local at = 4
local function group(put, step)
  local count = tonumber(ARGV[at])
  for i = at + 1, at + count, step do put(i) end
  at = at + 1 + count
end
group(function(i) call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end, 2)
group(function(i) call('RPUSH', KEYS[2], ARGV[i]) end, 1)
group(function(i) call('SADD', KEYS[3], ARGV[i]) end, 1)
group(function(i) call('HSET', KEYS[4], ARGV[i], ARGV[i + 1]) end, 2)
group(function(i) call('HSET', KEYS[5], ARGV[i], ARGV[i + 1]) end, 2)
group(function(i) call('ZADD', KEYS[6], ARGV[i + 1], ARGV[i]) end, 2)
if isList then call('LPUSH', KEYS[7], id) else call('ZADD', KEYS[7], ARGV[3], id) end
local paused = call('HEXISTS', KEYS[8], 'paused') == 1
if (isList or segment == 'prioritized') and not paused then call('ZADD', KEYS[9], 0, '0') end
if segment == 'delayed' then
  local first = call('ZRANGE', KEYS[7], 0, 0, 'WITHSCORES')
  call('ZADD', KEYS[9], tonumber(first[2]) / 4096, '1')
end
return 1
`)

/** The script's KEYS and ARGV for one snapshot. `pausedList`: major 5 keeps waiting jobs of a paused queue there. */
export function restoreArguments(queue: QueueAddress, snapshot: Snapshot, pausedList: boolean) {
  const job = jobKeysOf(queue, snapshot.id)
  const keys = keysOf(queue)
  const stood = segmentIn(snapshot)
  const segment = stood === 'wait' || stood === 'paused' ? (pausedList ? 'paused' : 'wait') : stood
  const hash = Object.entries(snapshot.fields).flatMap(([name, value]) =>
    name.startsWith('hash:') ? [Buffer.from(name.slice('hash:'.length)), Buffer.from(value)] : [],
  )
  if (!('no-data' in snapshot.fields)) hash.push(Buffer.from('data'), Buffer.from(snapshot.body))
  const groups = [hash, ...attached.map((name) => unpack(snapshot.fields[name] ?? new Uint8Array()))]
  return {
    keys: [job.job, ...attached.map((name) => job[name]), keys[segment], keys.meta, keys.marker],
    args: [snapshot.id, segment, snapshot.place, ...groups.flatMap((items) => [items.length, ...items])],
  }
}

function segmentIn(snapshot: Snapshot): SegmentName {
  const written = textOf(Buffer.from(snapshot.fields.segment ?? new Uint8Array()))
  switch (written) {
    case 'wait':
    case 'paused':
    case 'prioritized':
    case 'delayed':
    case 'waitingChildren':
    case 'failed':
    case 'completed':
      return written
    default:
      throw new Error(`a BullMQ snapshot names no place: ${snapshot.id}`)
  }
}
