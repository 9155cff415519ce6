import type { Layout, QueueAddress } from '@shared/model/queue'
import type { Reader, Reading } from '../brokers/reader'
import type { Clock } from '../runtime/clock'
import { type Loop, loop } from '../runtime/loop'
import type { WatchedEnvironment } from './watched-environment'

export const shortestTickMs = 1_000
export const longestTickMs = 30_000

/** Two answers in a row that take longer than this make the sampler ask half as often. */
const slowMs = 50

/** Pure: how long to wait after an answer that took `roundTripMs`: doubled while slow, halved while quick, within bounds. */
export const nextInterval = (everyMs: number, roundTripMs: number): number =>
  roundTripMs > slowMs ? Math.min(longestTickMs, everyMs * 2) : Math.max(shortestTickMs, Math.floor(everyMs / 2))

export interface Tick {
  /** By this machine's clock, when the answer was here. */
  readonly at: number
  readonly readings: readonly { readonly queue: QueueAddress; readonly reading: Reading }[]
  readonly roundTripMs: number
  /** Until the next tick. */
  readonly everyMs: number
  /**
   * Round trip over interval: the share of the broker's time that looking can have cost at most. The way there and back
   * and this side's own work are in it; the broker's true part is smaller, and unknown without asking it for more.
   */
  readonly costShare: number
}

export interface SamplerOptions {
  readonly environment: WatchedEnvironment
  readonly clock: Clock
  readonly queues: (layout: Layout) => readonly QueueAddress[]
  readonly onTick: (tick: Tick) => void
  readonly onError: (error: unknown) => void
}

/**
 * Asks every reader for all its queues at once, tick after tick, never two ticks at a time. While there is no connection
 * nothing is asked and nothing is told: the last samples stay with their age.
 */
export class Sampler {
  private readonly loop: Loop
  private everyMs = shortestTickMs
  private lastRoundTripMs = 0
  /** When a reader with a pace of its own was asked last. */
  private readonly askedAt = new Map<Layout, number>()

  constructor(private readonly options: SamplerOptions) {
    const { clock, onError } = options
    this.loop = loop({ everyMs: shortestTickMs, run: (signal) => this.tick(signal), onError, clock })
  }

  start(): void {
    this.loop.start()
  }

  /** A tick as soon as possible: the connection is back, or queues were found. */
  kick(): void {
    this.askedAt.clear()
    this.loop.kick()
  }

  stop(): Promise<void> {
    return this.loop.stop()
  }

  private isDue({ layout, readEveryMs }: Reader, now: number): boolean {
    const before = this.askedAt.get(layout)
    // Half a tick early is on time: the loop's own turns jitter.
    return readEveryMs === undefined || before === undefined || now - before >= readEveryMs - shortestTickMs / 2
  }

  private async tick(signal: AbortSignal): Promise<number> {
    const { environment, clock, onTick } = this.options
    const began = clock.elapsed()
    const asked = (environment.readers() ?? []).flatMap((reader) => {
      if (!this.isDue(reader, began)) return []
      const queues = this.options.queues(reader.layout)
      if (queues.length > 0) this.askedAt.set(reader.layout, began)
      return queues.length > 0 ? [{ reader, queues }] : []
    })
    if (asked.length === 0) return shortestTickMs
    const answers = await Promise.all(asked.map(({ reader, queues }) => readPaired(reader, queues)))
    if (signal.aborted) return shortestTickMs
    const roundTripMs = clock.elapsed() - began
    // One slow answer is a hiccup, perhaps of this side; two in a row are the broker's.
    this.everyMs = nextInterval(this.everyMs, Math.min(roundTripMs, this.lastRoundTripMs))
    this.lastRoundTripMs = roundTripMs
    // Where every reader has a pace of its own, that is how often there is news.
    const everyMs = Math.max(this.everyMs, Math.min(...asked.map(({ reader }) => reader.readEveryMs ?? 0)))
    onTick({
      at: clock.now(),
      readings: answers.flat(),
      roundTripMs,
      everyMs,
      costShare: Math.min(1, roundTripMs / (everyMs + roundTripMs)),
    })
    // From beginning to beginning, so that a second stays a second.
    return Math.max(this.everyMs - (clock.elapsed() - began), this.everyMs / 2)
  }
}

async function readPaired(reader: Reader, queues: readonly QueueAddress[]): Promise<Tick['readings']> {
  const readings = await reader.read(queues)
  return readings.flatMap((reading, index) => {
    const queue = queues[index]
    return queue ? [{ queue, reading }] : []
  })
}
