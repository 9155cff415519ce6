import { Failure } from '@shared/failure'
import type { Looking } from '../../driver'
import type { PageRequest, StoredMessage, StoredPage } from '../../driver-messages'
import type { Asking } from './asking'
import { contentOf, unpacked } from './entry'
import { soundId, timeOfEntry, timeOfStamp } from './ids'
import { errorOf, historyOf, parseMeta } from './meta'
import * as scripts from './scripts/look'

type Place = 'later' | 'again' | 'new' | 'delayed' | 'leased' | 'foreign' | 'dead' | 'done'
export type Row = readonly [
  place: Buffer,
  entry: Buffer,
  score: Buffer,
  fields: Buffer,
  meta: Buffer | null,
  result: Buffer | null,
  progress: Buffer | null,
  logs: Buffer | null,
]

export interface LookingOptions {
  readonly bodyField: string
  readonly maxAttempts: (queue: string) => number
}

/** Questions about messages, as this group sees them. */
export const looking = (asking: Asking, options: LookingOptions): Looking => ({
  async find(queue, id) {
    const row = await rowOf(asking, queue, id)
    return row && storedOf(row, queue, options)
  },
  browse: (queue, request) => browse(asking, queue, request, options),
})

export async function rowOf(asking: Asking, queue: string, id: string): Promise<Row | undefined> {
  const reply = await asking.run(queue, 'find', scripts.find, [soundId(id)])
  return Array.isArray(reply) ? (reply as unknown as Row) : undefined
}

/** The sets that hold the messages of a state, in the order in which they are paged through. */
const sets: Record<PageRequest['state'], readonly string[]> = {
  ready: ['again', 'stream'],
  delayed: ['later', 'delayed'],
  leased: ['held'],
  dead: ['dead'],
  done: ['done'],
}

const placeOfSet: Readonly<Record<string, Place>> = {
  again: 'again',
  later: 'later',
  delayed: 'delayed',
  held: 'leased',
  dead: 'dead',
  done: 'done',
}

/** A call takes less than about a millisecond of the server's time. */
const rowsPerCall = 100

/** A cursor names the set, the last score and member seen, and the highest score of the beginning. */
async function browse(
  asking: Asking,
  queue: string,
  request: PageRequest,
  options: LookingOptions,
): Promise<StoredPage> {
  const { state } = request
  const limit = Math.min(Math.max(Math.trunc(request.limit), 1), 200)
  const order = sets[state]
  let [at = order[0] ?? '', score = '', member = '', high = ''] = request.cursor?.split(' ') ?? []
  if (!order.includes(at))
    throw new Failure({
      code: 'bad-input',
      message: 'This cursor belongs to another list of messages.',
      subject: queue,
    })
  const rows: Row[] = []
  for (;;) {
    const room = Math.min(limit - rows.length, rowsPerCall)
    const reply =
      at === 'stream'
        ? await asking.run(queue, 'browse', scripts.pageOfStream, [room, member])
        : await asking.run(queue, 'browse', scripts.pageOfSet, [
            room,
            at,
            // The dead and the done: the last one first.
            state === 'dead' || state === 'done' ? 'down' : 'up',
            score,
            member,
            // What waits for its time has no order of arrival.
            state === 'delayed' ? '+inf' : high,
            placeOfSet[at] ?? 'again',
          ])
    const [found, more, bound] = reply as [Row[], Buffer, Buffer | undefined]
    rows.push(...found)
    const last = found.at(-1)
    if (String(more) === '1' && last) {
      if (rows.length < limit && found.length === room) {
        ;[score, member, high] = [String(last[2]), String(last[1]), String(bound ?? '')]
        continue
      }
      const nextCursor = `${at} ${last[2]} ${last[1]} ${bound ?? ''}`
      return { items: rows.map((row) => storedOf(row, queue, options)), nextCursor }
    }
    const next = order[order.indexOf(at) + 1]
    if (next === undefined) return { items: rows.map((row) => storedOf(row, queue, options)), nextCursor: null }
    if (rows.length >= limit)
      return { items: rows.map((row) => storedOf(row, queue, options)), nextCursor: `${next}   ` }
    ;[at, score, member, high] = [next, '', '', '']
  }
}

function storedOf(row: Row, queue: string, { bodyField, maxAttempts }: LookingOptions): StoredMessage {
  const [place, entryId, scoreText, fields, metaBytes, result, progress, logs] = row
  const where = place.toString('latin1') as Place
  const entry = entryId.toString('latin1')
  const score = Number(scoreText.toString('latin1'))
  const content = contentOf(unpacked(fields), bodyField)
  const meta = parseMeta(metaBytes)
  const held = where === 'leased' || where === 'foreign'
  return {
    id: content.id ?? entry,
    ownId: null,
    group: null,
    state: stateOf(where),
    body: content.body,
    attributes: content.attributes,
    priority: null,
    attempts: meta.attempts + (held || where === 'done' ? 1 : 0),
    maxAttempts: content.maxAttempts ?? maxAttempts(queue),
    replays: meta.replays,
    enqueuedAt: content.enqueuedAt ?? timeOfEntry(entry),
    dueAt: where === 'later' || where === 'delayed' ? score : null,
    finishedAt: where === 'dead' || where === 'done' ? timeOfStamp(score) : null,
    error: where === 'done' ? null : errorOf(meta),
    history: historyOf(meta),
    result: result?.toString('utf8') ?? null,
    progress: progress?.toString('utf8') ?? null,
    logs: logs ? unpacked(logs).map((line) => line.toString('utf8')) : [],
    pendingChildren: 0,
  }
}

function stateOf(place: Place): StoredMessage['state'] {
  switch (place) {
    case 'again':
    case 'new':
      return 'ready'
    case 'later':
    case 'delayed':
      return 'delayed'
    case 'leased':
    case 'foreign':
      return 'leased'
    case 'dead':
    case 'done':
      return place
  }
}
