import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import { script } from '../../clients/script'
import type { ItemOutcome, Snapshot } from '../../remedies'
import { eachOf } from '../item-by-item'
import { pack, unpack } from '../packed-bytes'
import { ask, buffersOf, type Command, listOf, numberOf, textOf } from '../redis-asking'
import { jobKeyOf, keysOf } from './keys'
import { locate, type SegmentName } from './locating'

/**
 * What a snapshot of a Bull job holds besides its body: `hash:FIELD` for each other field, `segment` (where it stood) and `logs`,
 * packed. `place` is the exact score.
 */
export async function takeSnapshots(
  redis: RedisClient,
  {
    queue,
    state,
    ids,
  }: { readonly queue: QueueAddress; readonly state: MessageState; readonly ids: readonly string[] },
): Promise<readonly Snapshot[]> {
  const located = (await locate(redis, queue, ids)).flatMap((at) => (at?.state === state ? [at.place] : []))
  const snapshots: Snapshot[] = []
  for (let from = 0; from < located.length; from += chunkSize) {
    const chunk = located.slice(from, from + chunkSize)
    const answers = await ask(
      redis,
      chunk.flatMap(({ id }): Command[] => [
        ['HGETALL', jobKeyOf(queue, id)],
        ['LLEN', `${jobKeyOf(queue, id)}:logs`],
      ]),
    )
    for (const [index, { id, segment, score }] of chunk.entries()) {
      const hash = listOf(answers[index * 2])
      // Without a hash and a score it stands nowhere that is known.
      if (hash.length === 0 && score === null) continue
      const logs = await logsOf(redis, `${jobKeyOf(queue, id)}:logs`, numberOf(answers[index * 2 + 1]) ?? 0)
      const fields: Record<string, Uint8Array> = { segment: Buffer.from(segment) }
      if (logs.length > 0) fields.logs = pack(logs)
      let body: Uint8Array | undefined
      for (let at = 0; at < hash.length; at += 2) {
        const value = hash[at + 1]
        if (!Buffer.isBuffer(value)) continue
        const name = textOf(hash[at]) ?? ''
        if (name === 'data') body = value
        else fields[`hash:${name}`] = value
      }
      if (!body) fields['no-data'] = new Uint8Array()
      const place = score === null ? '' : String(score)
      snapshots.push({ id, state, place, body: body ?? new Uint8Array(), fields })
    }
  }
  return snapshots
}

/** Jobs whose bytes are on the way at one time. */
const chunkSize = 50

/** Log lines that one command brings. */
const logChunk = 1_000

async function logsOf(redis: RedisClient, key: string, length: number): Promise<readonly Buffer[]> {
  const ranges: Command[] = []
  for (let at = 0; at < length; at += logChunk) ranges.push(['LRANGE', key, at, at + logChunk - 1])
  return (await ask(redis, ranges)).flatMap(buffersOf)
}

/**
 * KEYS: job, its logs, wait, paused, meta-paused, priority, delayed, failed, completed. ARGV: id, segment, score, number of fields
 * and values, these, then the log lines. Answers 1: put back; 0: the id is in use again; -1: it stands there without a hash.
 *
 * A job that waited goes behind those that wait now, among those of its priority where it has one.
 */
const restoreScript = script(`
local call, id, segment = redis.call, ARGV[1], ARGV[2]
if call('EXISTS', KEYS[1]) == 1 then return 0 end
local sorted = { delayed = KEYS[7], failed = KEYS[8], completed = KEYS[9] }
local home = sorted[segment] or (call('EXISTS', KEYS[5]) == 1 and KEYS[4]) or KEYS[3]
for key, wanted in pairs({ [home] = sorted[segment] and 'zset' or 'list', [KEYS[2]] = 'list', [KEYS[6]] = 'zset' }) do
  local kind = call('TYPE', key).ok
  if kind ~= 'none' and kind ~= wanted then return redis.error_reply('WRONGTYPE ' .. key) end
end
if sorted[segment] and call('ZSCORE', home, id) then return -1 end
local fields = tonumber(ARGV[4])
for i = 5, 4 + fields, 2 do call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
for i = 5 + fields, #ARGV do call('RPUSH', KEYS[2], ARGV[i]) end
if sorted[segment] then
  call('ZADD', home, ARGV[3], id)
  return 1
end
local priority = tonumber(call('HGET', KEYS[1], 'priority') or '0') or 0
if priority == 0 then
  call('LPUSH', home, id)
  return 1
end
call('ZADD', KEYS[6], priority, id)
local before = call('ZCOUNT', KEYS[6], 0, priority) - 1
local next = before > 0 and call('LINDEX', home, -before)
if before == 0 then call('RPUSH', home, id)
elseif next then call('LINSERT', home, 'BEFORE', next, id)
else call('LPUSH', home, id) end
return 1
`)

export const restoreJobs = (
  redis: RedisClient,
  queue: QueueAddress,
  snapshots: readonly Snapshot[],
): Promise<readonly ItemOutcome[]> =>
  eachOf(redis, restoreScript, {
    ids: snapshots.map(({ id }) => id),
    call: (id, index) => {
      const snapshot = snapshots[index]!
      const { wait, paused, metaPaused, priority, delayed, failed, completed } = keysOf(queue)
      const job = jobKeyOf(queue, id)
      const hash = Object.entries(snapshot.fields).flatMap(([name, value]) =>
        name.startsWith('hash:') ? [Buffer.from(name.slice('hash:'.length)), Buffer.from(value)] : [],
      )
      if (!('no-data' in snapshot.fields)) hash.push(Buffer.from('data'), Buffer.from(snapshot.body))
      const logs = unpack(snapshot.fields.logs ?? new Uint8Array())
      return {
        keys: [job, `${job}:logs`, wait, paused, metaPaused, priority, delayed, failed, completed],
        args: [id, segmentOf(snapshot), snapshot.place, hash.length, ...hash, ...logs],
      }
    },
    outcome: (id, answer) =>
      answer === 1 ? { id, outcome: 'applied' } : { id, outcome: 'changed', reason: 'a job of this id is there again' },
  })

function segmentOf({ id, fields }: Snapshot): SegmentName {
  const written = textOf(Buffer.from(fields.segment ?? new Uint8Array()))
  switch (written) {
    case 'wait':
    case 'paused':
    case 'delayed':
    case 'failed':
    case 'completed':
      return written
    default:
      throw new Error(`a Bull snapshot names no place: ${id}`)
  }
}
