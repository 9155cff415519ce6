import type { QueueInfo } from '@shared/model/queue'
import { metrics } from '@shared/model/sample'
import type { FeedEvent } from '@shared/rpc/queues-contract'
import { describe, expect, it } from 'vitest'
import { appendSample, applyFeed, emptyFeed, type FeedState, mergeWindow, trendLength, windowMs } from './feed'

const queue = (name: string): QueueInfo => ({
  key: `engine/qe/${name}`,
  layout: 'engine',
  prefix: 'qe',
  name,
  product: 'Engine',
  paused: false,
  trouble: null,
})
const values = (ready: number): (number | null)[] => metrics.map((name) => (name === 'ready' ? ready : 0))
const snapshot = (names: readonly string[], at = 1000): FeedEvent => ({
  type: 'snapshot',
  at,
  queues: names.map(queue),
  samples: Object.fromEntries(names.map((name) => [queue(name).key, { at, values: values(1) }])),
  trends: Object.fromEntries(names.map((name) => [queue(name).key, [0, 1] as (number | null)[]])),
})
const tick = (
  at: number,
  samples: Record<string, (number | null)[]>,
  rest: Partial<Extract<FeedEvent, { type: 'tick' }>> = {},
): FeedEvent => ({
  type: 'tick',
  at,
  queues: [],
  removed: [],
  samples,
  unchanged: [],
  ...rest,
})
const from = (...events: readonly FeedEvent[]): FeedState => events.reduce(applyFeed, emptyFeed)

describe('the feed of an environment', () => {
  it('begins with a snapshot, sorted as people sort', () => {
    const state = from(snapshot(['queue10', 'queue2', 'Alpha']))
    expect(state.phase).toBe('live')
    expect(state.keys).toEqual(['engine/qe/Alpha', 'engine/qe/queue2', 'engine/qe/queue10'])
  })

  it('takes only what a tick changed, and keeps the identity of the rest', () => {
    const before = from(snapshot(['a', 'b', 'c']))
    const after = applyFeed(before, tick(2000, { 'engine/qe/a': values(7) }, { unchanged: ['engine/qe/b'] }))
    expect(after.samples.get('engine/qe/a')).toEqual({ at: 2000, values: values(7) })
    expect(after.samples.get('engine/qe/b')?.values).toBe(before.samples.get('engine/qe/b')?.values)
    expect(after.samples.get('engine/qe/b')?.at).toBe(2000)
    expect(after.samples.get('engine/qe/c')).toBe(before.samples.get('engine/qe/c'))
    expect(after.keys).toBe(before.keys)
    expect(after.trends.get('engine/qe/a')).toEqual([0, 1, 7])
    expect(after.trends.get('engine/qe/c')).toBe(before.trends.get('engine/qe/c'))
  })

  it('lets queues come and go', () => {
    const state = from(
      snapshot(['a', 'b']),
      tick(2000, { 'engine/qe/c': values(3) }, { queues: [queue('c')], removed: ['engine/qe/a'] }),
    )
    expect(state.keys).toEqual(['engine/qe/b', 'engine/qe/c'])
    expect(state.samples.has('engine/qe/a')).toBe(false)
    expect(state.trends.get('engine/qe/c')).toEqual([3])
  })

  it('starts afresh with the next snapshot after a lost connection', () => {
    const state = from(snapshot(['a', 'gone']), tick(2000, { 'engine/qe/a': values(9) }), snapshot(['a'], 60_000))
    expect(state.keys).toEqual(['engine/qe/a'])
    expect(state.samples.get('engine/qe/a')?.at).toBe(60_000)
  })

  it('bounds trends and windows', () => {
    let state: FeedState = { ...from(snapshot(['a'])), windows: new Map([['engine/qe/a', []]]) }
    for (let second = 2; second < 1000; second++)
      state = applyFeed(state, tick(second * 1000, { 'engine/qe/a': values(second) }))
    expect(state.trends.get('engine/qe/a')).toHaveLength(trendLength)
    expect(state.windows.get('engine/qe/a')).toHaveLength(windowMs / 1000 + 1)
  })

  it('never goes back in time', () => {
    const window = [{ at: 2000, values: [] }]
    expect(appendSample(window, { at: 1500, values: [] })).toBe(window)
    expect(
      mergeWindow(
        [
          { at: 1000, values: [] },
          { at: 2500, values: [1] },
        ],
        window,
      ).map((sample) => sample.at),
    ).toEqual([1000, 2000])
  })
})
