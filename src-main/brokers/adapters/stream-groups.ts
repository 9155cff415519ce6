import type { ConsumerGroup, PendingEntry, PendingPage } from '@shared/model/consumer-group'
import type { RedisClient } from '../clients/redis'
import {
  type Answer,
  ask,
  askAll,
  askOne,
  type Command,
  explained,
  listOf,
  mapOf,
  numberOf,
  textOf,
} from './redis-asking'
import { bodyOfEntry, entriesOf, previewOf } from './stream-entries'
import { type GroupFacts, groupsOf, readableBy, type StreamFacts, streamOf } from './stream-facts'
import { compareIds, idAfter, idBefore, timeOfId } from './stream-ids'

/** Consumer groups that are looked into; a stream with more than this is not worked by groups as they are meant. */
const mostGroups = 200
/** Entries counted, where the server cannot tell a lag, in steps of a thousand and of about 8 MB in all. */
const countBound = 10_000
const countStep = 1_000
const countBytes = 8 * 1024 * 1024

/** Every group of a stream with what it has not read, what it holds, and what it has lost. Empty where the stream is gone. */
export async function consumerGroups(redis: RedisClient, key: string, now: number): Promise<readonly ConsumerGroup[]> {
  const answers = await askAll(redis, [
    ['XINFO', 'STREAM', key],
    ['XINFO', 'GROUPS', key],
  ])
  if (answers.some(isNoKey)) return []
  const [stream, groups] = [streamOf(await answered(redis, answers[0]!)), groupsOf(await answered(redis, answers[1]!))]
  const some = groups.slice(0, mostGroups)
  const told = await ask(
    redis,
    some.flatMap(({ name, lastDelivered }): readonly Command[] => [
      ['XINFO', 'CONSUMERS', key, name],
      ['XPENDING', key, name],
      ['XRANGE', key, idAfter(lastDelivered) ?? '+', '+', 'COUNT', 1],
    ]),
  )
  return await Promise.all(
    some.map((group, index) => {
      const [consumers, pending, unread] = told.slice(index * 3)
      return describe(redis, { key, stream, group, consumers, pending, unread, now })
    }),
  )
}

interface Told {
  readonly key: string
  readonly stream: StreamFacts
  readonly group: GroupFacts
  readonly consumers: unknown
  readonly pending: unknown
  readonly unread: unknown
  readonly now: number
}

async function describe(
  redis: RedisClient,
  { key, stream, group, consumers, pending, unread, now }: Told,
): Promise<ConsumerGroup> {
  const known = readableBy(stream, group)
  const counted = known === null ? await countAfter(redis, key, group.lastDelivered) : null
  const [first] = entriesOf(unread)
  const firstAt = first ? timeOfId(first.id, now) : null
  const [, oldestPending] = listOf(pending)
  return {
    name: group.name,
    lag: known ?? counted?.entries ?? null,
    lagIsLeast: counted !== null && !counted.isAll,
    pending: group.pending,
    lastDeliveredId: group.lastDelivered,
    oldestUnreadMs: firstAt === null ? null : Math.max(0, now - firstAt),
    consumers: listOf(consumers).map((each) => {
      const facts = mapOf(each)
      return {
        name: textOf(facts.get('name')) ?? '',
        pending: numberOf(facts.get('pending')) ?? 0,
        idleMs: numberOf(facts.get('idle')) ?? 0,
        inactiveMs: inactiveOf(numberOf(facts.get('inactive'))),
      }
    }),
    warnings: [
      ...lostWords(stream, group),
      ...(await bodylessWords(redis, { key, stream, group: group.name, oldest: textOf(oldestPending) })),
    ],
  }
}

/** -1: it never got anything. */
const inactiveOf = (ms: number | null): number | null => (ms === null || ms < 0 ? null : ms)

function lostWords(stream: StreamFacts, group: GroupFacts): readonly string[] {
  const isPassed = stream.firstId !== null && compareIds(group.lastDelivered, stream.firstId) < 0
  const lost = isPassed && group.lag !== null ? group.lag - stream.length : 0
  if (lost > 0)
    return [`${lost.toLocaleString('en-US')} ${lost === 1 ? 'entry was' : 'entries were'} trimmed or deleted unread.`]
  const isHoled = stream.maxDeletedId !== null && compareIds(stream.maxDeletedId, group.lastDelivered) > 0
  return isHoled ? ['Entries that this group had not read were deleted: nothing tells how many.'] : []
}

async function bodylessWords(
  redis: RedisClient,
  at: { readonly key: string; readonly stream: StreamFacts; readonly group: string; readonly oldest: string | null },
): Promise<readonly string[]> {
  const { key, stream, group, oldest } = at
  if (oldest === null) return []
  const before = stream.firstId === null ? '+' : idBefore(stream.firstId)
  if (before === null || (before !== '+' && compareIds(oldest, before) > 0)) return []
  const rows = listOf(await askOne(redis, ['XPENDING', key, group, '-', before, countStep]))
  if (rows.length === 0) return []
  const count = `${rows.length === countStep ? 'At least ' : ''}${rows.length.toLocaleString('en-US')}`
  return [
    `${count} pending ${rows.length === 1 ? 'entry has' : 'entries have'} no body any more: trimmed before ${rows.length === 1 ? 'it was' : 'they were'} acknowledged.`,
  ]
}

/** Entries behind an id, by reading them: no command counts them. */
export async function countAfter(
  redis: RedisClient,
  key: string,
  id: string,
): Promise<{ readonly entries: number; readonly isAll: boolean }> {
  let [entries, bytes] = [0, 0]
  let from = idAfter(id)
  while (from !== null && entries < countBound && bytes < countBytes) {
    const rows = entriesOf(await askOne(redis, ['XRANGE', key, from, '+', 'COUNT', countStep]))
    entries += rows.length
    for (const { fields } of rows) for (const [, value] of fields) bytes += value.length
    const last = rows.at(-1)
    if (!last || rows.length < countStep) return { entries, isAll: true }
    from = idAfter(last.id)
  }
  return { entries, isAll: from === null }
}

/** Pending entries in the order of their ids, with the beginning of their bodies. */
export async function pendingPage(
  redis: RedisClient,
  key: string,
  request: {
    readonly group: string
    readonly consumer: string | null
    readonly cursor: string | null
    readonly limit: number
    readonly field?: string | null
  },
): Promise<PendingPage> {
  const { group, consumer, cursor, limit, field = null } = request
  const from = cursor === null ? '-' : (idAfter(cursor) ?? '+')
  const [answer] = await askAll(redis, [
    ['XPENDING', key, group, from, '+', limit + 1, ...(consumer === null ? [] : [consumer])],
  ])
  // The group or the stream went away.
  if (answer && !answer.ok && answer.refusal.message.startsWith('NOGROUP')) return { items: [], nextCursor: null }
  if (answer && !answer.ok) throw await explained(redis, answer)
  const rows = listOf(answer?.value).slice(0, limit)
  const ids = rows.map((row) => textOf(listOf(row)[0]) ?? '0-0')
  const bodies = await ask(
    redis,
    ids.map((id): Command => ['XRANGE', key, id, id, 'COUNT', 1]),
  )
  const items = rows.map((row, index): PendingEntry => {
    const [, holder, idle, deliveries] = listOf(row)
    const [entry] = entriesOf(bodies[index])
    return {
      id: ids[index]!,
      consumer: textOf(holder) ?? '',
      idleMs: numberOf(idle) ?? 0,
      deliveries: numberOf(deliveries) ?? 0,
      missing: entry === undefined,
      preview: entry ? previewOf(bodyOfEntry(entry, field).bytes) : '',
    }
  })
  return { items, nextCursor: listOf(answer?.value).length > limit ? (ids.at(-1) ?? null) : null }
}

const isNoKey = (answer: Answer): boolean => !answer.ok && answer.refusal.message.includes('no such key')

async function answered(redis: RedisClient, answer: Answer): Promise<unknown> {
  if (answer.ok) return answer.value
  throw await explained(redis, answer)
}
