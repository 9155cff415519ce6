import type { MessageState } from '@shared/model/message'
import type { RedisClient } from '../../clients/redis'
import type { Snapshot } from '../../remedies'
import type { ScriptCall } from '../item-by-item'
import { pack, unpack } from '../packed-bytes'
import { ask, askAll, askOne, buffersOf, type Command, listOf, numberOf, textOf } from '../redis-asking'
import { jobKeys, keysOf, queuesKey, registryOf } from './keys'
import { standingsOf } from './standing'

/**
 * What a snapshot of a job holds besides its `data` (the body): `hash:FIELD` for each other field of its hash, `dependents` and
 * `dependencies` as packed ids where there are some, and `expires`, epoch milliseconds as digits, where the hash does. `place` is
 * the exact score. The stream of results is not touched by a deletion, as in RQ itself, and so needs no copy.
 */
const attached = ['dependents', 'dependencies'] as const

/** Jobs whose bytes are on the way at one time. */
const chunkSize = 50

export async function takeSnapshots(
  redis: RedisClient,
  queue: string,
  { state, ids }: { readonly state: MessageState; readonly ids: readonly string[] },
): Promise<readonly Snapshot[]> {
  const standings = await standingsOf(redis, queue, ids)
  const there = ids.filter((_, index) => standings[index]?.state === state)
  const registry = registryOf(state)
  const snapshots: Snapshot[] = []
  for (let at = 0; at < there.length; at += chunkSize) {
    const chunk = there.slice(at, at + chunkSize)
    const hashes = await ask(
      redis,
      chunk.map((id): Command => ['HGETALL', jobKeys(id).job]),
    )
    const scores = await ask(
      redis,
      registry === null ? [] : chunk.map((id): Command => ['ZSCORE', keysOf(queue)[registry], id]),
    )
    for (const [index, id] of chunk.entries()) {
      const hash = new Map(entriesOf(hashes[index]))
      if (hash.size === 0) continue
      const body = hash.get('data')
      const fields: Record<string, Uint8Array> = body === undefined ? { 'no-data': new Uint8Array() } : {}
      for (const [name, value] of hash) if (name !== 'data') fields[`hash:${name}`] = value
      for (const name of attached) {
        const members = await membersOf(redis, jobKeys(id)[name])
        if (members.length > 0) fields[name] = pack(members)
      }
      const expiresAt = await expiryOf(redis, jobKeys(id).job)
      if (expiresAt !== null) fields.expires = Buffer.from(String(expiresAt))
      const score = scores[index]
      snapshots.push({ id, state, place: textOf(score) ?? String(score ?? ''), body: body ?? new Uint8Array(), fields })
    }
  }
  return snapshots
}

/** The restoring script's KEYS and ARGV. */
export function restoreCall(queue: string, { id, state, place, body, fields }: Snapshot): ScriptCall {
  const { job, dependents, dependencies } = jobKeys(id)
  const keys = keysOf(queue)
  const registry = registryOf(state)
  const hash = Object.entries(fields).flatMap(([name, value]) =>
    name.startsWith('hash:') ? [Buffer.from(name.slice('hash:'.length)), Buffer.from(value)] : [],
  )
  if (!('no-data' in fields)) hash.push(Buffer.from('data'), Buffer.from(body))
  const groups = [hash, ...attached.map((name) => unpack(fields[name] ?? new Uint8Array()))]
  return {
    keys: [registry === null ? keys.list : keys[registry], job, dependents, dependencies, queuesKey, keys.list],
    args: [
      id,
      registry === null ? 'list' : 'zset',
      place,
      fields.expires ? Buffer.from(fields.expires) : '',
      ...groups.flatMap((items) => [items.length, ...items]),
    ],
  }
}

function entriesOf(hash: unknown): readonly (readonly [string, Buffer])[] {
  const flat = buffersOf(listOf(hash).flat())
  return Array.from({ length: Math.floor(flat.length / 2) }, (_, index) => [
    flat[index * 2]!.toString('utf8'),
    flat[index * 2 + 1]!,
  ])
}

/** Many thousands may wait for one job: they are read in steps. */
async function membersOf(redis: RedisClient, key: string): Promise<readonly Buffer[]> {
  const found = new Map<string, Buffer>()
  let cursor = '0'
  do {
    const [next, members] = listOf(await askOne(redis, ['SSCAN', key, cursor, 'COUNT', 1_000]))
    for (const member of buffersOf(members)) found.set(member.toString('latin1'), member)
    cursor = textOf(next) ?? '0'
  } while (cursor !== '0')
  return [...found.values()].sort(Buffer.compare)
}

/** Epoch milliseconds; null: never. Servers before 7.0 tell what is left only, which is as exact as RQ's own whole seconds. */
async function expiryOf(redis: RedisClient, key: string): Promise<number | null> {
  const [at, left] = await askAll(redis, [
    ['PEXPIRETIME', key],
    ['PTTL', key],
  ])
  if (at?.ok) return positive(numberOf(at.value))
  const remaining = left?.ok ? positive(numberOf(left.value)) : null
  if (remaining === null) return null
  const [seconds, micros] = listOf(await askOne(redis, ['TIME'])).map(numberOf)
  return Math.round(((seconds ?? 0) * 1_000 + (micros ?? 0) / 1_000 + remaining) / 1_000) * 1_000
}

const positive = (value: number | null): number | null => (value !== null && value >= 0 ? value : null)
