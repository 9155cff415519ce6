import type { RedisClient } from '../../clients/redis'
import { type KeyName, streamKeys } from './keys'

/** Where one group has each entry, read whole: for tests and small queues only. */
export interface GroupCensus {
  /** New in the stream, in its order. */
  readonly fresh: readonly string[]
  readonly again: readonly string[]
  readonly delayed: readonly string[]
  readonly held: readonly string[]
  readonly dead: readonly string[]
  readonly done: readonly string[]
  readonly removed: readonly string[]
}

export interface Census {
  readonly groups: ReadonlyMap<string, GroupCensus>
  /** Entries of the stream. */
  readonly entries: readonly string[]
  /** What waits to enter the stream. */
  readonly later: readonly string[]
  /** What contradicts the layout's invariants. */
  readonly problems: readonly string[]
}

/**
 * For a stream of ours with these groups. Every entry that is not new to a group has at most one place in it; every place has
 * a body; what is pending has a place; and no entry stays with which all groups are through.
 */
export async function census(
  redis: RedisClient,
  {
    queue,
    groups,
    prefix = 'qs',
  }: { readonly queue: string; readonly groups: readonly string[]; readonly prefix?: string },
): Promise<Census> {
  const problems: string[] = []
  const shared = streamKeys({ prefix, queue, group: groups[0] ?? 'engine' }).of
  const [range, later, payload, aliases] = await Promise.all([
    redis.xrange(shared.stream, '-', '+'),
    redis.zrange(shared.later, 0, '-1'),
    redis.hkeys(shared.payload),
    redis.hgetall(shared.aliases),
  ])
  const entries = range.map(([id]) => id)
  const inStream = new Set(entries)
  const wanted = new Set<string>()
  const found = new Map<string, GroupCensus>()
  problems.push(...differences('later', later, 'payload', payload))
  for (const [from, to] of Object.entries(aliases)) {
    if (aliases[to] !== from) problems.push(`alias ${from} does not lead back from ${to}`)
    if (!from.startsWith('later-') && !inStream.has(from)) problems.push(`alias of ${from}, which left the stream`)
  }
  for (const group of groups) {
    const own = await censusOf(redis, { queue, group, prefix, entries, wanted })
    found.set(group, own.census)
    problems.push(...own.problems.map((problem) => `${group}: ${problem}`))
  }
  problems.push(
    ...entries.filter((id) => !wanted.has(id)).map((id) => `${id} stays though all groups are through with it`),
  )
  return { groups: found, entries, later, problems }
}

async function censusOf(
  redis: RedisClient,
  {
    queue,
    group,
    prefix,
    entries,
    wanted,
  }: {
    readonly queue: string
    readonly group: string
    readonly prefix: string
    readonly entries: readonly string[]
    readonly wanted: Set<string>
  },
): Promise<{ readonly census: GroupCensus; readonly problems: readonly string[] }> {
  const keys = streamKeys({ prefix, queue, group }).of
  const members = (name: KeyName) => redis.zrange(keys[name], 0, '-1')
  const fields = (name: KeyName) => redis.hkeys(keys[name])
  const [again, delayed, dead, done, leases, workers, kept, removed, names, held] = await Promise.all([
    members('again'),
    members('delayed'),
    members('dead'),
    members('done'),
    members('leases'),
    fields('workers'),
    fields('kept'),
    redis.smembers(keys.removed),
    redis.hgetall(keys.names),
    redis.zrange(keys.held, 0, '-1', 'WITHSCORES'),
  ])
  const told = await Promise.all((['meta', 'results', 'progress', 'logs'] as const).map(fields))
  const { last, pending } = await pendingOf(redis, keys.stream, group)
  const heldIds = held.filter((_, index) => index % 2 === 0)
  const heldBy = held.filter((_, index) => index % 2 === 1)
  const fresh = entries.filter((id) => isAfter(id, last))
  const unsettled = [...again, ...delayed, ...heldIds]
  const places = [...unsettled, ...dead, ...done]
  const known = new Set([...places, ...fresh])
  const inStream = new Set(entries)
  const copies = new Set(kept)
  for (const id of [...fresh, ...pending]) wanted.add(id)
  return {
    census: { fresh, again, delayed, held: heldIds, dead, done, removed },
    problems: [
      ...places.filter((id, index) => places.indexOf(id) !== index).map((id) => `${id} has two places`),
      ...places.filter((id) => fresh.includes(id)).map((id) => `${id} has a place and is new`),
      ...pending.filter((id) => !unsettled.includes(id)).map((id) => `${id} is pending and has no place`),
      ...unsettled
        .filter((id) => !pending.includes(id) && !copies.has(id))
        .map((id) => `${id} waits and is not pending`),
      ...unsettled.filter((id) => !copies.has(id) && !inStream.has(id)).map((id) => `${id} has a place and no body`),
      ...[...dead, ...done].filter((id) => !copies.has(id)).map((id) => `${id} ended and has no copy`),
      ...kept.filter((id) => !known.has(id)).map((id) => `a copy of ${id}, which is over`),
      ...told
        .flat()
        .filter((id) => !known.has(id))
        .map((id) => `something is told of ${id}, which is over`),
      ...Object.keys(names)
        .filter((id) => !id.startsWith('later-') && !known.has(id))
        .map((id) => `a name of ${id}, which is over`),
      ...removed.filter((id) => !fresh.includes(id)).map((id) => `${id} is removed and not new`),
      ...differences('leases', leases, 'held', [...new Set(heldBy)]),
      ...differences('leases', leases, 'workers', workers),
    ],
  }
}

async function pendingOf(
  redis: RedisClient,
  stream: string,
  group: string,
): Promise<{ readonly last: string; readonly pending: readonly string[] }> {
  const groups = (await redis.xinfo('GROUPS', stream)) as unknown[][]
  const own = groups.find((info) => info[1] === group)
  if (!own) return { last: '0-0', pending: [] }
  const pending = (await redis.xpending(stream, group, '-', '+', 100_000)) as [string][]
  return { last: String(own[own.indexOf('last-delivered-id') + 1]), pending: pending.map(([id]) => id) }
}

const differences = (a: string, left: readonly string[], b: string, right: readonly string[]): readonly string[] => [
  ...left.filter((id) => !right.includes(id)).map((id) => `${id} is in ${a} and not in ${b}`),
  ...right.filter((id) => !left.includes(id)).map((id) => `${id} is in ${b} and not in ${a}`),
]

function isAfter(id: string, other: string): boolean {
  const [ms = '0', seq = '0'] = id.split('-')
  const [otherMs = '0', otherSeq = '0'] = other.split('-')
  return BigInt(ms) > BigInt(otherMs) || (ms === otherMs && BigInt(seq) > BigInt(otherSeq))
}
