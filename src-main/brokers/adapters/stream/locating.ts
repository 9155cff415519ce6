import type { MessageState } from '@shared/model/message'
import type { RedisClient } from '../../clients/redis'
import { ask, type Command, listOf, numberOf, textOf } from '../redis-asking'
import { type Entry, entriesOf } from '../stream-entries'
import { slowestPlace } from '../stream-facts'
import { compareIds, parseStreamId } from '../stream-ids'
import { overview } from './browsing'

/** Who holds an entry that was given out and not acknowledged. */
export interface Holder {
  readonly group: string
  readonly consumer: string
  readonly idleMs: number
  readonly deliveries: number
}

export interface LocatedEntry {
  /** done: every group was given it and acknowledged it; it stays until the stream is trimmed. */
  readonly state: MessageState
  /** null: it has no body any more, and is pending only. */
  readonly entry: Entry | null
  readonly holders: readonly Holder[]
}

/** Entries that travel at once. */
const chunkSize = 100

/**
 * Where entries stand, by their ids, or by "id@group" for what one group holds. null: not there. Pending wins over unread: what one
 * group holds, another may not have been given yet.
 */
export async function locateEntries(
  redis: RedisClient,
  key: string,
  ids: readonly string[],
): Promise<readonly (LocatedEntry | null)[]> {
  const seen = await overview(redis, key)
  if (!seen) return ids.map(() => null)
  const slowest = slowestPlace(seen.groups)
  const all = seen.groups.map(({ name }) => name)
  const located: (LocatedEntry | null)[] = []
  for (let at = 0; at < ids.length; at += chunkSize) {
    const some = ids.slice(at, at + chunkSize).map((id) => {
      const parsed = parseEntryId(id)
      const groups = parsed && (parsed.group === null ? all : all.filter((name) => name === parsed.group))
      return parsed && groups ? { ...parsed, groups } : null
    })
    const answers = [
      ...(await ask(
        redis,
        some.flatMap((each): readonly Command[] =>
          each
            ? [
                ['XRANGE', key, each.id, each.id, 'COUNT', 1],
                ...each.groups.map((group): Command => ['XPENDING', key, group, each.id, each.id, 1]),
              ]
            : [],
        ),
      )),
    ]
    for (const each of some) {
      if (!each) {
        located.push(null)
        continue
      }
      const entry = entriesOf(answers.shift())[0] ?? null
      const holders = each.groups.flatMap((group) => holdersOf(group, answers.shift()))
      if (holders.length > 0) located.push({ state: 'leased', entry, holders })
      else if (!entry || each.group !== null) located.push(null)
      else {
        const isUnread = seen.groups.length === 0 || compareIds(entry.id, slowest) > 0
        located.push({ state: isUnread ? 'ready' : 'done', entry, holders })
      }
    }
  }
  return located
}

/** "1718000000000-0", or "1718000000000-0@group". */
export function parseEntryId(id: string): { readonly id: string; readonly group: string | null } | null {
  const at = id.indexOf('@')
  const entry = at < 0 ? id : id.slice(0, at)
  return parseStreamId(entry) && entry.includes('-') ? { id: entry, group: at < 0 ? null : id.slice(at + 1) } : null
}

function holdersOf(group: string, answer: unknown): readonly Holder[] {
  return listOf(answer).map((row) => {
    const [, consumer, idle, deliveries] = listOf(row)
    return {
      group,
      consumer: textOf(consumer) ?? '',
      idleMs: numberOf(idle) ?? 0,
      deliveries: numberOf(deliveries) ?? 0,
    }
  })
}
