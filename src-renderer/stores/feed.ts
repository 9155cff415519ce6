import type { Trouble } from '@shared/model/environment'
import type { QueueInfo, QueueKey } from '@shared/model/queue'
import { depthOf, type Mark, type Sample, type Values } from '@shared/model/sample'
import type { FeedEvent } from '@shared/rpc/queues-contract'
import { createStore, type StoreApi } from 'zustand/vanilla'

/** Depths that a sparkline shows, oldest first. */
export const trendLength = 60
/** How far back a live chart looks, milliseconds. */
export const windowMs = 600_000

/**
 * The live side of one environment. Maps are replaced when their content changes and values keep their identity when they
 * do not: a component that selects one queue's sample re-renders only when that queue's sample changed.
 */
export interface FeedState {
  readonly phase: 'loading' | 'live'
  readonly trouble: Trouble | null
  /** Of the last event, the core's clock. */
  readonly at: number | null
  readonly queues: ReadonlyMap<QueueKey, QueueInfo>
  /** Every key, by name; a new array only when queues come or go. */
  readonly keys: readonly QueueKey[]
  readonly samples: ReadonlyMap<QueueKey, Sample>
  readonly trends: ReadonlyMap<QueueKey, Values>
  /** The last ten minutes of queues whose charts are open; nobody pays for the others (1,000 would be 60 MB). */
  readonly windows: ReadonlyMap<QueueKey, readonly Sample[]>
  /** What happened within those ten minutes. */
  readonly marks: ReadonlyMap<QueueKey, readonly Mark[]>
}

export type Feed = StoreApi<FeedState>

export const emptyFeed: FeedState = {
  phase: 'loading',
  trouble: null,
  at: null,
  queues: new Map(),
  keys: [],
  samples: new Map(),
  trends: new Map(),
  windows: new Map(),
  marks: new Map(),
}

export const createFeed = (): Feed => createStore<FeedState>(() => emptyFeed)

/** The next state after one event. Pure. */
export function applyFeed(state: FeedState, event: FeedEvent): FeedState {
  return event.type === 'snapshot' ? applySnapshot(state, event) : applyTick(state, event)
}

function applySnapshot(state: FeedState, event: Extract<FeedEvent, { type: 'snapshot' }>): FeedState {
  const queues = new Map(event.queues.map((queue) => [queue.key, queue]))
  const samples = new Map(Object.entries(event.samples))
  const windows = new Map<QueueKey, readonly Sample[]>()
  for (const [key, window] of state.windows) {
    const sample = samples.get(key)
    windows.set(key, sample ? appendSample(window, sample) : window)
  }
  return {
    phase: 'live',
    trouble: null,
    at: event.at,
    queues,
    keys: sortedKeys(queues),
    samples,
    trends: new Map(Object.entries(event.trends)),
    windows,
    marks: state.marks,
  }
}

function applyTick(state: FeedState, event: Extract<FeedEvent, { type: 'tick' }>): FeedState {
  let { queues, keys } = state
  if (event.queues.length > 0 || event.removed.length > 0) {
    const next = new Map(queues)
    for (const queue of event.queues) next.set(queue.key, queue)
    for (const key of event.removed) next.delete(key)
    const moved = next.size !== queues.size || event.queues.some((queue) => queues.get(queue.key)?.name !== queue.name)
    queues = next
    if (moved) keys = sortedKeys(next)
  }
  const samples = new Map(state.samples)
  const trends = new Map(state.trends)
  const sampled: QueueKey[] = []
  for (const [key, values] of Object.entries(event.samples)) {
    samples.set(key, { at: event.at, values })
    sampled.push(key)
  }
  for (const key of event.unchanged) {
    const before = samples.get(key)
    if (!before) continue
    samples.set(key, { at: event.at, values: before.values })
    sampled.push(key)
  }
  for (const key of sampled) trends.set(key, appendTrend(trends.get(key) ?? [], depthOf(samples.get(key))))
  for (const key of event.removed) {
    samples.delete(key)
    trends.delete(key)
  }
  let windows = state.windows
  if (windows.size > 0) {
    const next = new Map(windows)
    for (const [key, window] of windows) {
      const sample = samples.get(key)
      if (sample && sample.at === event.at) next.set(key, appendSample(window, sample))
    }
    windows = next
  }
  return { phase: 'live', trouble: null, at: event.at, queues, keys, samples, trends, windows, marks: state.marks }
}

export const appendTrend = (trend: Values, depth: number | null): Values =>
  trend.length < trendLength ? [...trend, depth] : [...trend.slice(trend.length - trendLength + 1), depth]

/** Appends, drops what is older than the window, and never goes back in time. */
export function appendSample(window: readonly Sample[], sample: Sample): readonly Sample[] {
  const last = window.at(-1)
  if (last && last.at >= sample.at) return window
  const from = sample.at - windowMs
  const first = window.findIndex((kept) => kept.at >= from)
  return [...(first > 0 ? window.slice(first) : first === 0 ? window : []), sample]
}

/** History from the core laid under what has come in since it was asked for. */
export function mergeWindow(history: readonly Sample[], live: readonly Sample[]): readonly Sample[] {
  const from = live[0]?.at ?? Number.POSITIVE_INFINITY
  return [...history.filter((sample) => sample.at < from), ...live]
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

function sortedKeys(queues: ReadonlyMap<QueueKey, QueueInfo>): readonly QueueKey[] {
  return [...queues.values()]
    .sort((a, b) => collator.compare(a.name, b.name) || (a.key < b.key ? -1 : 1))
    .map((queue) => queue.key)
}
