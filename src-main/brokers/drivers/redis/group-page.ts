import { Failure } from '@shared/failure'
import type { GroupPage, MessageGroup } from '@shared/model/group'
import type { RedisClient } from '../../clients/redis'
import type { GroupRequest } from '../../reader'
import { dueOfScore, timeOfId } from './ids'
import { groupList, type QueueKeys } from './keys'

/** Names looked at by one question, in pieces of a thousand; a queue with more says that it has more. */
const mostGroups = 10_000
const pieceSize = 1_000

/** Groups in the order of their names, since their turns change all the time. The cursor is `groups` and the last name. */
export async function groupPage(
  redis: RedisClient,
  keys: QueueKeys,
  { cursor, limit }: GroupRequest,
): Promise<GroupPage> {
  const after = afterOf(cursor)
  const { names, isWhole } = await groupsOf(redis, keys)
  const rest = after === null ? names : names.filter((name) => name > after)
  const page = rest.slice(0, Math.min(Math.max(limit, 1), 200))
  const last = page.at(-1)
  const found = await standing(redis, keys, page)
  // What ended since the names were read is no group any more.
  const items = found.filter(({ ready, holder }) => ready > 0 || holder !== null)
  return {
    items,
    nextCursor: last === undefined || page.length === rest.length ? null : `groups ${last}`,
    total: isWhole ? names.length - (found.length - items.length) : null,
  }
}

function afterOf(cursor: string | null): string | null {
  if (cursor === null) return null
  const name = /^groups (\S+)$/.exec(cursor)?.[1]
  if (name === undefined) throw new Failure({ code: 'bad-input', message: 'This cursor belongs to another list.' })
  return name
}

/**
 * Escaped names of the groups that have a turn, one in flight or a limit to wait for: at any instant a group with messages is
 * one of these. The first pieces are read at one instant, so that a group which changes its place is not missed.
 */
async function groupsOf(
  redis: RedisClient,
  keys: QueueKeys,
): Promise<{ readonly names: readonly string[]; readonly isWhole: boolean }> {
  const first = redis
    .multi()
    .lrange(keys.groups, 0, pieceSize - 1)
    .hscan(keys.busy, '0', 'COUNT', pieceSize)
    .zrange(keys.held, 0, String(pieceSize - 1))
  const [turns = [], scan = ['0', []], held = []] = ((await first.exec()) ?? []).map(([error, answer]) => {
    if (error) throw error
    return answer
  }) as [string[]?, [string, string[]]?, string[]?]
  const names = new Set<string>([...turns, ...keysIn(scan[1]), ...held])
  let piece = turns
  for (let at = pieceSize; piece.length === pieceSize && names.size < mostGroups; at += pieceSize) {
    piece = await redis.lrange(keys.groups, at, at + pieceSize - 1)
    for (const name of piece) names.add(name)
  }
  let next = scan[0]
  while (next !== '0' && names.size < mostGroups) {
    const [cursor, found] = await redis.hscan(keys.busy, next, 'COUNT', pieceSize)
    for (const name of keysIn(found)) names.add(name)
    next = cursor
  }
  let waiting = held
  for (let at = pieceSize; waiting.length === pieceSize && names.size < mostGroups; at += pieceSize) {
    waiting = await redis.zrange(keys.held, at, String(at + pieceSize - 1))
    for (const name of waiting) names.add(name)
  }
  const isWhole = piece.length < pieceSize && next === '0' && waiting.length < pieceSize
  return { names: [...names].sort(), isWhole }
}

const keysIn = (flat: readonly string[]): readonly string[] => flat.filter((_, index) => index % 2 === 0)

/** How each of the groups stands, all asked in one write, and the retries of their holders in another. */
async function standing(redis: RedisClient, keys: QueueKeys, names: readonly string[]): Promise<MessageGroup[]> {
  if (names.length === 0) return []
  const [holders, ...found] = await Promise.all([
    redis.hmget(keys.busy, ...names),
    ...names.map((name) =>
      Promise.all([
        redis.llen(groupList(keys, name)),
        redis.lindex(groupList(keys, name), 0),
        redis.zscore(keys.held, name),
      ]),
    ),
  ])
  const dues = await Promise.all(
    holders.map((id) => (id === null ? Promise.resolve(null) : redis.zscore(keys.delayed, id))),
  )
  return found.map(([ready, head, heldUntil], index): MessageGroup => {
    const id = holders[index]
    const due = dues[index]
    return {
      name: unescaped(names[index]!),
      ready,
      oldestReadyAt: head === null ? null : timeOfId(head),
      holder: id ? { id, state: due ? 'delayed' : 'leased', dueAt: due ? dueOfScore(Number(due)) : null } : null,
      heldUntil: heldUntil === null ? null : Number(heldUntil),
    }
  })
}

/** As its sender wrote it. */
function unescaped(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
