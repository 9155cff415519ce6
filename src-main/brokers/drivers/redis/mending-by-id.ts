import { Failure } from '@shared/failure'
import type { Mending, MendOutcome } from '../../driver'
import { defaultPriority, priorities, type QueueKeys } from './keys'
import { locate } from './locating'
import { storedId } from './looking'
import type { QueueAsker } from './queue-asker'
import { readyPlaces } from './ready-places'
import { marksOf } from './replies'
import type { Row } from './rows'
import * as eraseScripts from './scripts/erase'
import * as mendScripts from './scripts/mend'
import * as moveScripts from './scripts/moves'
import * as priorityScripts from './scripts/priority'

/** Ready messages whose priority is changed by one call. */
const readyPerCall = 10

/** What a service does to single messages of its own. */
export class MendingById implements Mending {
  constructor(private readonly asker: QueueAsker) {}

  async cancel(queue: string, ids: readonly string[]): Promise<readonly MendOutcome[]> {
    const keys = this.asker.keysOf(queue)
    return this.byState(keys, 'cancel', ids, {
      ready: (own) => this.removeReady(keys, own),
      delayed: (own) => this.marks(keys, 'cancel', eraseScripts.removeDelayed, own),
    })
  }

  async promoteIds(queue: string, ids: readonly string[]): Promise<readonly MendOutcome[]> {
    const keys = this.asker.keysOf(queue)
    return this.byState(keys, 'promote', ids, {
      delayed: (own) => this.marks(keys, 'promote', moveScripts.promoteIds, own),
    })
  }

  async changePriority(queue: string, ids: readonly string[], priority: number): Promise<readonly MendOutcome[]> {
    const keys = this.asker.keysOf(queue)
    if (!(Number.isInteger(priority) && priority >= 0 && priority < priorities))
      throw new Failure({
        code: 'bad-input',
        message: `${queue} refuses a priority of ${priority}: it is 0 (first) to 9.`,
        hint: 'Choose a whole number from 0 to 9.',
        subject: queue,
      })
    return this.byState(keys, 'change the priority', ids, {
      delayed: (own) =>
        this.marks(keys, 'change the priority', priorityScripts.changePriority, [
          priority,
          ...own.flatMap((id) => [id, '', 0]),
        ]),
      ready: async (own) => {
        const places = await readyPlaces(this.asker.redis, keys, own)
        const marks: boolean[] = []
        // Each may open a parcel.
        for (let at = 0; at < own.length; at += readyPerCall) {
          const args = own.slice(at, at + readyPerCall).flatMap((id) => {
            const { list = defaultPriority, index = 0 } = places.get(id) ?? {}
            return [id, list, index]
          })
          const change = [priority, ...args]
          marks.push(...(await this.marks(keys, 'change the priority', priorityScripts.changePriority, change)))
        }
        return marks
      },
    })
  }

  async edit(
    queue: string,
    { id, seen, body }: { readonly id: string; readonly seen: Uint8Array; readonly body: Uint8Array },
  ): Promise<MendOutcome> {
    const keys = this.asker.keysOf(queue)
    const stored = await storedId(this.asker, keys, id)
    const [row] = await locate(this.asker.redis, keys, [stored])
    if (!row || row.state === 'done') return 'gone'
    if (row.state === 'leased') return 'leased'
    const script = { dead: mendScripts.editDead, delayed: mendScripts.editDelayed, ready: mendScripts.editReady }[
      row.state
    ]
    const reply = await this.asker.runWhole(keys, 'edit', script, [stored, Buffer.from(seen), Buffer.from(body), '1'])
    return reply === 1 ? 'applied' : reply === -1 ? 'changed' : 'gone'
  }

  /** Each id is looked up and handed to the act of the state in which it stands; the act looks again before it changes. */
  private async byState(
    keys: QueueKeys,
    act: string,
    ids: readonly string[],
    acts: Partial<Record<'ready' | 'delayed', (ids: readonly string[]) => Promise<readonly boolean[]>>>,
  ): Promise<readonly MendOutcome[]> {
    if (ids.length === 0) return []
    const rows = await this.asker.ask(keys, act, async () => {
      const stored = await Promise.all(ids.map((id) => storedId(this.asker, keys, id)))
      return locate(this.asker.redis, keys, stored)
    })
    const done = new Map<string, boolean>()
    for (const state of ['ready', 'delayed'] as const) {
      const own = rows.flatMap((row) => (row?.state === state ? [row.id] : []))
      const marks = own.length === 0 ? [] : ((await acts[state]?.(own)) ?? [])
      own.forEach((id, index) => {
        done.set(id, marks[index] ?? false)
      })
    }
    return rows.map((row: Row | null) => {
      if (row?.state === 'leased') return 'leased'
      return row && done.get(row.id) ? 'applied' : 'gone'
    })
  }

  private async removeReady(keys: QueueKeys, ids: readonly string[]): Promise<readonly boolean[]> {
    const marks: boolean[] = []
    let size = 500
    for (let at = 0; at < ids.length; ) {
      const piece = ids.slice(at, at + size)
      const reply = await this.asker.runWhole(keys, 'cancel', eraseScripts.removeReady, piece)
      if (typeof reply === 'number') size = -reply
      else {
        marks.push(...marksOf(reply))
        at += piece.length
      }
    }
    return marks
  }

  private async marks(
    keys: QueueKeys,
    act: string,
    script: Parameters<QueueAsker['runWhole']>[2],
    args: Parameters<QueueAsker['runWhole']>[3],
  ): Promise<readonly boolean[]> {
    return marksOf(await this.asker.runWhole(keys, act, script, args))
  }
}
