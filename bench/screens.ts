import { type QueueInfo, queueKey } from '@shared/model/queue'
import { metrics } from '@shared/model/sample'
import { fingerprint } from '@shared/payload/fingerprint'
import { prettyJson } from '@shared/payload/json-print'
import type { FeedEvent } from '@shared/rpc/queues-contract'
import { applyFeed, emptyFeed } from '../src-renderer/stores/feed'
import { median, type Row, type Scenario } from './scenario'

/** What a window does on its one thread: 16 ms are one frame. */
export const screens: Scenario = {
  name: 'screens',
  async run({ rounds }) {
    return [tickRow(rounds), printRow(rounds), fingerprintRow(rounds)]
  },
}

const frameMs = 16

/** A tick in which all of 1,000 queues have moved. */
function tickRow(rounds: number): Row {
  const queues = Array.from({ length: 1_000 }, (_, n): QueueInfo => {
    const address = { layout: 'engine', prefix: 'qe', name: `q${n}` } as const
    return { ...address, key: queueKey(address), product: 'Engine', paused: false, trouble: null }
  })
  const samples = (ready: number) => queues.map(({ key }) => [key, metrics.map(() => ready)] as const)
  const snapshot: FeedEvent = { type: 'snapshot', at: 1_000, queues, samples: {}, trends: {} }
  const ticks = Array.from({ length: 50 }, (_, n): FeedEvent => {
    const at = 2_000 + n * 1_000
    return { type: 'tick', at, queues: [], removed: [], samples: Object.fromEntries(samples(n)), unchanged: [] }
  })
  const ms = timed(rounds, () => void ticks.reduce(applyFeed, applyFeed(emptyFeed, snapshot))) / ticks.length
  return row('A window takes a tick of 1,000 queues', ms, frameMs)
}

/** Beside what the platform does, which loses numbers and doubled keys. */
function printRow(rounds: number): Row {
  const line = '{"id":"evt_1","amount":129900,"lines":[{"sku":"A-1","qty":2}],"name":"Zoë"}'
  const text = `[${Array.from({ length: 40_000 }, () => line).join(',')}]`
  const ms = timed(rounds, () => void prettyJson(text))
  const plainMs = timed(rounds, () => void JSON.stringify(JSON.parse(text), null, 2))
  const ratio = ms / plainMs
  return {
    what: 'A payload of 3 MB is printed without loss',
    target: null,
    figure: `${ms.toFixed(0)} ms, ${ratio.toFixed(1)}x of JSON.parse and stringify`,
    met: null,
    values: { ms, plainMs, ratio },
  }
}

/** Text that makes a careless pattern go back and forth. */
function fingerprintRow(rounds: number): Row {
  const texts = ['a.', '"', '1:', '/a', 'a_1'].map((piece) => piece.repeat(1e6))
  const ms = timed(rounds, () => texts.forEach((text) => void fingerprint(text))) / texts.length
  return row('The cause of an error of 1,000,000 hostile pieces', ms, frameMs)
}

const row = (what: string, ms: number, mostMs: number): Row => ({
  what,
  target: `at most ${mostMs} ms`,
  figure: `${ms.toFixed(2)} ms`,
  met: ms <= mostMs,
  values: { ms },
})

/** Median over the rounds, after one to warm up. Milliseconds. */
function timed(rounds: number, act: () => void): number {
  act()
  return median(
    Array.from({ length: rounds }, () => {
      const from = performance.now()
      act()
      return performance.now() - from
    }),
  )
}
