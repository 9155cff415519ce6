import type { QueueAddress } from '@shared/model/queue'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import { type Reading, unreadable } from '../../reader'
import { askTogether, timeTogether } from '../asking-together'
import { type Answer, type Command, explained } from '../redis-asking'
import { entriesOf } from '../stream-entries'
import {
  type GroupFacts,
  groupsOf,
  type StreamFacts,
  slowestPlace,
  streamOf,
  unreadByLag,
  unreadOf,
} from '../stream-facts'
import { compareIds, idAfter, timeOfId } from '../stream-ids'

export interface FiguresOptions {
  readonly clock: Clock
  /** Streams whose entries are too large to be brought at each reading: their first and last would be. */
  readonly heavy: Set<string>
}

/** Of the first and last entry together. */
const lightBytes = 64 * 1024

/**
 * Two commands a stream, all in one write; a third one for those whose oldest unread entry is not their first. Of a heavy stream only
 * its length and its groups are asked: age and total are unknown then.
 */
export async function readStreams(
  redis: RedisClient,
  queues: readonly QueueAddress[],
  { clock, heavy }: FiguresOptions,
): Promise<readonly Reading[]> {
  const [now, answers] = await Promise.all([
    timeTogether(redis, clock),
    askTogether(
      redis,
      queues.flatMap(({ name }): readonly Command[] => [
        heavy.has(name) ? ['XLEN', name] : ['XINFO', 'STREAM', name],
        ['XINFO', 'GROUPS', name],
      ]),
    ),
  ])
  const seen = queues.map((_, index) => lookAt(answers[index * 2]!, answers[index * 2 + 1]!))
  const asked = seen.flatMap((each, index) => (isAsked(each) ? [{ index, after: slowestPlace(each.groups) }] : []))
  const firsts = await askTogether(
    redis,
    asked.map(({ index, after }): Command => ['XRANGE', queues[index]!.name, idAfter(after) ?? '+', '+', 'COUNT', 1]),
  )
  const firstUnread = new Map(
    asked.map(({ index }, at) => {
      const answer = firsts[at]!
      return [index, answer.ok ? (entriesOf(answer.value)[0]?.id ?? null) : null]
    }),
  )
  return await Promise.all(
    seen.map(async (each, index): Promise<Reading> => {
      const { name } = queues[index]!
      if ('refusal' in each) return unreadable(await wordsOf(redis, each, queues[index]!))
      if ('length' in each) return { ...readingOf(each.groups), ready: unreadByLag(each.length, each.groups) }
      if (each.stream.bytesTold > lightBytes) heavy.add(name)
      const first = firstUnread.get(index) ?? each.stream.firstId
      const ready = unreadOf(each.stream, each.groups)
      const unreadAt = ready === 0 || first === null ? null : timeOfId(first, now)
      return {
        ...readingOf(each.groups),
        ready,
        oldestReadyMs: unreadAt === null ? null : Math.max(0, now - unreadAt),
        enqueuedTotal: each.stream.entriesAdded,
      }
    }),
  )
}

interface Seen {
  readonly stream: StreamFacts
  readonly groups: readonly GroupFacts[]
}

interface SeenHeavy {
  readonly length: number
  readonly groups: readonly GroupFacts[]
}

type Refused = Extract<Answer, { ok: false }>

function lookAt(stream: Answer, groups: Answer): Seen | SeenHeavy | Refused {
  if (!stream.ok) return stream
  if (!groups.ok) return groups
  const length = typeof stream.value === 'number' ? stream.value : null
  return length === null
    ? { stream: streamOf(stream.value), groups: groupsOf(groups.value) }
    : { length, groups: groupsOf(groups.value) }
}

/** The oldest unread entry is the first one there where nobody has read yet, and none where all has been read. */
function isAsked(each: Seen | SeenHeavy | Refused): each is Seen {
  if (!('stream' in each) || each.stream.firstId === null || unreadOf(each.stream, each.groups) === 0) return false
  return each.groups.length > 0 && compareIds(slowestPlace(each.groups), each.stream.firstId) >= 0
}

const readingOf = (groups: readonly GroupFacts[]): Reading => ({
  ready: null,
  leased: groups.reduce((sum, { pending }) => sum + pending, 0),
  // A stream knows no delay.
  delayed: 0,
  dead: null,
  done: null,
  oldestReadyMs: null,
  paused: null,
  enqueuedTotal: null,
  ackedTotal: null,
  waitBuckets: null,
  groups,
  trouble: null,
})

async function wordsOf(redis: RedisClient, answer: Refused, queue: QueueAddress): Promise<string> {
  if (answer.refusal.message.includes('no such key')) return `The stream ${queue.name} is not there any more.`
  return (await explained(redis, answer)).message
}
