import { isFailure } from '@shared/failure'
import { type Layout, type QueueInfo, queueKey } from '@shared/model/queue'
import type { Mark, Sample, Values } from '@shared/model/sample'
import type { Found, TimeRange } from '../brokers/reader'
import type { Clock } from '../runtime/clock'
import { Discovery } from './discovery'
import type { FeedTick, Snapshot } from './feed'
import type { History } from './history'
import { QueueWatch } from './queue-watch'
import { oneMinute, type Recent, tenMinutes, twoMinutes } from './recent'
import { Sampler, shortestTickMs, type Tick } from './sampler'
import type { WatchedEnvironment } from './watched-environment'

/** What the console knows of its own looking at one environment. */
export interface WatchStatus {
  /** Round trip of the last tick. */
  readonly latencyMs: number | null
  readonly sampledAt: number | null
  readonly sampleEveryMs: number
  /** An upper bound; see Tick. */
  readonly costShare: number | null
  readonly queueCount: number
  /** Keys walked so far while queues are looked for; null: not looking, or in no hurry. */
  readonly keysWalked: number | null
  readonly notices: readonly string[]
}

export interface EnvironmentWatchOptions {
  readonly environment: WatchedEnvironment
  readonly clock: Clock
  readonly history: History | undefined
  readonly publish: (tick: FeedTick) => void
  readonly onStatus: () => void
  readonly onMark: (queueKey: string, mark: Mark) => void
  readonly onError: (error: unknown) => void
}

/** Queues of one environment that are watched at most: each costs memory, the broker's time, and a place on every screen. */
export const mostWatched = 10_000
/** So many of them have more than the last minute in memory. */
const mostKeptLong = 1_000

/** Everything that is watched of one environment, from attach to detach. */
export class EnvironmentWatch {
  private readonly queues = new Map<string, QueueWatch>()
  private readonly sampler: Sampler
  private readonly discovery: Discovery
  private readonly endListening: () => void
  /** Facts that changed since the last tick, and queues that went. */
  private readonly changed = new Map<string, QueueInfo>()
  private readonly removed = new Set<string>()
  private lastTick: Tick | undefined
  private discoveryNotices: readonly string[] = []
  /** Queues that the last pass saw, watched or not. */
  private seenCount = 0
  private keysWalked: number | null = null
  private connected: boolean
  /** Queues were found since the last tick began. */
  private unsampled = false

  constructor(private readonly options: EnvironmentWatchOptions) {
    const { environment, clock, onError } = options
    this.sampler = new Sampler({
      environment,
      clock,
      onError,
      queues: (layout) => {
        this.unsampled = false
        return [...this.queues.values()].flatMap(({ address }) => (address.layout === layout ? [address] : []))
      },
      onTick: (tick) => this.take(tick),
    })
    this.discovery = new Discovery({
      environment,
      clock,
      onError,
      found: (found) => this.add(found),
      passed: (layouts, seen) => this.removeUnseen(layouts, seen),
      progress: (keys) => this.tellProgress(keys),
      notices: (words) => this.tellNotices(words),
    })
    this.connected = environment.readers() !== undefined
    this.endListening = environment.onChange(() => this.connectionChanged())
  }

  start(): void {
    this.discovery.start()
    this.sampler.start()
  }

  async stop(): Promise<void> {
    this.endListening()
    await Promise.all([this.discovery.stop(), this.sampler.stop()])
  }

  /** The newest samples of a queue, or of a group of its. */
  recent(seriesKey: string): Recent | undefined {
    const [queueKey = ''] = seriesKey.split(' ', 1)
    const queue = this.queues.get(queueKey)
    return queueKey === seriesKey ? queue?.recent : queue?.groups.get(seriesKey)
  }

  /** What the broker itself kept of a queue's figures; nothing where it keeps none, or does not answer. */
  async record(key: string, range: TimeRange): Promise<readonly Sample[]> {
    const { environment, onError } = this.options
    const address = this.queues.get(key)?.address
    const reader = address && environment.readers()?.find(({ layout }) => layout === address.layout)
    try {
      return (address && (await reader?.history?.(address, range))) ?? []
    } catch (error) {
      if (!isFailure(error)) onError(error)
      return []
    }
  }

  get keys(): readonly string[] {
    return [...this.queues.keys()]
  }

  dead(): readonly { readonly key: string; readonly dead: number | null }[] {
    return [...this.queues.values()].map(({ key, latest }) => ({ key, dead: latest?.values[3] ?? null }))
  }

  layouts(): ReadonlySet<Layout> {
    return new Set([...this.queues.values()].map(({ address }) => address.layout))
  }

  status(): WatchStatus {
    const { history } = this.options
    return {
      latencyMs: this.lastTick?.roundTripMs ?? null,
      sampledAt: this.lastTick?.at ?? null,
      sampleEveryMs: this.lastTick?.everyMs ?? shortestTickMs,
      costShare: this.lastTick?.costShare ?? null,
      queueCount: this.queues.size,
      keysWalked: this.keysWalked,
      notices: [...this.discoveryNotices, this.boundNotice(), history?.trouble ?? null].filter(
        (notice) => notice !== null,
      ),
    }
  }

  snapshot(): Snapshot {
    const queues = [...this.queues.values()]
    const sampled = queues.filter((queue) => queue.latest !== undefined)
    return {
      type: 'snapshot',
      at: this.lastTick?.at ?? this.options.clock.now(),
      queues: queues.map(({ info }) => info),
      samples: Object.fromEntries(
        sampled.map(({ key, latest }) => [key, { at: latest!.at, values: [...latest!.values] }]),
      ),
      trends: Object.fromEntries(sampled.map((queue) => [queue.key, [...queue.trend()]])),
    }
  }

  private take(tick: Tick): void {
    const { environment, history, publish, onStatus, onMark } = this.options
    // A step twice as long as was planned is a gap.
    const longestStepMs = 2 * Math.max(this.lastTick?.everyMs ?? 0, tick.everyMs) + tick.roundTripMs
    const samples = new Map<string, Values>()
    const unchanged = new Set<string>()
    for (const { queue: address, reading } of tick.readings) {
      const queue = this.queues.get(queueKey(address))
      if (!queue) continue
      const { sample, changed, reset, infoChanged } = queue.take(reading, { at: tick.at, longestStepMs })
      if (changed) samples.set(queue.key, sample.values)
      else unchanged.add(queue.key)
      if (infoChanged) this.changed.set(queue.key, queue.info)
      if (reset) onMark(queue.key, { at: tick.at, kind: 'reset', label: 'The queue’s counters began anew' })
      history?.append({ environmentId: environment.id, queueKey: queue.key }, sample)
      for (const [key, ofGroup] of queue.takeGroups(reading.groups ?? [], tick.at))
        history?.append({ environmentId: environment.id, queueKey: key }, ofGroup)
    }
    this.lastTick = tick
    publish({ at: tick.at, queues: new Map(this.changed), removed: new Set(this.removed), samples, unchanged })
    this.changed.clear()
    this.removed.clear()
    onStatus()
    // A slow disk must not slow the sampling.
    void history?.settle()
  }

  private add(found: Found): void {
    const key = queueKey(found.address)
    const known = this.queues.get(key)
    if (known) {
      if (known.findAgain(found)) this.changed.set(key, known.info)
      return
    }
    if (this.queues.size >= mostWatched) return
    const long = this.options.history ? twoMinutes : tenMinutes
    const queue = new QueueWatch(found, this.queues.size < mostKeptLong ? long : oneMinute)
    this.queues.set(key, queue)
    this.removed.delete(key)
    this.changed.set(key, queue.info)
    this.unsampled = true
    // The first one shows at once; while a long walk goes on, the others wait for the next tick.
    if (this.queues.size === 1) this.sampler.kick()
  }

  private removeUnseen(layouts: readonly Layout[], seen: ReadonlyMap<string, Found>): void {
    this.seenCount = seen.size
    for (const [key, { address }] of this.queues) {
      if (!layouts.includes(address.layout) || seen.has(key)) continue
      this.queues.delete(key)
      this.changed.delete(key)
      this.removed.add(key)
    }
    // What went leaves places to those that had none.
    if (seen.size > this.queues.size) for (const found of seen.values()) this.add(found)
    if (this.unsampled) this.sampler.kick()
    // With no queue left there will be no tick to carry the news.
    if (this.queues.size > 0 || this.removed.size === 0) return
    this.options.publish({
      at: this.options.clock.now(),
      queues: new Map(),
      removed: new Set(this.removed),
      samples: new Map(),
      unchanged: new Set(),
    })
    this.removed.clear()
    this.options.onStatus()
  }

  /** Looks for queues again now. */
  lookAgain(): void {
    this.discovery.kick()
  }

  /** Told every 20,000 keys: each is a message to every screen. */
  private tellProgress(keys: number | null): void {
    const stride = 20_000
    const before = this.keysWalked
    this.keysWalked = keys
    if (
      keys === null
        ? before !== null && before >= stride
        : Math.floor(keys / stride) !== Math.floor((before ?? 0) / stride)
    )
      this.options.onStatus()
  }

  private tellNotices(words: readonly string[]): void {
    if (words.join('\n') === this.discoveryNotices.join('\n')) return
    this.discoveryNotices = words
    this.options.onStatus()
  }

  private boundNotice(): string | null {
    if (this.seenCount <= mostWatched) return null
    const [seen, most] = [this.seenCount, mostWatched].map((count) => count.toLocaleString('en-US'))
    return `${seen} queues are here, and the first ${most} of them are watched. Say in the environment what the names of those begin with that you want.`
  }

  private connectionChanged(): void {
    const connected = this.options.environment.readers() !== undefined
    if (connected && !this.connected) {
      this.discovery.kick()
      this.sampler.kick()
    }
    this.connected = connected
  }
}
