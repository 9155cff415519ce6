import type { RedisClient } from '../../clients/redis'
import type { QueueKeys } from './keys'
import { parseRecord } from './record'

/** Everything that a queue holds, read whole: for tests and small queues only. */
export interface Census {
  readonly ready: readonly (readonly string[])[]
  readonly delayed: readonly string[]
  readonly dead: readonly string[]
  readonly leased: ReadonlyMap<string, readonly string[]>
  readonly bodies: ReadonlySet<string>
  /** What contradicts the layout's invariant: every body has exactly one place, and every place a body. */
  readonly problems: readonly string[]
}

export async function census(redis: RedisClient, keys: QueueKeys): Promise<Census> {
  const [bodies, metas, delayed, dead, leases, records, removed, ...ready] = await Promise.all([
    redis.hkeys(keys.payload),
    redis.hkeys(keys.meta),
    redis.zrange(keys.delayed, 0, '-1'),
    redis.zrange(keys.dead, 0, '-1'),
    redis.zrange(keys.leases, 0, '-1'),
    redis.hgetall(keys.leased),
    redis.smembers(keys.removed),
    ...keys.ready.map((key) => redis.lrange(key, 0, -1)),
  ])
  const gone = new Set(removed)
  const leased = new Map(Object.entries(records).map(([lease, record]) => [lease, parseRecord(record).ids]))
  const places = new Map<string, number>()
  const standing = [...ready.flat().filter((id) => !gone.has(id)), ...delayed, ...dead, ...[...leased.values()].flat()]
  for (const id of standing) places.set(id, (places.get(id) ?? 0) + 1)
  const owners = new Set(bodies)
  const timed = new Set(leases)
  return {
    ready: ready.map((list) => list.filter((id) => !gone.has(id))),
    delayed,
    dead,
    leased,
    bodies: owners,
    problems: [
      ...bodies.filter((id) => !places.has(id)).map((id) => `${id} has a body and no place`),
      ...[...places].filter(([, count]) => count > 1).map(([id, count]) => `${id} stands in ${count} places`),
      ...[...places.keys()].filter((id) => !owners.has(id)).map((id) => `${id} has a place and no body`),
      ...metas.filter((id) => !owners.has(id)).map((id) => `${id} has a meta and no body`),
      ...removed.filter((id) => owners.has(id)).map((id) => `${id} is removed and has a body`),
      ...[...leased.keys()].filter((id) => !timed.has(id)).map((id) => `lease ${id} has no expiry`),
      ...leases.filter((id) => !leased.has(id)).map((id) => `lease ${id} has no record`),
    ],
  }
}
