import type { QueueInfo } from '@shared/model/queue'
import type { FeedEvent } from '@shared/rpc/queues-contract'
import { describe, expect, it } from 'vitest'
import { Feed, type FeedTick, mergeTicks } from './feed'

const info = (key: string, paused = false): QueueInfo => ({
  key,
  layout: 'engine',
  prefix: 'qe',
  name: key,
  product: 'Engine',
  paused,
  trouble: null,
})

const tick = (at: number, parts: Partial<FeedTick> = {}): FeedTick => ({
  at,
  queues: new Map(),
  removed: new Set(),
  samples: new Map(),
  unchanged: new Set(),
  ...parts,
})

const feedOf = () => new Feed(() => ({ type: 'snapshot', at: 0, queues: [], samples: {}, trends: {} }))

describe('the feed', () => {
  it('begins with a snapshot and goes on with ticks', async () => {
    const feed = feedOf()
    const stream = feed.subscribe(new AbortController().signal)
    expect((await stream.next()).value).toMatchObject({ type: 'snapshot' })
    const next = stream.next()
    feed.publish(tick(1_000, { samples: new Map([['a', [1]]]), queues: new Map([['a', info('a')]]) }))
    expect((await next).value).toEqual({
      type: 'tick',
      at: 1_000,
      queues: [info('a')],
      removed: [],
      samples: { a: [1] },
      unchanged: [],
    })
    await stream.return()
    expect(feed.size).toBe(0)
  })

  it('gives a slow reader one tick with the newest of everything', async () => {
    const feed = feedOf()
    const stream = feed.subscribe(new AbortController().signal)
    await stream.next()
    for (let n = 1; n <= 10_000; n += 1) feed.publish(tick(n, { samples: new Map([['a', [n]]]) }))
    expect((await stream.next()).value).toMatchObject({ at: 10_000, samples: { a: [10_000] } })
    const next = stream.next()
    feed.publish(tick(10_001, { unchanged: new Set(['a']) }))
    expect((await next).value).toMatchObject({ at: 10_001, samples: {}, unchanged: ['a'] })
    await stream.return()
  })

  it('does not lose what was published while the snapshot was on its way', async () => {
    const feed = feedOf()
    const stream = feed.subscribe(new AbortController().signal)
    await stream.next()
    feed.publish(tick(1))
    expect((await stream.next()).value).toMatchObject({ type: 'tick', at: 1 })
    await stream.return()
  })

  it('ends with the signal, also before its first item and while it waits', async () => {
    const feed = feedOf()
    const ended = new AbortController()
    ended.abort()
    expect(await feed.subscribe(ended.signal).next()).toEqual({ done: true, value: undefined })
    const ending = new AbortController()
    const seen: FeedEvent[] = []
    const reading = (async () => {
      for await (const event of feed.subscribe(ending.signal)) seen.push(event)
    })()
    await Promise.resolve()
    ending.abort()
    await reading
    expect(feed.size).toBe(0)
  })
})

describe('two ticks as one', () => {
  it('keeps a value that is still on its way over "unchanged"', () => {
    const merged = mergeTicks(tick(1, { samples: new Map([['a', [5]]]) }), tick(2, { unchanged: new Set(['a']) }))
    expect([...merged.samples]).toEqual([['a', [5]]])
    expect([...merged.unchanged]).toEqual([])
  })

  it('forgets what went and remembers what came back', () => {
    const came = tick(1, { queues: new Map([['a', info('a')]]), samples: new Map([['a', [1]]]) })
    const went = tick(2, { removed: new Set(['a']) })
    const back = tick(3, { queues: new Map([['a', info('a', true)]]), samples: new Map([['a', [2]]]) })
    const gone = mergeTicks(came, went)
    expect([[...gone.queues.keys()], [...gone.samples.keys()], [...gone.removed]]).toEqual([[], [], ['a']])
    const again = mergeTicks(gone, back)
    expect([[...again.queues.values()], [...again.samples], [...again.removed]]).toEqual([
      [info('a', true)],
      [['a', [2]]],
      [],
    ])
  })
})
