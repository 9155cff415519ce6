import { Failure } from '@shared/failure'
import type { MessagePage, MessageState, MessageSummary } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import { z } from 'zod'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import type { BrowseRequest } from '../../reader'
import { type Answer, askAll, askOne, brokerTime, explained } from '../redis-asking'
import { bodyOfEntry, type Entry, entriesOf, entriesPerLook, previewOf } from '../stream-entries'
import { type GroupFacts, groupsOf, type StreamFacts, slowestPlace, streamOf, unreadOf } from '../stream-facts'
import { pendingPage } from '../stream-groups'
import { idAfter, parseStreamId, timeOfId } from '../stream-ids'

/** A stream and its groups, or null where there is none by this name. Throws Failure 'wrong-type'. */
export async function overview(
  redis: RedisClient,
  key: string,
): Promise<{ readonly stream: StreamFacts; readonly groups: readonly GroupFacts[] } | null> {
  const [stream, groups] = await askAll(redis, [
    ['XINFO', 'STREAM', key],
    ['XINFO', 'GROUPS', key],
  ])
  for (const answer of [stream, groups]) {
    if (!answer || answer.ok) continue
    if (isGone(answer)) return null
    throw await explained(redis, answer)
  }
  return {
    stream: streamOf(stream?.ok ? stream.value : null),
    groups: groupsOf(groups?.ok ? groups.value : null),
  }
}

/** ready: what the slowest group has not been given, oldest first. leased: what is pending, group by group. */
export async function browseStream(
  redis: RedisClient,
  { queue, request, clock }: { readonly queue: QueueAddress; readonly request: BrowseRequest; readonly clock: Clock },
): Promise<MessagePage> {
  const seen = await overview(redis, queue.name)
  if (!seen || (request.state !== 'ready' && request.state !== 'leased'))
    return { items: [], nextCursor: null, total: seen ? null : 0 }
  return request.state === 'ready'
    ? await readyPage(redis, { key: queue.name, ...seen, request, now: await brokerTime(redis, clock) })
    : await leasedPage(redis, { key: queue.name, ...seen, request, now: await brokerTime(redis, clock) })
}

interface Page {
  readonly key: string
  readonly stream: StreamFacts
  readonly groups: readonly GroupFacts[]
  readonly request: BrowseRequest
  readonly now: number
}

async function readyPage(redis: RedisClient, { key, stream, groups, request, now }: Page): Promise<MessagePage> {
  const { cursor } = request
  if (cursor !== null && !parseStreamId(cursor)) throw badCursor()
  const total = unreadOf(stream, groups)
  const from = idAfter(cursor ?? slowestPlace(groups))
  if (from === null) return { items: [], nextCursor: null, total }
  const limit = Math.min(request.limit, await entriesPerLook(redis, key))
  const rows = entriesOf(await askOne(redis, ['XRANGE', key, from, '+', 'COUNT', limit + 1]))
  const shown = rows.slice(0, limit)
  return {
    items: shown.map((entry) => summaryOf(entry, { state: 'ready', now })),
    nextCursor: rows.length > limit ? (shown.at(-1)?.id ?? null) : null,
    total,
  }
}

const LeasedCursor = z.tuple([z.number().int().min(0), z.string(), z.string()])

/** Groups in the order of their names; a cursor whose group went away goes on with the one behind it. */
async function leasedPage(redis: RedisClient, { key, groups, request, now }: Page): Promise<MessagePage> {
  const inOrder = [...groups].sort((a, b) => (a.name < b.name ? -1 : 1))
  const total = groups.reduce((sum, { pending }) => sum + pending, 0)
  const [index, name, last] = request.cursor === null ? [0, '', ''] : parseLeasedCursor(request.cursor)
  const items: MessageSummary[] = []
  const known = inOrder.findIndex((group) => group.name.slice(0, longestName) === name)
  let at = known < 0 ? index : known
  let cursor = known < 0 || last === '' ? null : last
  while (at < inOrder.length && items.length < request.limit) {
    const group = inOrder[at]!
    const page = await pendingPage(redis, key, {
      group: group.name,
      consumer: null,
      cursor,
      limit: request.limit - items.length,
    })
    for (const { id, deliveries, missing, preview } of page.items)
      items.push({
        ...rowOf(`${id}@${group.name}`, { state: 'leased', at: timeOfId(id, now) }),
        attempts: deliveries,
        preview: missing ? bodyless : preview,
      })
    cursor = page.nextCursor
    if (cursor !== null)
      return { items, nextCursor: JSON.stringify([at, group.name.slice(0, longestName), cursor]), total }
    at += 1
  }
  const next = inOrder[at]
  return { items, nextCursor: next ? JSON.stringify([at, next.name.slice(0, longestName), '']) : null, total }
}

/** A cursor's room for a name. */
const longestName = 1_000

export const bodyless = '(trimmed: this entry has no body any more)'

export function summaryOf(
  entry: Entry,
  { state, now }: { readonly state: MessageState; readonly now: number },
): MessageSummary {
  const { bytes } = bodyOfEntry(entry)
  return {
    ...rowOf(entry.id, { state, at: timeOfId(entry.id, now) }),
    bytes: bytes.length,
    preview: previewOf(bytes),
  }
}

export const rowOf = (
  id: string,
  { state, at }: { readonly state: MessageState; readonly at: number | null },
): MessageSummary => ({
  id,
  state,
  name: null,
  enqueuedAt: at,
  dueAt: null,
  finishedAt: null,
  attempts: null,
  maxAttempts: null,
  bytes: null,
  preview: '',
  error: null,
})

export const isGone = (answer: Extract<Answer, { ok: false }>): boolean =>
  answer.refusal.message.includes('no such key') || answer.refusal.message.startsWith('NOGROUP')

function parseLeasedCursor(text: string): z.infer<typeof LeasedCursor> {
  try {
    return LeasedCursor.parse(JSON.parse(text))
  } catch {
    throw badCursor()
  }
}

const badCursor = () =>
  new Failure({ code: 'bad-input', message: 'this place in the stream is not one that was given out' })
