import type { QueueInfo } from '@shared/model/queue'
import type { Values } from '@shared/model/sample'
import type { FeedEvent } from '@shared/rpc/queues-contract'

/** What happened at one instant, before it is put together with what a slow subscriber has not yet taken. */
export interface FeedTick {
  readonly at: number
  readonly queues: ReadonlyMap<string, QueueInfo>
  readonly removed: ReadonlySet<string>
  readonly samples: ReadonlyMap<string, Values>
  readonly unchanged: ReadonlySet<string>
}

export type Snapshot = Extract<FeedEvent, { type: 'snapshot' }>

/** Pure: two ticks as one that says the same as both in turn. */
export function mergeTicks(first: FeedTick, second: FeedTick): FeedTick {
  const queues = new Map(first.queues)
  const samples = new Map(first.samples)
  const unchanged = new Set(first.unchanged)
  const removed = new Set(first.removed)
  for (const key of second.removed) {
    queues.delete(key)
    samples.delete(key)
    unchanged.delete(key)
    removed.add(key)
  }
  for (const [key, info] of second.queues) {
    queues.set(key, info)
    removed.delete(key)
  }
  for (const [key, values] of second.samples) {
    samples.set(key, values)
    unchanged.delete(key)
  }
  // Unchanged since a value that is still on its way: that value says it.
  for (const key of second.unchanged) if (!samples.has(key)) unchanged.add(key)
  return { at: second.at, queues, removed, samples, unchanged }
}

/**
 * One environment's live stream. Each subscriber holds one waiting tick at most: while it is busy, ticks are merged into
 * that one, and what it takes next is the newest.
 */
export class Feed {
  private readonly subscribers = new Set<Subscriber>()

  constructor(private readonly snapshot: () => Snapshot) {}

  publish(tick: FeedTick): void {
    for (const subscriber of this.subscribers) subscriber.offer(tick)
  }

  get size(): number {
    return this.subscribers.size
  }

  /** A snapshot, then ticks, until the signal aborts or the reader stops. */
  async *subscribe(signal: AbortSignal): AsyncGenerator<FeedEvent, void, void> {
    const subscriber = new Subscriber()
    const wake = () => subscriber.wake()
    signal.addEventListener('abort', wake, { once: true })
    this.subscribers.add(subscriber)
    try {
      if (signal.aborted) return
      yield this.snapshot()
      while (!signal.aborted) {
        const tick = subscriber.take()
        if (tick) yield eventOf(tick)
        else await subscriber.more()
      }
    } finally {
      this.subscribers.delete(subscriber)
      signal.removeEventListener('abort', wake)
    }
  }
}

class Subscriber {
  private waiting: FeedTick | undefined
  private resolve: (() => void) | undefined

  offer(tick: FeedTick): void {
    this.waiting = this.waiting ? mergeTicks(this.waiting, tick) : tick
    this.wake()
  }

  take(): FeedTick | undefined {
    const tick = this.waiting
    this.waiting = undefined
    return tick
  }

  more(): Promise<void> {
    return new Promise((resolve) => {
      this.resolve = resolve
    })
  }

  wake(): void {
    this.resolve?.()
    this.resolve = undefined
  }
}

const eventOf = (tick: FeedTick): FeedEvent => ({
  type: 'tick',
  at: tick.at,
  queues: [...tick.queues.values()],
  removed: [...tick.removed],
  samples: Object.fromEntries([...tick.samples].map(([key, values]) => [key, [...values]])),
  unchanged: [...tick.unchanged],
})
