import { type QueueKey, queueKey } from '@shared/model/queue'
import type { FeedEvent } from '@shared/rpc/queues-contract'
import { Queue as BullQueue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { freePort, startRedis, type TestRedis } from './brokers/testing/redis-server'
import { Engine } from './engine/engine'
import { type ConsoleRig, startConsoleRig, stateOf } from './testing/console-rig'

/** The feed as a window would hold it. */
function follow(rig: ConsoleRig, environmentId: string) {
  const queues = new Map<QueueKey, Extract<FeedEvent, { type: 'snapshot' }>['queues'][number]>()
  const samples = new Map<QueueKey, { at: number; values: readonly (number | null)[] }>()
  const ending = new AbortController()
  void (async () => {
    for await (const event of await rig.client.queues.feed({ environmentId }, { signal: ending.signal })) {
      for (const queue of event.queues) queues.set(queue.key, queue)
      if (event.type === 'snapshot') for (const [key, sample] of Object.entries(event.samples)) samples.set(key, sample)
      else for (const [key, values] of Object.entries(event.samples)) samples.set(key, { at: event.at, values })
    }
  })().catch(() => {})
  return { queues, samples, stop: () => ending.abort() }
}

const engineKey = (name: string) => queueKey({ layout: 'engine', prefix: 'qe', name })
const bullKey = (name: string) => queueKey({ layout: 'bullmq', prefix: 'bull', name })

describe('the core on a real Redis', () => {
  let redis: TestRedis
  let raw: Redis
  let rig: ConsoleRig
  beforeEach(async () => {
    redis = await startRedis()
    raw = new Redis(redis.port, '127.0.0.1', { retryStrategy: () => 100 })
    raw.on('error', () => {})
    rig = await startConsoleRig()
  })
  afterEach(async () => {
    await rig.close()
    raw.disconnect()
    await redis.stop()
  })

  it('waits for a broker that is down at start, and connects by itself when it is up', async () => {
    const port = await freePort()
    const saved = await rig.client.environments.save({
      id: null,
      environment: {
        name: 'later',
        kind: 'redis',
        tier: 'dev',
        topology: { kind: 'single', host: '127.0.0.1', port },
        database: 0,
        username: null,
        tls: { enabled: false, caFile: null, verify: true },
        password: { kind: 'none' },
      },
    })
    const feed = follow(rig, saved.id)
    const lost = await stateOf(rig.client, saved.id, (state) => state.phase === 'lost')
    expect(lost).toMatchObject({
      trouble: { code: 'unreachable', message: `Nothing listens on 127.0.0.1:${port}.` },
      retryAt: expect.any(Number),
    })
    const late = await startRedis(['--port', String(port)])
    try {
      expect(await stateOf(rig.client, saved.id, (state) => state.phase === 'connected')).toMatchObject({
        trouble: null,
        server: expect.stringMatching(/^Redis 7/),
      })
    } finally {
      feed.stop()
      await late.stop()
    }
  })

  it('keeps the last figures when the broker goes, and resends nothing when it is back', async () => {
    const engine = await Engine.open({ redis: { port: redis.port } })
    await engine.queue('orders').enqueueBatch([1, 2, 3])
    const environment = await rig.connect(redis.port)
    const feed = follow(rig, environment.id)
    await vi.waitFor(() => expect(feed.samples.get(engineKey('orders'))?.values[0]).toBe(3), { timeout: 10_000 })
    await redis.kill()
    await stateOf(rig.client, environment.id, (state) => state.phase === 'lost')
    const kept = feed.samples.get(engineKey('orders'))
    expect(kept?.values[0]).toBe(3)
    const selection = { kind: 'all' as const, state: 'ready' as const, cause: null, except: [] }
    const refused = [
      rig.client.plans.prepare({
        environmentId: environment.id,
        queue: engineKey('orders'),
        selection,
        action: { kind: 'purge' },
      }),
      rig.client.messages.send({
        environmentId: environment.id,
        queue: engineKey('orders'),
        name: null,
        bodies: ['{}'],
        delayMs: 0,
        priority: null,
        attributes: {},
      }),
      rig.client.queues.pause({ environmentId: environment.id, queue: engineKey('orders') }),
    ]
    for (const answer of await Promise.allSettled(refused))
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'FAILURE' } })
    await redis.start()
    // The server came back empty: whatever had been queued here would have written to it by the next sample.
    await stateOf(
      rig.client,
      environment.id,
      (state) => state.phase === 'connected' && (state.sampledAt ?? 0) > (kept?.at ?? 0) + 1,
    )
    expect(await raw.keys('*')).toEqual([])
    feed.stop()
    await engine.close()
  })

  it('names the key of another type, and reads the other queues', async () => {
    const engine = await Engine.open({ redis: { port: redis.port } })
    await engine.queue('good').enqueue(1)
    await engine.queue('bad').enqueue(1)
    const [key] = (await raw.keys('qe:{bad}:*')).filter((each) => !each.includes('count'))
    await raw.del(key ?? '')
    await raw.set(key ?? '', 'a string')
    await raw.hset('bull:broken:meta', 'opts.maxLenEvents', '10000', 'version', 'bullmq:6.7.0')
    await raw.set('bull:broken:wait', 'a string')
    const environment = await rig.connect(redis.port)
    const feed = follow(rig, environment.id)
    await vi.waitFor(
      () => {
        expect(feed.queues.get(engineKey('bad'))?.trouble).toContain(key)
        expect(feed.queues.get(bullKey('broken'))?.trouble).toContain('bull:broken:wait')
        expect(feed.samples.get(engineKey('good'))?.values[0]).toBe(1)
      },
      { timeout: 10_000 },
    )
    await expect(
      rig.client.messages.browse({
        environmentId: environment.id,
        queue: bullKey('broken'),
        state: 'ready',
        cursor: null,
        limit: 10,
      }),
    ).rejects.toMatchObject({
      code: 'FAILURE',
      data: {
        code: 'wrong-type',
        message: 'bull:broken:wait holds a string where this layout keeps a list.',
        hint: expect.stringContaining('give one of the two another name'),
      },
    })
    feed.stop()
    await engine.close()
  })

  it('says which permission is missing, and does what is allowed', async () => {
    const engine = await Engine.open({ redis: { port: redis.port } })
    await engine.queue('orders').enqueue(1)
    await raw.call('ACL', 'SETUSER', 'viewer', 'on', '>pw', '~*', '+@read', '+@connection', '+info', '+time', '-scan')
    const environment = await rig.connect(redis.port, {
      username: 'viewer',
      password: { kind: 'session', value: 'pw' },
    })
    const feed = follow(rig, environment.id)
    await vi.waitFor(() => expect(feed.samples.get(engineKey('orders'))?.values[0]).toBe(1), { timeout: 10_000 })
    const state = await stateOf(rig.client, environment.id, ({ notices }) =>
      notices.some((notice) => notice.includes('SCAN')),
    )
    expect(state.phase).toBe('connected')
    await expect(
      rig.client.messages.send({
        environmentId: environment.id,
        queue: engineKey('orders'),
        name: null,
        bodies: ['{}'],
        delayMs: 0,
        priority: null,
        attributes: {},
      }),
    ).rejects.toMatchObject({ code: 'FAILURE', data: { code: 'denied' } })
    feed.stop()
    await engine.close()
  })

  it.each([
    '{braces}',
    'a:b:c',
    'with space',
    '💥 emoji',
    '{',
    '}',
    '%7B',
    'a/b?c#d',
    '__proto__',
    '<script>alert(1)</script>',
  ])('finds, reads and sends to a queue named %s', async (name) => {
    const engine = await Engine.open({ redis: { port: redis.port } })
    await engine.queue(name).enqueue({ n: 1 })
    const isAllowed = !name.includes(':')
    const bull = isAllowed ? new BullQueue(name, { connection: { host: '127.0.0.1', port: redis.port } }) : undefined
    await bull?.add('job', { n: 1 })
    const environment = await rig.connect(redis.port)
    const feed = follow(rig, environment.id)
    const keys = [engineKey(name), ...(isAllowed ? [bullKey(name)] : [])]
    await vi.waitFor(() => expect(keys.map((key) => feed.samples.get(key)?.values[0])).toEqual(keys.map(() => 1)), {
      timeout: 10_000,
    })
    for (const key of keys) {
      expect(feed.queues.get(key)?.name).toBe(name)
      await rig.client.messages.send({
        environmentId: environment.id,
        queue: key,
        name: 'job',
        bodies: ['{"sent":true}'],
        delayMs: 0,
        priority: null,
        attributes: {},
      })
      const page = await rig.client.messages.browse({
        environmentId: environment.id,
        queue: key,
        state: 'ready',
        cursor: null,
        limit: 10,
      })
      expect(page.items).toHaveLength(2)
    }
    feed.stop()
    await bull?.close()
    await engine.close()
  })

  it('opens odd payloads byte for byte, and withholds what is too large', async () => {
    const engine = await Engine.open({ redis: { port: redis.port } })
    const bodies = [
      Buffer.alloc(0),
      Buffer.from([0xff, 0xfe, 0x00]),
      Buffer.from('['.repeat(10_000) + ']'.repeat(10_000)),
      Buffer.from('{"n": 9007199254740993, "a": 1, "a": 2, "__proto__": {"x": 1}, "s": "<script>alert(1)</script>"}'),
      Buffer.alloc(3 * 1024 * 1024, 'x'),
      Buffer.alloc(9 * 1024 * 1024, 'y'),
    ]
    const queue = engine.queue<Uint8Array>('odd', { maxBytes: 16 * 1024 * 1024 })
    for (const body of bodies) await queue.enqueue(body)
    const environment = await rig.connect(redis.port)
    const page = await rig.client.messages.browse({
      environmentId: environment.id,
      queue: engineKey('odd'),
      state: 'ready',
      cursor: null,
      limit: 10,
    })
    const details = await Promise.all(
      page.items.map(({ id }) =>
        rig.client.messages.inspect({ environmentId: environment.id, queue: engineKey('odd'), id }),
      ),
    )
    const seen = details.map(({ body }) => (body.kind === 'whole' ? Buffer.from(body.base64, 'base64') : body))
    expect(seen.slice(0, 5).map((body, index) => Buffer.isBuffer(body) && bodies[index]?.equals(body))).toEqual([
      true,
      true,
      true,
      true,
      true,
    ])
    expect(seen[5]).toMatchObject({ kind: 'withheld', bytes: 9 * 1024 * 1024 })
    await engine.close()
  })

  it('refuses a span of time that no clock can show', async () => {
    const environment = await rig.connect(redis.port)
    const ask = (from: number, to: number) =>
      rig.client.queues.history({ environmentId: environment.id, queue: engineKey('a'), from, to, points: 10 })
    await expect(ask(-1.7e308, 1.7e308)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    expect(await ask(8.64e15, 0)).toMatchObject({ samples: [], marks: [] })
    expect(await ask(0, 8.64e15)).toMatchObject({ samples: [], marks: [] })
    expect(rig.lines).toEqual([])
  })

  it('refuses a second console on the same folder', async () => {
    await expect(startConsoleRig({ dataFolder: rig.dataFolder })).rejects.toMatchObject({ code: 'conflict' })
  })
})
