import type { Cancel } from '../../../runtime/clock'
import type { PageRequest, StoredMessage, StoredPage } from '../../driver-messages'
import type { KnownQueue } from './known-queues'
import type { Received } from './received'
import { mostPerReceive, receiveOnce } from './receiving'
import { show } from './scanning'
import type { SqsContext } from './sqs-context'

/** One walk through a queue, page by page. */
interface Walk {
  readonly queue: KnownQueue
  /** Everything that was received on the way; hidden, so that no page repeats it. */
  readonly held: Received[]
  readonly seen: Set<string>
  cancelEnd: Cancel
}

/** Longer than a walk may stand still, so that pages do not repeat. */
const hiddenSeconds = 60
const standStillMs = 30_000
/** Of one walk: what is held by somebody who looks is missed by somebody who works. */
const mostHeld = 1_000

/**
 * Pages of a queue that can only be received. A walk holds what it has shown until it ends: after its last page, when nobody
 * asks for the next one, at its limit, or when the driver closes. Then all of it is shown again.
 */
export class DeadPages {
  private readonly walks = new Map<string, Walk>()
  private walkCount = 0

  constructor(private readonly context: SqsContext) {}

  async page(
    queue: KnownQueue,
    { cursor, limit }: PageRequest,
    {
      wanted,
      tell,
    }: { readonly wanted: (received: Received) => boolean; readonly tell: (received: Received) => StoredMessage },
  ): Promise<StoredPage> {
    const id = cursor ?? String(++this.walkCount)
    const walk = cursor === null ? this.begin(id, queue) : this.walks.get(cursor)
    // Ended meanwhile: what it showed may come again, so it is not taken up.
    if (!walk) return { items: [], nextCursor: null }
    walk.cancelEnd()
    const items: StoredMessage[] = []
    let more = true
    try {
      while (items.length < limit && more) {
        const { received } = await receiveOnce(this.context.line, this.context.clock, queue, {
          count: Math.min(limit - items.length, mostPerReceive),
          seconds: hiddenSeconds,
          waitSeconds: this.context.lookSeconds,
        })
        more = received.length > 0 && walk.held.length < mostHeld
        walk.held.push(...received)
        for (const each of received) {
          if (!wanted(each) || walk.seen.has(each.id)) continue
          walk.seen.add(each.id)
          items.push(tell(each))
        }
      }
    } catch (error) {
      await this.end(id)
      throw error
    }
    if (more) this.await(id, walk)
    else await this.end(id)
    return { items, nextCursor: more ? id : null }
  }

  async close(): Promise<void> {
    await Promise.all([...this.walks.keys()].map((id) => this.end(id)))
  }

  private begin(id: string, queue: KnownQueue): Walk {
    const walk: Walk = { queue, held: [], seen: new Set(), cancelEnd: () => {} }
    this.walks.set(id, walk)
    return walk
  }

  private await(id: string, walk: Walk): void {
    walk.cancelEnd = this.context.clock.after(standStillMs, () => {
      this.end(id).catch((error: unknown) => this.context.onError(error))
    })
  }

  private async end(id: string): Promise<void> {
    const walk = this.walks.get(id)
    if (!walk) return
    this.walks.delete(id)
    walk.cancelEnd()
    await show(this.context, walk.queue, walk.held)
  }
}
