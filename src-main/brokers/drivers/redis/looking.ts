import type { MessageState } from '@shared/model/message'
import { sendTextCommand } from '../../clients/text-command'
import type { Looking as LookingOfDriver } from '../../driver'
import type { PageRequest, StoredMessage, StoredPage } from '../../driver-messages'
import { escaped, partsOfId, priorityOfScore, timeOfId } from './ids'
import { defaultPriority, type QueueKeys } from './keys'
import { locate } from './locating'
import { historyOf, lastFailure, type Meta, parseMeta, parseMetaHead } from './meta'
import { notesOf } from './notes'
import { places, readyPlaces } from './paging'
import type { QueueAsker } from './queue-asker'
import { attemptsOf, dueAtOf, endedAtOf, type Row } from './rows'

/** Looks at messages without taking them. */
export class Looking implements LookingOfDriver {
  constructor(private readonly asker: QueueAsker) {}

  find(queue: string, id: string): Promise<StoredMessage | undefined> {
    const keys = this.asker.keysOf(queue)
    return this.asker.ask(keys, 'find', async () => {
      const stored = await storedId(this.asker, keys, id)
      const [row] = await locate(this.asker.redis, keys, [stored])
      if (!row) return undefined
      return (await this.stored(keys, [await this.listed(keys, row)], true))[0]
    })
  }

  browse(queue: string, request: PageRequest): Promise<StoredPage> {
    const keys = this.asker.keysOf(queue)
    return this.asker.ask(keys, 'browse', async () => {
      const [{ rows, nextCursor }, isRich] = await Promise.all([
        places(this.asker.redis, keys, request),
        this.asker.redis.hexists(keys.state, 'rich'),
      ])
      return { items: await this.stored(keys, rows, isRich === 1), nextCursor }
    })
  }

  /** A ready message with the list in which it stands, which only a queue of several priorities needs to look for. */
  private async listed(keys: QueueKeys, row: Row): Promise<Row> {
    if (row.state !== 'ready' || partsOfId(row.id).group !== null) return row
    if ((await this.asker.redis.hexists(keys.state, 'rich')) === 0) return { ...row, list: defaultPriority }
    const list = (await readyPlaces(this.asker.redis, keys, [row.id])).get(row.id)?.list
    return list === undefined ? row : { ...row, list }
  }

  /** A place whose body is gone gives no message. */
  private async stored(keys: QueueKeys, rows: readonly Row[], isRich: boolean): Promise<readonly StoredMessage[]> {
    if (rows.length === 0) return []
    const ids = rows.map((row) => row.id)
    const read = (hash: string) => sendTextCommand(this.asker.redis, 'hmget', hash, ids) as Promise<(Buffer | null)[]>
    const none = Promise.resolve<(Buffer | null)[]>([])
    const [bodies, metas, results, notes, kids] = await Promise.all([
      read(keys.payload),
      read(keys.meta),
      // Only a queue that uses more than plain messages has any of these.
      isRich ? read(keys.results) : none,
      isRich ? read(keys.notes) : none,
      isRich ? read(keys.kids) : none,
    ])
    return rows.flatMap((row, index): StoredMessage[] => {
      const body = bodies[index]
      if (!body) return []
      const head = parseMetaHead(metas[index])
      // A page is read far more often than the history of each message on it.
      let read: Meta | undefined
      const meta = () => {
        read ??= parseMeta(metas[index])
        return read
      }
      return [
        {
          id: row.id,
          ...partsOfId(row.id),
          state: row.state,
          body,
          attributes: head.attributes,
          priority: priorityIn(row),
          maxAttempts: head.maxAttempts ?? null,
          replays: Math.max(head.deaths - (row.state === 'dead' ? 1 : 0), 0),
          enqueuedAt: timeOfId(row.id),
          dueAt: dueAtOf(row),
          finishedAt: endedAtOf(row),
          result: results[index]?.toString('utf8') ?? null,
          ...notesOf(notes[index]),
          pendingChildren: Number(kids[index]?.toString('latin1').split('/')[0] ?? 0),
          get attempts() {
            return attemptsOf(row.state, meta())
          },
          get error() {
            const last = lastFailure(meta().events)
            return last ? { name: last.name, message: last.message, stack: meta().stack } : null
          },
          get history() {
            return historyOf(meta())
          },
        },
      ]
    })
  }
}

/** A message can be named by its id, or by the id that its sender chose. */
export async function storedId(asker: QueueAsker, keys: QueueKeys, id: string): Promise<string> {
  return (await asker.redis.hget(keys.names, escaped(id))) ?? id
}

const withScore: ReadonlySet<MessageState> = new Set(['delayed', 'dead', 'done'])

/** null: it stands in a list that was not told. */
const priorityIn = ({ state, score, list }: Row): number | null =>
  score !== null && withScore.has(state) ? priorityOfScore(score) : state === 'ready' ? (list ?? null) : defaultPriority
