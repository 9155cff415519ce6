import type { RedisClient } from '../../clients/redis'
import { groupList, type QueueKeys } from './keys'
import { groupNames } from './paging'
import { countOfParcel } from './parcel'
import { parseRecord } from './record'
import { idsFrom, idsOfPlace } from './runs'

/** Everything that a queue holds, read whole: for tests and small queues only. Parcels count as their messages. */
export interface Census {
  readonly ready: readonly (readonly string[])[]
  readonly delayed: readonly string[]
  readonly dead: readonly string[]
  readonly done: readonly string[]
  /** Ready messages of each group, and the one that holds it. */
  readonly groups: ReadonlyMap<string, { readonly ready: readonly string[]; readonly busy: string | null }>
  readonly leased: ReadonlyMap<string, readonly string[]>
  readonly bodies: ReadonlySet<string>
  /** What contradicts the layout's invariant: every body has exactly one place, and every place a body. */
  readonly problems: readonly string[]
}

export async function census(redis: RedisClient, keys: QueueKeys): Promise<Census> {
  const [alone, parcels, beyond, metas, delayed, dead, done, names, leases, records, removed, ...lists] =
    await Promise.all([
      redis.hkeys(keys.payload),
      redis.hgetallBuffer(keys.parcels),
      redis.hmget(keys.state, 'spread', 'parceled'),
      redis.hkeys(keys.meta),
      redis.zrange(keys.delayed, 0, '-1'),
      redis.zrange(keys.dead, 0, '-1'),
      redis.zrange(keys.done, 0, '-1'),
      redis.hgetall(keys.names),
      redis.zrange(keys.leases, 0, '-1'),
      redis.hgetall(keys.leased),
      redis.smembers(keys.removed),
      ...keys.ready.map((key) => redis.lrange(key, 0, -1)),
    ])
  const gone = new Set(removed)
  const ready = lists.map((list) => list.flatMap(idsOfPlace))
  const closed = Object.entries(parcels).map(([first, { length }]) => ({ first, count: countOfParcel(length) }))
  const parceled = closed.flatMap(({ first, count }) => idsFrom(first, count))
  const bodies = [...alone, ...parceled]
  const spread = ready.flat().length - lists.flat().length
  const groups = await censusOfGroups(redis, keys, gone)
  const grouped = [...groups.groups.values()].flatMap((group) => group.ready)
  const leased = new Map(Object.entries(records).map(([lease, record]) => [lease, parseRecord(record).ids]))
  const places = new Map<string, number>()
  const standing = [
    ...ready.flat().filter((id) => !gone.has(id)),
    ...grouped,
    ...delayed,
    ...dead,
    ...done,
    ...[...leased.values()].flat(),
  ]
  for (const id of standing) places.set(id, (places.get(id) ?? 0) + 1)
  const owners = new Set(bodies)
  const tokens = Object.values(records).flatMap((record) => parseRecord(record).tokens)
  const whole = new Set([...lists.flat(), ...tokens])
  const timed = new Set(leases)
  return {
    ready: ready.map((list) => list.filter((id) => !gone.has(id))),
    delayed,
    dead,
    done,
    groups: groups.groups,
    leased,
    bodies: owners,
    problems: [
      ...groups.problems,
      ...alone.filter((id) => parceled.includes(id)).map((id) => `${id} has a body and stands in a parcel`),
      ...closed
        .map(({ first, count }) => `${first}*${count}`)
        .filter((run) => !whole.has(run))
        .map((run) => `parcel ${run} has no place as a whole`),
      ...tokens
        .filter((token) => token.includes('*') && !parceled.includes(token.split('*')[0]!))
        .map((token) => `${token} is leased as a parcel and is none`),
      ...(spread === Number(beyond[0] ?? 0) ? [] : [`a spread of ${spread} is counted as ${beyond[0]}`]),
      ...(parceled.length === Number(beyond[1] ?? 0)
        ? []
        : [`${parceled.length} messages in parcels are counted as ${beyond[1]}`]),
      ...groups.holders
        .filter((id) => !delayed.includes(id) && ![...leased.values()].flat().includes(id))
        .map((id) => `${id} holds its group and is neither leased nor delayed`),
      ...Object.entries(names).flatMap(([own, id]) =>
        owners.has(id) ? [] : [`own id ${own} stands for ${id}, which is gone`],
      ),
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

/** A group with ready messages stands in exactly one place: in turn, held by a message of its own, or held by its limit. */
async function censusOfGroups(redis: RedisClient, keys: QueueKeys, gone: ReadonlySet<string>) {
  const [names, turns, busy, held, counted] = await Promise.all([
    groupNames(redis, keys),
    redis.lrange(keys.groups, 0, -1),
    redis.hgetall(keys.busy),
    redis.zrange(keys.held, 0, '-1'),
    redis.hget(keys.state, 'grouped'),
  ])
  const groups = new Map<string, { ready: readonly string[]; busy: string | null }>()
  const problems: string[] = []
  let places = 0
  for (const name of new Set([...names, ...turns, ...Object.keys(busy), ...held])) {
    const list = await redis.lrange(groupList(keys, name), 0, -1)
    places += list.length
    groups.set(name, { ready: list.filter((id) => !gone.has(id)), busy: busy[name] ?? null })
    const standing = turns.filter((each) => each === name).length
    const homes = (standing > 0 ? 1 : 0) + (busy[name] === undefined ? 0 : 1) + (held.includes(name) ? 1 : 0)
    if (list.length > 0 && homes !== 1 && !(busy[name] !== undefined && standing > 0))
      problems.push(`group ${name} has ${list.length} ready and stands in ${homes} places`)
  }
  if (places !== Number(counted ?? 0)) problems.push(`${places} places in groups are counted as ${counted}`)
  return { groups, problems, holders: Object.values(busy) }
}
