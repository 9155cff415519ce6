import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { loopback, redisClient } from '../src-main/brokers/clients/redis'
import { RedisDriver } from '../src-main/brokers/drivers/redis/driver'
import { Engine } from '../src-main/engine/engine'
import { bury, error235 } from './burying'
import {
  type Bench,
  callTimesUs,
  longestUs,
  median,
  percentile,
  perSecond,
  type Row,
  type Scenario,
  withoutRewrites,
} from './scenario'
import { bodyOf } from './throughput'

const deadLetters = 100_000
const data = bodyOf(200)
const perPage = 100
const offsets = [0, 50_000, 90_000]

interface Replayed {
  readonly rate: number
  /** Longest round trip of a second client's PING meanwhile. */
  readonly pauseMs: number
}

/** 100,000 dead letters: replayed by replay-all and by retryJobs, and read page by page while others come. */
export const engineReplay: Scenario = {
  name: 'engine-replay',
  run: (bench) => withoutRewrites(bench.side, () => measured(bench)),
}

async function measured(bench: Bench): Promise<readonly Row[]> {
  const { port, side, say, rounds } = bench
  const engine = await Engine.open({ redis: { port } })
  const own = engine.queue<typeof data>('replay')
  for (let at = 0; at < deadLetters; at += 500) await own.enqueueBatch(Array.from({ length: 500 }, () => data))
  await bury(port, 'replay', error235())
  // Before any is replayed: each has failed once, here as there.
  const pages = await enginePages(bench)
  const calls: (readonly number[])[] = []
  for (let round = 0; round < rounds; round++) {
    calls.push(await callTimesUs(side, () => own.dead.replay('all')))
    await bury(port, 'replay', error235())
  }
  const queue = new Queue('replay', { connection: { port, host: '127.0.0.1' } })
  for (let at = 0; at < deadLetters; at += 1_000)
    await queue.addBulk(Array.from({ length: 1_000 }, () => ({ name: 'job', data })))
  await fail(queue, port)
  const bullPages = await pagesOf(async (offset) => {
    const jobs = await queue.getFailed(offset, offset + perPage - 1)
    return jobs.map((job) => job.id ?? '')
  })
  const contests: (readonly [ours: Replayed, theirs: Replayed])[] = []
  for (let round = 0; round < rounds; round++) {
    if (round > 0) {
      await bury(port, 'replay', error235())
      await fail(queue, port)
    }
    const ours = await watched(port, () => own.dead.replay('all'))
    const theirs = await watched(port, () => queue.retryJobs())
    contests.push([ours, theirs])
    say(`  engine ${perSecond(ours.rate)}, BullMQ ${perSecond(theirs.rate)}`)
  }
  await queue.close()
  await engine.close()
  const of = (pick: (ours: Replayed, theirs: Replayed) => number) => median(contests.map((each) => pick(...each)))
  const ratio = of((ours, theirs) => ours.rate / theirs.rate)
  const rate = of((ours) => ours.rate)
  const bullRate = of((_, theirs) => theirs.rate)
  const longestMs = longestUs(calls) / 1000
  const faster = bullPages.ms / pages.ms
  const rows: readonly Row[] = [
    {
      what: 'replay of 100,000 dead letters, beside retryJobs',
      target: '>= 10x',
      figure: `${ratio.toFixed(1)}x (${perSecond(rate)} to ${perSecond(bullRate)}; another client waits ${of((ours) => ours.pauseMs).toFixed(1)} to ${of((_, theirs) => theirs.pauseMs).toFixed(1)} ms)`,
      met: ratio >= 10,
      values: { ratio, rate, bullRate },
    },
    {
      what: 'longest Redis call of that replay',
      target: '<= 0.7 ms',
      figure: `${longestMs.toFixed(2)} ms`,
      met: longestMs <= 0.7,
      values: { ms: longestMs },
    },
    {
      what: 'page of 100 dead letters at any offset, beside getFailed',
      target: '>= 7x faster',
      figure: `${faster.toFixed(1)}x (${pages.ms.toFixed(2)} to ${bullPages.ms.toFixed(2)} ms)`,
      met: faster >= 7,
      values: { faster, ms: pages.ms, bullMs: bullPages.ms },
    },
    {
      what: 'duplicates and misses over all pages while others die',
      target: '0',
      figure: `${pages.duplicates} and ${pages.misses} of ${deadLetters.toLocaleString('en')}`,
      met: pages.duplicates + pages.misses === 0,
      values: { duplicates: pages.duplicates, misses: pages.misses },
    },
  ]
  return rows
}

/** Pages with bodies and history through the driver, as the engine's own browse reads them; one more dies before each page. */
async function enginePages({ port }: Bench) {
  const redis = redisClient(loopback(port))
  await redis.connect()
  const driver = new RedisDriver({ redis, connectAnother: () => redisClient(loopback(port)), maxAttempts: () => 1 })
  const seen = new Map<string, number>()
  const cursors: (string | null)[] = [null]
  const before = new Set<string>()
  for (let cursor: string | null = null; ; ) {
    const page = await driver.looking.browse('replay', { state: 'dead', cursor, limit: 1_000 })
    for (const { id } of page.items) before.add(id)
    cursor = page.nextCursor
    if (cursor === null) break
  }
  const error = { name: 'Late', message: 'died while others looked', stack: null }
  for (let cursor: string | null = null; ; ) {
    await driver.enqueue('replay', [{ body: '{}' }])
    const { lease } = await driver.lease('replay', { worker: 'bench', count: 1, leaseMs: 60_000 })
    if (lease) await driver.nack('replay', lease.leaseId, [{ id: lease.messages[0]!.id, error, retryInMs: undefined }])
    const page = await driver.looking.browse('replay', { state: 'dead', cursor, limit: perPage })
    for (const { id } of page.items) seen.set(id, (seen.get(id) ?? 0) + 1)
    cursor = page.nextCursor
    cursors.push(cursor)
    if (cursor === null) break
  }
  const { ms } = await pagesOf(async (offset) => {
    const page = await driver.looking.browse('replay', {
      state: 'dead',
      cursor: cursors[offset / perPage] ?? null,
      limit: perPage,
    })
    return page.items.map(({ id }) => id)
  })
  await driver.close()
  redis.disconnect()
  return {
    ms,
    duplicates: [...seen.values()].filter((count) => count > 1).length,
    misses: [...before].filter((id) => !seen.has(id)).length,
  }
}

async function pagesOf(page: (offset: number) => Promise<readonly string[]>): Promise<{ readonly ms: number }> {
  const times: number[] = []
  for (let round = 0; round < 100; round++) {
    for (const offset of offsets) {
      const from = performance.now()
      const ids = await page(offset)
      times.push(performance.now() - from)
      if (ids.length !== perPage) throw new Error(`a page at ${offset} holds ${ids.length}`)
    }
  }
  return { ms: percentile(times, 0.5) }
}

/** All that waits. */
async function fail(queue: Queue, port: number): Promise<void> {
  const worker = new Worker(queue.name, () => Promise.reject(error235()), {
    connection: { port, host: '127.0.0.1' },
    concurrency: 100,
  })
  await new Promise<void>((resolve) => {
    let failed = 0
    worker.on('failed', () => {
      if (++failed === deadLetters) resolve()
    })
  })
  await worker.close()
}

async function watched(port: Bench['port'], replay: () => Promise<unknown>): Promise<Replayed> {
  const second = new Redis({ port, host: '127.0.0.1' })
  await second.ping()
  let over = false
  let pauseMs = 0
  const probe = (async () => {
    while (!over) {
      const from = performance.now()
      await second.ping()
      pauseMs = Math.max(pauseMs, performance.now() - from)
    }
  })()
  const from = performance.now()
  await replay()
  const rate = deadLetters / ((performance.now() - from) / 1000)
  over = true
  await probe
  second.disconnect()
  return { rate, pauseMs }
}
