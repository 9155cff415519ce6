import { Failure } from '@shared/failure'
import { type QueueAddress, queueKey } from '@shared/model/queue'
import { figureOf, groupSeriesKey, type Sample } from '@shared/model/sample'
import type { FeedEvent } from '@shared/rpc/queues-contract'
import { describe, expect, it } from 'vitest'
import { type Finder, listingFinder } from '../brokers/finder'
import { type Reader, type Reading, unreadable } from '../brokers/reader'
import { type ManualClock, manualClock } from '../runtime/manual-clock'
import { nextInterval } from './sampler'
import { joined, Watch } from './watch'
import type { WatchedEnvironment } from './watched-environment'

const orders: QueueAddress = { layout: 'engine', prefix: 'qe', name: 'orders' }
const mails: QueueAddress = { layout: 'engine', prefix: 'qe', name: 'mails' }
const ordersKey = queueKey(orders)

const figures = (change: Partial<Reading> = {}): Reading => ({
  ...unreadable(''),
  trouble: null,
  ready: 0,
  leased: 0,
  delayed: 0,
  dead: 0,
  done: 0,
  paused: false,
  enqueuedTotal: 0,
  ackedTotal: 0,
  ...change,
})

/** A broker of one layout whose answers, delays and losses a test decides. */
class Broker implements WatchedEnvironment {
  readonly id = 'e'
  readonly queues = new Map<string, { address: QueueAddress; reading: Reading }>()
  answerMs = 0
  connected = true
  /** What it kept of every queue's figures itself, or why it does not say. */
  kept: readonly Sample[] | Failure = []
  inFlight = 0
  mostInFlight = 0
  asked = 0
  discoveryTrouble: string | undefined
  private readonly listeners = new Set<() => void>()

  constructor(private readonly clock: ManualClock) {}

  set(address: QueueAddress, change: Partial<Reading> = {}): void {
    this.queues.set(queueKey(address), { address, reading: figures(change) })
  }

  connect(connected: boolean): void {
    this.connected = connected
    for (const listener of this.listeners) listener()
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  finder(): Finder | undefined {
    const readers = this.readers()
    return readers && listingFinder(readers)
  }

  readers(): readonly Reader[] | undefined {
    if (!this.connected) return undefined
    const reader: Pick<Reader, 'layout' | 'discover' | 'read' | 'history'> = {
      layout: 'engine',
      discover: async (found) => {
        if (this.discoveryTrouble) throw new Failure({ code: 'denied', message: this.discoveryTrouble })
        for (const { address } of this.queues.values()) found({ address, product: 'Engine' })
      },
      history: async () => {
        if (this.kept instanceof Failure) throw this.kept
        return this.kept
      },
      read: async (queues) => {
        this.asked += 1
        this.inFlight += 1
        this.mostInFlight = Math.max(this.mostInFlight, this.inFlight)
        await new Promise<void>((resolve) => void this.clock.after(this.answerMs, resolve))
        this.inFlight -= 1
        if (!this.connected) throw new Error('Connection is closed.')
        return queues.map((queue) => this.queues.get(queueKey(queue))?.reading ?? figures())
      },
    }
    return [reader as Reader]
  }
}

function setUp() {
  const clock = manualClock()
  const broker = new Broker(clock)
  const watch = new Watch({ clock })
  return { clock, broker, watch }
}

const series = (watch: Watch, clock: ManualClock, key = ordersKey) =>
  watch.series('e', key, { from: clock.now() - 600_000, to: clock.now(), points: 2_000 })

describe('the interval', () => {
  it('doubles while answers are slow, up to 30 s, and comes back', () => {
    let everyMs = 1_000
    const slow = Array.from({ length: 6 }, () => (everyMs = nextInterval(everyMs, 80)))
    expect(slow).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
    const quick = Array.from({ length: 6 }, () => (everyMs = nextInterval(everyMs, 5)))
    expect(quick).toEqual([15_000, 7_500, 3_750, 1_875, 1_000, 1_000])
  })
})

describe('watching', () => {
  it('samples once a second and makes rates from totals', async () => {
    const { clock, broker, watch } = setUp()
    broker.set(orders, { ready: 3, enqueuedTotal: 100, ackedTotal: 97 })
    watch.attach(broker)
    await clock.advance(1_000)
    broker.set(orders, { ready: 5, enqueuedTotal: 112, ackedTotal: 107 })
    await clock.advance(1_000)
    const { samples, stepMs } = await series(watch, clock)
    expect(stepMs).toBe(1_000)
    expect(figureOf(samples.at(-1), 'inPerSecond')).toBe(12)
    expect(figureOf(samples.at(-1), 'outPerSecond')).toBe(10)
    expect(figureOf(samples[0], 'inPerSecond')).toBeNull()
    expect(watch.status('e')).toMatchObject({ queueCount: 1, sampleEveryMs: 1_000, sampledAt: clock.now() })
    expect(watch.dead('e')).toEqual([{ key: ordersKey, dead: 0 }])
    await watch.close()
    expect(clock.waiting).toBe(0)
  })

  it('never has two ticks in flight, and asks less often while the broker is slow', async () => {
    const { clock, broker, watch } = setUp()
    broker.set(orders)
    broker.answerMs = 3_000
    watch.attach(broker)
    await clock.advance(120_000)
    expect(broker.mostInFlight).toBe(1)
    expect(broker.asked).toBeLessThan(12)
    expect(watch.status('e')).toMatchObject({ latencyMs: 3_000, sampleEveryMs: 30_000 })
    expect(watch.status('e')!.costShare).toBeLessThan(0.1)
    broker.answerMs = 1
    await clock.advance(120_000)
    expect(watch.status('e')).toMatchObject({ latencyMs: 1, sampleEveryMs: 1_000 })
    const detached = watch.close()
    await clock.advance(1)
    await detached
  })

  it('keeps the lag of consumer groups over time', async () => {
    const { clock, broker, watch } = setUp()
    const groups = (lag: number | null) => ({ groups: [{ name: 'bill ing', lag, pending: 2 }] })
    broker.set(orders, groups(7))
    watch.attach(broker)
    await clock.advance(1_000)
    broker.set(orders, groups(null))
    await clock.advance(1_000)
    const { samples } = await series(watch, clock, groupSeriesKey(ordersKey, 'bill ing'))
    expect(samples.map((sample) => [figureOf(sample, 'ready'), figureOf(sample, 'leased')])).toEqual([
      [7, 2],
      [7, 2],
      [null, 2],
    ])
    expect((await series(watch, clock, groupSeriesKey(ordersKey, 'other'))).samples).toEqual([])
    await watch.close()
  })

  it('marks a reset and gives no rate for it', async () => {
    const { clock, broker, watch } = setUp()
    broker.set(orders, { enqueuedTotal: 500, ackedTotal: 400 })
    watch.attach(broker)
    await clock.advance(2_000)
    broker.set(orders, { enqueuedTotal: 1, ackedTotal: 0 })
    await clock.advance(1_000)
    const { samples, marks } = await series(watch, clock)
    expect(figureOf(samples.at(-1), 'inPerSecond')).toBeNull()
    expect(marks).toMatchObject([{ kind: 'reset' }])
    await watch.close()
  })

  it('keeps the last samples with their time while the broker is away, and leaves a gap', async () => {
    const { clock, broker, watch } = setUp()
    broker.set(orders, { ready: 7, enqueuedTotal: 10 })
    watch.attach(broker)
    await clock.advance(3_000)
    const sampledAt = watch.status('e')!.sampledAt!
    broker.connect(false)
    await clock.advance(60_000)
    expect(watch.status('e')!.sampledAt).toBe(sampledAt)
    const before = (await series(watch, clock)).samples
    expect(before.at(-1)!.at).toBe(sampledAt)
    broker.set(orders, { ready: 9, enqueuedTotal: 1_000 })
    broker.connect(true)
    await clock.advance(0)
    const { samples } = await series(watch, clock)
    expect(samples.length).toBe(before.length + 1)
    expect(samples.at(-1)!.at - samples.at(-2)!.at).toBeGreaterThan(59_000)
    expect(figureOf(samples.at(-1), 'ready')).toBe(9)
    expect(figureOf(samples.at(-1), 'inPerSecond')).toBeNull()
    await watch.close()
  })

  it('tells a subscriber of queues that come, stand still, are in trouble and go', async () => {
    const { clock, broker, watch } = setUp()
    broker.set(orders, { ready: 1 })
    const ending = new AbortController()
    const seen: FeedEvent[] = []
    const reading = (async () => {
      for await (const event of watch.feed('e', ending.signal)) seen.push(event)
    })()
    await clock.advance(0)
    expect(seen).toMatchObject([{ type: 'snapshot', queues: [] }])
    watch.attach(broker)
    await clock.advance(0)
    expect(seen.at(-1)).toMatchObject({ type: 'tick', queues: [{ name: 'orders' }] })
    expect(Object.entries((seen.at(-1) as Extract<FeedEvent, { type: 'tick' }>).samples)).toMatchObject([
      [ordersKey, { 0: 1 }],
    ])
    await clock.advance(2_000)
    expect(seen.at(-1)).toMatchObject({ queues: [], samples: {}, unchanged: [ordersKey] })

    broker.queues.set(ordersKey, { address: orders, reading: unreadable('qe:orders holds a string') })
    await clock.advance(1_000)
    expect(seen.at(-1)).toMatchObject({ queues: [{ trouble: 'qe:orders holds a string' }] })

    broker.set(mails)
    broker.queues.delete(ordersKey)
    await clock.advance(30_000)
    const removals = seen.flatMap((event) => (event.type === 'tick' ? event.removed : []))
    expect(removals).toEqual([ordersKey])
    expect(watch.status('e')!.queueCount).toBe(1)

    await watch.detach('e')
    await clock.advance(0)
    expect(seen.at(-1)).toMatchObject({ removed: [queueKey(mails)] })
    ending.abort()
    await reading
  })

  it('keeps its queues when looking for them fails, and says why', async () => {
    const { clock, broker, watch } = setUp()
    broker.set(orders)
    watch.attach(broker)
    await clock.advance(1_000)
    broker.discoveryTrouble = 'This user may not run SCAN.'
    await clock.advance(31_000)
    expect(watch.status('e')).toMatchObject({ queueCount: 1, notices: ['This user may not run SCAN.'] })
    broker.discoveryTrouble = undefined
    await clock.advance(31_000)
    expect(watch.status('e')).toMatchObject({ queueCount: 1, notices: [] })
    await watch.close()
  })

  it('gives a snapshot with the last sixty depths to who comes later', async () => {
    const { clock, broker, watch } = setUp()
    broker.set(orders, { ready: 4, leased: 1, delayed: 2 })
    watch.attach(broker)
    await clock.advance(90_000)
    const stream = watch.feed('e', new AbortController().signal)
    const first = (await stream.next()).value as Extract<FeedEvent, { type: 'snapshot' }>
    expect(first.trends[ordersKey]).toEqual(Array.from({ length: 60 }, () => 7))
    expect(first.samples[ordersKey]!.at).toBe(watch.status('e')!.sampledAt)
    await stream.return()
    await watch.close()
  })

  it('fills the time before it watched with what the broker itself kept', async () => {
    const { clock, broker, watch } = setUp()
    broker.set(orders, { ready: 3 })
    broker.kept = [-20_000, -10_000, 0, 500].map((after) => ({
      at: clock.now() + after,
      stepMs: 10_000,
      values: [7],
    }))
    watch.attach(broker)
    await clock.advance(3_000)
    const { samples } = await series(watch, clock)
    expect(samples.filter(({ stepMs }) => stepMs !== undefined).map(({ values }) => values)).toEqual([[7], [7]])
    expect(samples.filter(({ stepMs }) => stepMs === undefined).length).toBeGreaterThan(1)
    broker.kept = new Failure({ code: 'timeout', message: 'It does not answer.' })
    expect((await series(watch, clock)).samples.every(({ stepMs }) => stepMs === undefined)).toBe(true)
    await watch.close()
  })

  it('bounds a series by the points that were asked for', async () => {
    const { clock, broker, watch } = setUp()
    broker.set(orders, { ready: 4 })
    watch.attach(broker)
    await clock.advance(500_000)
    const { samples, stepMs } = await watch.series('e', ordersKey, {
      from: clock.now() - 500_000,
      to: clock.now(),
      points: 50,
    })
    expect(stepMs).toBe(10_000)
    expect(samples.length).toBeGreaterThan(45)
    expect(samples.length).toBeLessThanOrEqual(51)
    await watch.close()
  })

  it('puts samples at rest before recent ones, each time once', () => {
    const at = (time: number) => ({ at: time, values: [] })
    expect(joined([at(0), at(1_000)], [at(1_000), at(2_000)], 1_000).map((sample) => sample.at)).toEqual([
      0, 1_000, 2_000,
    ])
    expect(joined([at(0), at(10_000)], [at(15_000), at(20_000)], 10_000).map((sample) => sample.at)).toEqual([
      0, 10_000, 20_000,
    ])
    expect(joined([], [at(5)], 1_000)).toHaveLength(1)
  })
})
