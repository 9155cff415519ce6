import { Failure } from '@shared/failure'
import type { PendingPage } from '@shared/model/consumer-group'
import { systemClock } from '../../../runtime/clock'
import { ask, askAll, askOne, type Command, explained, listOf } from '../redis-asking'
import { bodyOfEntry, type Entry, entriesOf, entriesPerLook } from '../stream-entries'
import { groupsOf, slowestPlace, streamOf, unreadOf } from '../stream-facts'
import { pendingPage } from '../stream-groups'
import { compareIds, idAfter, idBefore, parseStreamId, timeOfId } from '../stream-ids'
import type { RolePlace, WorkingGroup } from './places'
import { envelopeOf, type StoreAt, type Stored, type StoredFinding, type StoredPage } from './stored'

/** Of ready messages those that the declared group has not been given, oldest first; of others all, newest first. */
export async function streamPage(
  at: StoreAt,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): Promise<StoredPage> {
  const { redis, place } = at
  const { key } = place.place
  if (cursor !== null && !parseStreamId(cursor))
    throw new Failure({ code: 'bad-input', message: 'this place in the stream is not one that was given out' })
  const { unread, given } = await standing(at)
  const count = Math.min(limit, await entriesPerLook(redis, key))
  const isReady = place.name === 'ready'
  const from = isReady ? idAfter(cursor ?? given) : cursor === null ? '+' : idBefore(cursor)
  if (from === null) return { rows: [], nextCursor: null, total: unread }
  const entries = entriesOf(
    await askOne(
      redis,
      isReady ? ['XRANGE', key, from, '+', 'COUNT', count + 1] : ['XREVRANGE', key, from, '-', 'COUNT', count + 1],
    ),
  )
  const rows = entries.slice(0, count).map((entry) => storedOf(at, entry))
  return { rows, nextCursor: entries.length > count ? (rows.at(-1)?.id ?? null) : null, total: unread }
}

/** Ready are only those that nobody was given yet. */
export async function findInStream(at: StoreAt, ids: readonly string[]): Promise<StoredFinding> {
  const { given } = await standing(at)
  const known = ids.filter(isEntryId)
  const answers = await ask(
    at.redis,
    known.map((id): Command => ['XRANGE', at.place.place.key, id, id, 'COUNT', 1]),
  )
  const found = new Map(
    answers.flatMap((answer) => entriesOf(answer).map((entry) => [entry.id, storedOf(at, entry)] as const)),
  )
  const isHere = (id: string) => at.place.name !== 'ready' || compareIds(id, given) > 0
  return { rows: ids.map((id) => (isHere(id) ? (found.get(id) ?? null) : null)), isWhole: true }
}

export const isEntryId = (id: string): boolean => /^\d+-\d+$/.test(id)

/** What the group holds and has not acknowledged, by the entries' ids. */
export async function workedPage(
  { redis }: Pick<StoreAt, 'redis'>,
  { key, group, field }: WorkingGroup,
  request: { readonly cursor: string | null; readonly limit: number },
): Promise<PendingPage> {
  return await pendingPage(redis, key, { group, field, consumer: null, ...request })
}

/** Those of the ids that the group holds; `entry` null: its body was trimmed. */
export async function findWorked(
  at: StoreAt,
  { key, group }: WorkingGroup,
  ids: readonly string[],
): Promise<readonly ({ readonly entry: Stored | null; readonly holder: readonly unknown[] } | null)[]> {
  const known = ids.filter(isEntryId)
  const answers = await askAll(
    at.redis,
    known.flatMap((id): readonly Command[] => [
      ['XPENDING', key, group, id, id, 1],
      ['XRANGE', key, id, id, 'COUNT', 1],
    ]),
  )
  const found = new Map(
    await Promise.all(
      known.map(async (id, index) => {
        const [pending, range] = answers.slice(index * 2)
        if (pending && !pending.ok && !pending.refusal.message.startsWith('NOGROUP'))
          throw await explained(at.redis, pending)
        const holder = pending?.ok ? listOf(listOf(pending.value)[0]) : []
        const entry = range?.ok ? entriesOf(range.value)[0] : undefined
        return [id, holder.length > 0 ? { entry: entry ? storedOf(at, entry) : null, holder } : null] as const
      }),
    ),
  )
  return ids.map((id) => found.get(id) ?? null)
}

/** How many are unread, and the last id that was given out: by the declared group, or by the slowest of all. */
async function standing({ redis, place }: StoreAt): Promise<{
  readonly unread: number | null
  readonly given: string
}> {
  const { key } = place.place
  const [info, groupInfo] = await askAll(redis, [
    ['XINFO', 'STREAM', key],
    ['XINFO', 'GROUPS', key],
  ])
  for (const answer of [info, groupInfo]) {
    if (!answer || answer.ok) continue
    if (answer.refusal.message.includes('no such key')) return { unread: 0, given: '0-0' }
    throw await explained(redis, answer)
  }
  const stream = streamOf(info?.ok ? info.value : null)
  if (place.name !== 'ready') return { unread: stream.length, given: '0-0' }
  const groups = readersOf(place, groupsOf(groupInfo?.ok ? groupInfo.value : null))
  return { unread: unreadOf(stream, groups), given: slowestPlace(groups) }
}

/** The declared group alone where it is there; the others read for themselves. */
export function readersOf<Group extends { readonly name: string }>(
  { group }: Pick<RolePlace, 'group'>,
  groups: readonly Group[],
): readonly Group[] {
  const own = groups.filter(({ name }) => name === group)
  return own.length > 0 ? own : groups
}

function storedOf(at: StoreAt, entry: Entry): Stored {
  const { role } = at.place
  const { bytes } = bodyOfEntry(entry, role.type === 'stream' ? role.field : null)
  return {
    id: entry.id,
    bytes,
    fields: entry.fields,
    at: [entry.id, ''],
    score: null,
    envelope: envelopeOf(at, { bytes, fields: entry.fields }),
    addedAt: timeOfId(entry.id, systemClock.now()),
    reach: 0,
  }
}
