import type { RedisClient } from '../../clients/redis'
import { sendTextCommand } from '../../clients/text-command'
import type { QueueKeys } from './keys'
import { countOfParcel, mostInParcel, parcelStride, unpacked } from './parcel'

/** Each may have some hundred KB. */
const parcelsAtOnce = 8

/**
 * Bodies wherever they are; null: there is no such message. Reads only. A message leaves a parcel for a field of its own and never
 * goes back: so fields are asked, then parcels, and then fields again for what was opened in between.
 */
export async function bodiesOf(
  redis: RedisClient,
  keys: QueueKeys,
  ids: readonly string[],
): Promise<readonly (Buffer | null)[]> {
  const [parceled, bodies] = await Promise.all([redis.hget(keys.state, 'parceled'), fieldsOf(redis, keys, ids)])
  if (Number(parceled ?? 0) === 0) return bodies
  const closed = await closedBodies(redis, keys, missing(ids, bodies))
  const found = bodies.map((body, index) => body ?? closed.get(ids[index]!) ?? null)
  return again(redis, keys, ids, found)
}

/** Which of the messages exist. */
export async function existing(
  redis: RedisClient,
  keys: QueueKeys,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const ask = async (some: readonly string[]) => {
    const marks = await Promise.all(some.map((id) => redis.hexists(keys.payload, id)))
    return some.filter((_, index) => marks[index] === 1)
  }
  const [parceled, here] = await Promise.all([redis.hget(keys.state, 'parceled'), ask(ids)])
  const found = new Set(here)
  if (Number(parceled ?? 0) === 0) return found
  for (const id of (await parcelsOf(redis, keys, absent(ids, found))).keys()) found.add(id)
  for (const id of await ask(absent(ids, found))) found.add(id)
  return found
}

const absent = (ids: readonly string[], found: ReadonlySet<string>) => ids.filter((id) => !found.has(id))

const missing = (ids: readonly string[], bodies: readonly (Buffer | null)[]) =>
  ids.filter((_, index) => bodies[index] === null)

async function again(
  redis: RedisClient,
  keys: QueueKeys,
  ids: readonly string[],
  found: readonly (Buffer | null)[],
): Promise<readonly (Buffer | null)[]> {
  const asked = missing(ids, found)
  if (asked.length === 0) return found
  const opened = await fieldsOf(redis, keys, asked)
  let at = 0
  return found.map((body) => (body === null ? opened[at++]! : body))
}

const fieldsOf = async (redis: RedisClient, keys: QueueKeys, ids: readonly string[]): Promise<(Buffer | null)[]> =>
  ids.length === 0 ? [] : ((await sendTextCommand(redis, 'hmget', keys.payload, ids)) as (Buffer | null)[])

/** Bodies in closed parcels, each with memory of its own: one row does not keep its whole parcel. */
async function closedBodies(
  redis: RedisClient,
  keys: QueueKeys,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Buffer>> {
  const bodies = new Map<string, Buffer>()
  const wanted = new Map<string, string[]>()
  for (const [id, first] of await parcelsOf(redis, keys, ids)) wanted.set(first, [...(wanted.get(first) ?? []), id])
  const firsts = [...wanted.keys()]
  for (let at = 0; at < firsts.length; at += parcelsAtOnce) {
    const some = firsts.slice(at, at + parcelsAtOnce)
    const parcels = await Promise.all(some.map((first) => redis.hgetBuffer(keys.parcels, first)))
    for (const [index, parcel] of parcels.entries()) {
      if (parcel === null) continue
      const own = unpacked(parcel)
      for (const id of wanted.get(some[index]!) ?? [])
        bodies.set(id, Buffer.from(own[Number(id) - Number(some[index])]!))
    }
  }
  return bodies
}

/** The first id of the closed parcel in which each message is; those that are in none are left out. */
async function parcelsOf(
  redis: RedisClient,
  keys: QueueKeys,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const possible = new Map(ids.map((id) => [id, firstsFor(id)]))
  const firsts = [...new Set([...possible.values()].flat())]
  const sizes = await Promise.all(firsts.map((first) => redis.hstrlen(keys.parcels, String(first))))
  const counts = new Map(firsts.map((first, index) => [first, countOfParcel(sizes[index]!)]))
  const found = new Map<string, string>()
  for (const [id, own] of possible) {
    const nearest = own.find((first) => counts.get(first)! > 0)
    if (nearest !== undefined && Number(id) < nearest + counts.get(nearest)!) found.set(id, String(nearest))
  }
  return found
}

/** Where a parcel with this message would begin, the nearest first. Only plain ids stand in parcels. */
function firstsFor(id: string): readonly number[] {
  if (!/^[1-9]\d{0,15}$/.test(id)) return []
  const number = Number(id)
  const nearest = number - (number % parcelStride)
  return Array.from({ length: mostInParcel / parcelStride }, (_, back) => nearest - back * parcelStride)
}
