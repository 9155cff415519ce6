import type { DeclarationDraft } from '@shared/model/declaration'
import type { QueueAddress } from '@shared/model/queue'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import { type Reading, unreadable } from '../../reader'
import { askTogether, timeTogether } from '../asking-together'
import { type Answer, type Command, explained, numberOf } from '../redis-asking'
import { bodyOfEntry, entriesOf } from '../stream-entries'
import {
  type GroupFacts,
  groupsOf,
  type StreamFacts,
  slowestPlace,
  streamOf,
  unreadByLag,
  unreadOf,
} from '../stream-facts'
import { idAfter, timeOfId } from '../stream-ids'
import { placesOf, type RolePlace, shownFirst, shownFrom } from './places'
import { envelopeOf } from './stored'
import { readersOf } from './stream-store'

export interface FiguresOptions {
  readonly clock: Clock
  readonly declarationOf: (queue: QueueAddress) => DeclarationDraft | undefined
  /** Keys whose messages were too large to be asked for at each reading: their age is unknown from then on. */
  readonly heavy: Set<string>
}

/** A message above this is not pulled at each reading only to learn its age. */
const lightBytes = 64 * 1024

/** All commands of all queues in one write; for streams a second one, for the first entries that are unread. */
export async function readDeclared(
  redis: RedisClient,
  queues: readonly QueueAddress[],
  { clock, declarationOf, heavy }: FiguresOptions,
): Promise<readonly Reading[]> {
  const asked = queues.map((queue) => {
    const declaration = declarationOf(queue)
    const places = declaration ? placesOf(declaration, queue.name) : []
    return { queue, declaration, places, commands: places.map((place) => commandsFor(place, heavy)) }
  })
  const [now, flat] = await Promise.all([
    timeTogether(redis, clock),
    askTogether(
      redis,
      asked.flatMap(({ commands }) => commands.flat()),
    ),
  ])
  let at = 0
  const seen = asked.map(({ commands, declaration, places }): Seen => {
    const answers = commands.map((own) => {
      at += own.length
      return flat.slice(at - own.length, at)
    })
    return { declaration, places, answers, stream: streamIn(places, answers) }
  })
  const firsts = await firstUnread(redis, seen)
  return await Promise.all(
    seen.map(async (each, index): Promise<Reading> => {
      const { declaration } = each
      if (!declaration) return unreadable(`No declaration named ${queues[index]!.prefix} is known any more.`)
      const refused = each.answers.flat().find((answer) => !answer.ok && !isNoKey(answer))
      if (refused && !refused.ok) return unreadable((await explained(redis, refused)).message)
      return readingOf({ ...each, declaration, now, heavy, first: firsts.get(index) })
    }),
  )
}

interface Seen {
  readonly declaration: DeclarationDraft | undefined
  readonly places: readonly RolePlace[]
  readonly answers: readonly (readonly Answer[])[]
  readonly stream: SeenStream | null
}

interface SeenStream {
  readonly place: RolePlace
  readonly facts: StreamFacts
  readonly groups: readonly GroupFacts[]
  readonly unread: number | null
}

/** How many stand there first; then what tells the age of the next one. */
function commandsFor(place: RolePlace, heavy: ReadonlySet<string>): readonly Command[] {
  const { key } = place.place
  const isAsked = place.name === 'ready' && !heavy.has(key)
  switch (place.role.type) {
    case 'list': {
      const next: Command = ['LINDEX', key, shownFrom(place) === 'left' ? 0 : -1]
      return [['LLEN', key], ...(isAsked ? [next] : [])]
    }
    case 'zset': {
      const next: Command = [shownFirst(place) === 'lowest' ? 'ZRANGE' : 'ZREVRANGE', key, 0, 0]
      return [['ZCARD', key], ...(isAsked ? [next] : [])]
    }
    case 'hash':
      return [['HLEN', key]]
    case 'stream':
      if (place.name !== 'ready') return [['XLEN', key]]
      return [
        // It would bring the first and the last entry whole.
        heavy.has(key) ? ['XLEN', key] : ['XINFO', 'STREAM', key],
        ['XINFO', 'GROUPS', key],
      ]
  }
}

function streamIn(places: readonly RolePlace[], answers: Seen['answers']): SeenStream | null {
  const index = places.findIndex(({ name, role }) => name === 'ready' && role.type === 'stream')
  if (index < 0) return null
  const [stream, groups] = answers[index]!
  const told = answerOf(stream)
  const readers = readersOf(places[index]!, groupsOf(answerOf(groups)))
  const facts = streamOf(told)
  const unread = typeof told === 'number' ? unreadByLag(told, readers) : unreadOf(facts, readers)
  return { place: places[index]!, facts, groups: readers, unread }
}

async function firstUnread(redis: RedisClient, seen: readonly Seen[]): Promise<ReadonlyMap<number, unknown>> {
  const asked = seen.flatMap(({ stream }, index) =>
    stream && stream.unread !== 0 && stream.facts.firstId !== null ? [{ index, stream }] : [],
  )
  const answers = await askTogether(
    redis,
    asked.map(({ stream }): Command => {
      const from = idAfter(slowestPlace(stream.groups)) ?? '+'
      return ['XRANGE', stream.place.place.key, from, '+', 'COUNT', 1]
    }),
  )
  return new Map(asked.map(({ index }, at) => [index, answerOf(answers[at])]))
}

interface Asked extends Seen {
  readonly declaration: DeclarationDraft
  readonly now: number
  readonly heavy: Set<string>
  readonly first: unknown
}

function readingOf({ declaration, places, answers, stream, now, heavy, first }: Asked): Reading {
  const answersOf = (name: RolePlace['name']) => answers[places.findIndex((place) => place.name === name)]
  const count = (name: RolePlace['name']): number | null => {
    const own = answersOf(name)
    return own ? (numberOf(answerOf(own[0])) ?? 0) : null
  }
  const ready = places.find(({ name }) => name === 'ready')
  if (stream && stream.facts.bytesTold > lightBytes) heavy.add(stream.place.place.key)
  const pending = stream && stream.place.group !== null ? sumOf(stream.groups) : null
  return {
    // A layout that declares none has none ready: it is a log alone.
    ready: stream ? stream.unread : (count('ready') ?? 0),
    leased: pending ?? count('processing') ?? (ready ? null : 0),
    delayed: count('delayed') ?? 0,
    dead: count('dead'),
    done: count('log'),
    oldestReadyMs: stream
      ? ageOfEntry({ declaration, stream, first, now })
      : ready
        ? ageOfNext({ declaration, ready, next: answerOf(answersOf('ready')?.[1]), now, heavy })
        : null,
    paused: null,
    enqueuedTotal: stream ? stream.facts.entriesAdded : null,
    ackedTotal: null,
    waitBuckets: null,
    ...(stream && { groups: stream.groups }),
    trouble: null,
  }
}

function ageOfEntry(at: {
  readonly declaration: DeclarationDraft
  readonly stream: SeenStream
  readonly first: unknown
  readonly now: number
}): number | null {
  const { place } = at.stream
  const [entry] = entriesOf(at.first)
  if (!entry || place.role.type !== 'stream') return null
  const { bytes } = bodyOfEntry(entry, place.role.field)
  const { enqueuedAt } = envelopeOf({ declaration: at.declaration, place }, { bytes, fields: entry.fields })
  return ageOf(enqueuedAt ?? timeOfId(entry.id, at.now), at.now)
}

function ageOfNext(at: {
  readonly declaration: DeclarationDraft
  readonly ready: RolePlace
  readonly next: unknown
  readonly now: number
  readonly heavy: Set<string>
}): number | null {
  const bytes = Array.isArray(at.next) ? at.next[0] : at.next
  if (!Buffer.isBuffer(bytes)) return null
  if (bytes.length > lightBytes) at.heavy.add(at.ready.place.key)
  const { enqueuedAt } = envelopeOf({ declaration: at.declaration, place: at.ready }, { bytes, fields: [] })
  return ageOf(enqueuedAt, at.now)
}

const sumOf = (groups: readonly GroupFacts[]): number => groups.reduce((sum, { pending }) => sum + pending, 0)

const ageOf = (at: number | null, now: number): number | null => (at === null ? null : Math.max(0, now - at))

const answerOf = (answer: Answer | undefined): unknown => (answer?.ok ? answer.value : null)

const isNoKey = (answer: Answer): boolean => !answer.ok && answer.refusal.message.includes('no such key')
