import { runScript } from '../../clients/script'
import { sendTextCommand } from '../../clients/text-command'
import type { Looking as LookingOfDriver } from '../../driver'
import type { PageRequest, StoredMessage, StoredPage } from '../../driver-messages'
import { escaped, partsOfId } from './ids'
import { defaultPriority, type QueueKeys } from './keys'
import { locate } from './locating'
import { type EndedState, endedPlaces, endedRange, places } from './paging'
import type { QueueAsker } from './queue-asker'
import { readyPlaces } from './ready-places'
import type { Row } from './rows'
import { endedPage } from './scripts/page'
import { bodiesOf } from './stored-bodies'
import { StoredRow } from './stored-row'

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
      if (request.state === 'dead' || request.state === 'done') return this.ended(keys, request.state, request)
      const [{ rows, nextCursor }, isRich] = await Promise.all([
        places(this.asker.redis, keys, request),
        this.asker.redis.hexists(keys.state, 'rich'),
      ])
      return { items: await this.stored(keys, rows, isRich === 1), nextCursor }
    })
  }

  private async ended(keys: QueueKeys, state: EndedState, request: PageRequest): Promise<StoredPage> {
    const { from, limit } = endedRange(request)
    const names = [keys.state, keys[state], keys.payload, keys.meta]
    const reply = await runScript(this.asker.redis, endedPage, names, [from, limit])
    const [found, held, isRich] = reply as [Buffer, (Buffer | null)[] | number, number]
    const text = found.toString('latin1')
    const { rows, nextCursor } = endedPlaces(state, text === '' ? [] : text.split(' '), limit)
    const read = Array.isArray(held)
      ? { bodies: held.slice(0, rows.length), metas: held.slice(rows.length) }
      : undefined
    return { items: await this.stored(keys, rows, isRich === 1, read), nextCursor }
  }

  /** A ready message with the list in which it stands, which only a queue of several priorities needs to look for. */
  private async listed(keys: QueueKeys, row: Row): Promise<Row> {
    if (row.state !== 'ready' || partsOfId(row.id).group !== null) return row
    if ((await this.asker.redis.hexists(keys.state, 'rich')) === 0) return { ...row, list: defaultPriority }
    const list = (await readyPlaces(this.asker.redis, keys, [row.id])).get(row.id)?.list
    return list === undefined ? row : { ...row, list }
  }

  /** A place whose body is gone gives no message. */
  private async stored(
    keys: QueueKeys,
    rows: readonly Row[],
    isRich: boolean,
    read?: Held,
  ): Promise<readonly StoredMessage[]> {
    if (rows.length === 0) return []
    const ids = rows.map((row) => row.id)
    const ask = (hash: string) => sendTextCommand(this.asker.redis, 'hmget', hash, ids) as Promise<(Buffer | null)[]>
    const none = Promise.resolve<(Buffer | null)[]>([])
    const [bodies, metas, results, notes, kids] = await Promise.all([
      read?.bodies ?? bodiesOf(this.asker.redis, keys, ids),
      read?.metas ?? ask(keys.meta),
      // Only a queue that uses more than plain messages has any of these.
      isRich ? ask(keys.results) : none,
      isRich ? ask(keys.notes) : none,
      isRich ? ask(keys.kids) : none,
    ])
    const items: StoredMessage[] = []
    rows.forEach((row, index) => {
      const body = bodies[index]
      if (!body) return
      const [meta, result, note, kid] = [metas[index], results[index], notes[index], kids[index]]
      items.push(new StoredRow(row, { body, meta, result, notes: note, kids: kid }))
    })
    return items
  }
}

/** In the order of the rows. */
interface Held {
  readonly bodies: readonly (Buffer | null)[]
  readonly metas: readonly (Buffer | null)[]
}

/** A message can be named by its id, or by the id that its sender chose. */
export async function storedId(asker: QueueAsker, keys: QueueKeys, id: string): Promise<string> {
  return (await asker.redis.hget(keys.names, escaped(id))) ?? id
}
