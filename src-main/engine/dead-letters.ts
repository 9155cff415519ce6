import { Failure } from '@shared/failure'
import type { StoredMessage } from '../brokers/driver-messages'
import { systemClock } from '../runtime/clock'
import { partOf } from './abilities'
import {
  type BrowseOptions,
  type BrowsePage,
  browse,
  bytesOf,
  filterOf,
  lookingAt,
  type MessageFilter,
  mostPerPage,
} from './browsing'
import { type ChunkedOptions, chunkOf, keepPace, replayAll } from './chunks'
import type { Enqueuer } from './enqueuer'
import type { QueueContext } from './queue-context'

export interface ReplayOptions<Data> extends ChunkedOptions {
  /** What each message is to carry instead; undefined leaves it dead. Where it answers what it was given, not a byte changes. */
  readonly edit?: (data: Data, message: StoredMessage) => Data | undefined
}

const mostPerCall = 500

/** The dead letters of one queue. */
export class DeadLetters<Data = unknown> {
  /** @internal */
  constructor(
    private readonly context: QueueContext,
    private readonly enqueuer: Enqueuer,
  ) {}

  /** A page, newest death first. */
  browse(options: BrowseOptions = {}): Promise<BrowsePage> {
    return browse(this.context, 'dead', options)
  }

  /**
   * Ready again, with fresh attempts and their history kept. An id, ids, all that meet a filter, or all: those that are dead
   * when it begins. What dies meanwhile stays; ids that are not dead are passed over; answers how many moved.
   */
  async replay(
    which: string | readonly string[] | MessageFilter | 'all',
    options: ReplayOptions<Data> = {},
  ): Promise<number> {
    const { driver, name } = this.context
    this.context.mayWrite()
    if (which === 'all') return options.edit ? this.replayFiltered({}, options) : replayAll(driver, name, options)
    if (typeof which === 'string') return this.replayIds([which], options)
    return isIds(which) ? this.replayIds(which, options) : this.replayFiltered(which, options)
  }

  private async replayIds(ids: readonly string[], options: ReplayOptions<Data>): Promise<number> {
    const { driver, name } = this.context
    const chunk = chunkOf(options, mostPerCall)
    const from = systemClock.elapsed()
    let total = 0
    for (let at = 0; at < ids.length; at += chunk) {
      await keepPace(options, { from, moved: total })
      const piece = ids.slice(at, at + chunk)
      if (options.edit) {
        const looking = partOf(driver, driver.looking, { ability: 'find', queue: name, act: 'find a message' })
        const found = await Promise.all(piece.map((id) => looking.find(name, id)))
        total += await this.move(await this.edited(found.filter(isDead), options))
      } else total += await this.move(piece)
      options.onProgress?.(total)
    }
    return total
  }

  /** Walks from the newest death to the oldest: what dies, or dies again, on the way is newer than where it began. */
  private async replayFiltered(filter: MessageFilter, options: ReplayOptions<Data>): Promise<number> {
    const { name } = this.context
    const looking = lookingAt(this.context, 'dead')
    const meets = filterOf(filter)
    const limit = chunkOf(options, mostPerPage)
    const from = systemClock.elapsed()
    let cursor: string | null = null
    let total = 0
    do {
      await keepPace(options, { from, moved: total })
      const page: Awaited<ReturnType<typeof looking.browse>> = await looking.browse(name, {
        state: 'dead',
        cursor,
        limit,
      })
      const found = page.items.filter(meets)
      total += await this.move(options.edit ? await this.edited(found, options) : found.map(({ id }) => id))
      cursor = page.nextCursor
      options.onProgress?.(total)
    } while (cursor !== null)
    return total
  }

  private async move(ids: readonly string[]): Promise<number> {
    const { driver, name } = this.context
    if (ids.length === 0) return 0
    const dead = partOf(driver, driver.dead, { ability: 'replay', queue: name, act: 'replay dead letters' })
    return (await dead.replayIds(name, ids)).filter(Boolean).length
  }

  /** Ids of those that carry what they should now. One that somebody else changed or took meanwhile is left alone. */
  private async edited(found: readonly StoredMessage[], { edit }: ReplayOptions<Data>): Promise<readonly string[]> {
    const { driver, name } = this.context
    const mending = partOf(driver, driver.mending, { ability: 'edit', queue: name, act: 'edit messages' })
    const ids = await Promise.all(
      found.map(async (message) => {
        const before = this.dataOf(message)
        const text = JSON.stringify(before)
        const after = edit?.(before as Data, message)
        if (after === undefined) return []
        if (JSON.stringify(after) === text) return [message.id]
        const { body } = await this.enqueuer.prepare({ data: after })
        const bytes = typeof body === 'string' ? Buffer.from(body) : body
        const outcome = await mending.edit(name, { id: message.id, seen: message.body, body: bytes })
        return outcome === 'applied' ? [message.id] : []
      }),
    )
    return ids.flat()
  }

  private dataOf({ id, body }: StoredMessage): unknown {
    try {
      return JSON.parse(bytesOf(body).toString('utf8'))
    } catch (cause) {
      const { name } = this.context
      throw new Failure(
        {
          code: 'bad-input',
          message: `Queue ${name}: the body of message ${id} is not JSON, so it cannot be edited here.`,
          hint: 'Leave it out of the selection, or replay it as it is.',
          subject: id,
        },
        { cause },
      )
    }
  }
}

const isIds = (which: readonly string[] | MessageFilter): which is readonly string[] => Array.isArray(which)

const isDead = (message: StoredMessage | undefined): message is StoredMessage => message?.state === 'dead'
