import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { queueKey } from '@shared/model/queue'
import { figureOf, type Sample } from '@shared/model/sample'
import type { FeedEvent } from '@shared/rpc/queues-contract'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openConnection } from '../brokers/open'
import { Sessions } from '../brokers/sessions'
import { startRedis, type TestRedis } from '../brokers/testing/redis-server'
import { systemClock } from '../runtime/clock'
import { openHistory } from './history'
import { Watch } from './watch'

const orders = queueKey({ layout: 'bullmq', prefix: 'bull', name: 'orders' })

describe('watching a real Redis', () => {
  let server: TestRedis
  let admin: Redis
  let sessions: Sessions
  let watch: Watch
  let folder: string
  let queue: Queue

  const patiently = { timeout: 20_000, interval: 20 }
  const samples = async (): Promise<readonly Sample[]> => {
    const now = Date.now()
    return (await watch.series('e', orders, { from: now - 300_000, to: now, points: 1_000 })).samples
  }
  const newest = async () => (await samples()).at(-1)

  beforeEach(async () => {
    server = await startRedis()
    admin = new Redis(server.port)
    admin.on('error', () => {})
    queue = new Queue('orders', { connection: { port: server.port } })
    queue.on('error', () => {})
    folder = mkdtempSync(join(tmpdir(), 'queuescope-watch-'))
    const history = await openHistory({ path: join(folder, 'samples.db'), notice: () => {} })
    const environment = {
      name: 'test',
      kind: 'redis',
      tier: 'dev',
      topology: { kind: 'single', host: '127.0.0.1', port: server.port },
      database: 0,
      username: null,
      tls: { enabled: false, caFile: null, verify: true },
    } as const
    sessions = new Sessions({
      clock: systemClock,
      connect: () => openConnection(environment, { password: null, mfaCode: () => null }),
    })
    watch = new Watch({ clock: systemClock, history })
  })

  afterEach(async () => {
    await watch.close()
    await sessions.closeAll()
    await queue.close().catch(() => {})
    admin.disconnect()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const attach = () => {
    sessions.open('e')
    watch.attach({
      id: 'e',
      readers: () => sessions.readers('e'),
      finder: () => sessions.finder('e'),
      onChange: (listener) => sessions.onChange(listener),
    })
  }

  it('shows what producers and workers do, as rates and depths', async () => {
    await queue.add('charge', {})
    attach()
    await vi.waitFor(async () => expect(figureOf(await newest(), 'ready')).toBe(1), patiently)
    await vi.waitFor(async () => expect(figureOf(await newest(), 'inPerSecond')).toBe(0), patiently)
    await queue.addBulk(Array.from({ length: 500 }, () => ({ name: 'charge', data: {} })))
    await vi.waitFor(async () => expect(figureOf(await newest(), 'ready')).toBe(501), patiently)
    const grown = await samples()
    const arrived = grown.reduce((sum, sample, index) => {
      const before = grown[index - 1]
      return before ? sum + ((figureOf(sample, 'inPerSecond') ?? 0) * (sample.at - before.at)) / 1_000 : sum
    }, 0)
    expect(arrived).toBeCloseTo(500, 3)

    const worker = new Worker('orders', async () => 'ok', { connection: { port: server.port }, concurrency: 50 })
    await vi.waitFor(async () => expect(figureOf(await newest(), 'done')).toBe(501), patiently)
    await worker.close()
    expect((await samples()).some((sample) => (figureOf(sample, 'outPerSecond') ?? 0) > 0)).toBe(true)
    expect(watch.status('e')!.latencyMs).toBeLessThan(1_000)
    expect((await samples()).every((sample) => (figureOf(sample, 'outPerSecond') ?? 0) >= 0)).toBe(true)
  })

  it('marks that counters began anew', async () => {
    await queue.addBulk(Array.from({ length: 20 }, () => ({ name: 'charge', data: {} })))
    attach()
    await vi.waitFor(async () => expect(figureOf(await newest(), 'inPerSecond')).toBe(0), patiently)
    await admin.flushall()
    await queue.add('charge', {})
    await vi.waitFor(async () => {
      const now = Date.now()
      const { marks } = await watch.series('e', orders, { from: now - 60_000, to: now, points: 100 })
      expect(marks).toMatchObject([{ kind: 'reset' }])
    }, patiently)
    expect((await samples()).every((sample) => (figureOf(sample, 'inPerSecond') ?? 0) >= 0)).toBe(true)
  })

  it('keeps what it had when the server goes, and goes on when it is back', async () => {
    await queue.add('charge', {})
    attach()
    const seen: FeedEvent[] = []
    const ending = new AbortController()
    const reading = (async () => {
      for await (const event of watch.feed('e', ending.signal)) seen.push(event)
    })()
    await vi.waitFor(async () => expect(figureOf(await newest(), 'ready')).toBe(1), patiently)
    await server.kill()
    await vi.waitFor(() => expect(sessions.state('e').phase).toBe('lost'), patiently)
    const { sampledAt } = watch.status('e')!
    const lastEvents = seen.length
    await server.start()
    await admin.ping()
    await admin.hset('bull:orders:meta', 'version', 'bullmq:6.7.0')
    await admin.rpush('bull:orders:wait', 'a', 'b', 'c')
    await vi.waitFor(async () => expect(figureOf(await newest(), 'ready')).toBe(3), patiently)
    const all = await samples()
    const back = all.findIndex((sample) => sample.at > sampledAt!)
    expect(figureOf(all[back - 1], 'ready')).toBe(1)
    // A new server counts from nothing: there is no rate to tell across the loss.
    expect(
      all
        .slice(back)
        .every((sample) => figureOf(sample, 'inPerSecond') === null || figureOf(sample, 'inPerSecond')! >= 0),
    ).toBe(true)
    expect(seen.length).toBeGreaterThan(lastEvents)
    ending.abort()
    await reading
  })
})
