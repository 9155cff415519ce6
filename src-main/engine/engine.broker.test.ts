import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startRedis, type TestRedis } from '../brokers/testing/redis-server'
import { Engine, type Message, UnrecoverableError } from './engine'

let server: TestRedis
let engine: Engine

beforeAll(async () => {
  server = await startRedis()
  engine = await Engine.open({ redis: { url: `redis://127.0.0.1:${server.port}/0` } })
})

afterAll(async () => {
  await engine.close(100)
  await server.stop()
})

let counter = 0
const fresh = () => `engine ${counter++}`

describe('the engine', () => {
  it('brings every message to a handler once', async () => {
    const queue = engine.queue<{ n: number }>(fresh())
    const seen: number[] = []
    const worker = engine.worker(queue, async ({ data }) => void seen.push(data.n), { concurrency: 50 })
    const ids = await Promise.all(Array.from({ length: 500 }, (_, n) => queue.enqueue({ n })))
    await queue.enqueueBatch(Array.from({ length: 1_500 }, (_, n) => ({ n: 500 + n })))
    expect(new Set(ids).size).toBe(500)
    await vi.waitFor(async () => expect(await queue.stats()).toMatchObject({ ackedTotal: 2_000 }), 10_000)
    await worker.stop()
    await worker.stop()
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 2_000 }, (_, n) => n))
    expect(await queue.stats()).toMatchObject({ ready: 0, leased: 0, delayed: 0, dead: 0, enqueuedTotal: 2_000 })
  })

  it('keeps up with a trickle of messages without sleeping over any', async () => {
    const queue = engine.queue<number>(fresh())
    const waits: number[] = []
    const worker = engine.worker(queue, ({ data }) => void waits.push(performance.now() - data), { concurrency: 100 })
    const sends: Promise<string>[] = []
    await vi.waitFor(
      () => {
        for (let n = 0; n < 3; n++) sends.push(queue.enqueue(performance.now()))
        expect(sends.length).toBeGreaterThan(900)
      },
      { timeout: 20_000, interval: 1 },
    )
    await Promise.all(sends)
    await vi.waitFor(() => expect(waits.length).toBe(sends.length), { timeout: 10_000 })
    // Waiting for the next look instead of the marker would take five seconds.
    expect(Math.max(...waits)).toBeLessThan(2_000)
    await worker.stop()
  })

  it('retries with delays, buries after the last attempt, and replays', async () => {
    const queue = engine.queue<string>(fresh(), { maxAttempts: 3, retryDelaysMs: [0, 20] })
    const attempts: number[] = []
    let broken = true
    const worker = engine.worker(queue, (message) => {
      attempts.push(message.attempt)
      if (broken) throw new TypeError(`cannot: ${message.data}`)
    })
    await queue.enqueue('x')
    await vi.waitFor(async () => expect(await queue.stats()).toMatchObject({ dead: 1, leased: 0 }), 10_000)
    expect(attempts).toEqual([1, 2, 3])
    broken = false
    expect(await queue.dead.replay('all')).toBe(1)
    await vi.waitFor(async () => expect(await queue.stats()).toMatchObject({ ackedTotal: 1, dead: 0 }), 10_000)
    expect(attempts).toEqual([1, 2, 3, 1])
    await worker.stop()
  })

  it('buries at once what cannot be recovered, a body that is not JSON included', async () => {
    const queue = engine.queue<string>(fresh())
    const worker = engine.worker(queue, ({ data }) => {
      throw new UnrecoverableError(data)
    })
    await queue.enqueue('x')
    await queue.enqueue(Buffer.from('{not json'))
    await vi.waitFor(async () => expect(await queue.stats()).toMatchObject({ dead: 2 }), 10_000)
    await worker.stop()
  })

  it('lends messages to a caller without a worker', async () => {
    const queue = engine.queue<string>(fresh())
    const waiting = queue.lease({ count: 2, waitMs: 10_000 })
    await queue.enqueue('a')
    const [message] = await waiting
    expect(message?.data).toBe('a')
    expect(await message!.extend(60_000)).toBe(true)
    expect(await message!.nack(new Error('later'), { delayMs: 60_000 })).toBe('applied')
    expect(await message!.ack()).toBe('stale')
    expect(await queue.stats()).toMatchObject({ delayed: 1 })
    expect(await queue.purge('delayed')).toBe(1)
    expect(await queue.lease({ waitMs: 5 })).toEqual([])
  })

  it('renews a lease while its handler runs', async () => {
    const queue = engine.queue<string>(fresh())
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let runs = 0
    let lost = false
    const worker = engine.worker(
      queue,
      async ({ signal }) => {
        runs++
        signal.addEventListener('abort', () => {
          lost = true
        })
        await held
      },
      { leaseMs: 150 },
    )
    await queue.enqueue('x')
    const from = performance.now()
    await vi.waitFor(() => expect(performance.now() - from).toBeGreaterThan(600), 2_000)
    release()
    await vi.waitFor(async () => expect(await queue.stats()).toMatchObject({ ackedTotal: 1 }), 5_000)
    expect([runs, lost]).toEqual([1, false])
    await worker.stop()
  })

  it('gives messages back when the grace is over', async () => {
    const queue = engine.queue<string>(fresh())
    const started: Message<string>[] = []
    const worker = engine.worker(
      queue,
      (message) => {
        started.push(message)
        return new Promise((resolve) => message.signal.addEventListener('abort', resolve))
      },
      { concurrency: 2 },
    )
    await queue.enqueueBatch(['a', 'b', 'c'])
    await vi.waitFor(() => expect(started).toHaveLength(2), 5_000)
    await worker.stop(20)
    expect(started.every((message) => message.signal.aborted)).toBe(true)
    expect(await queue.stats()).toMatchObject({ ready: 3, leased: 0 })
  })

  it('finds its way back when Redis was killed, and never reuses an id', async () => {
    const own = await startRedis()
    const other = await Engine.open({ redis: { port: own.port } })
    const queue = other.queue<string>('back')
    const seen: string[] = []
    const worker = other.worker(queue, ({ data }) => void seen.push(data))
    const before = await queue.enqueue('before')
    await vi.waitFor(() => expect(seen).toEqual(['before']), 5_000)
    await own.kill()
    await expect(queue.enqueue('lost')).rejects.toMatchObject({
      code: expect.stringMatching(/unreachable|outcome-unknown/),
    })
    // Without persistence: it comes back empty.
    await own.start()
    const after = await vi.waitFor(() => queue.enqueue('after'), { timeout: 15_000, interval: 50 })
    await vi.waitFor(() => expect(seen.at(-1)).toBe('after'), 15_000)
    expect(Number(after)).toBeGreaterThan(Number(before))
    await worker.stop()
    await other.close()
    await own.stop()
  })

  it('replays all that were dead, once, while others die', async () => {
    const queue = engine.queue<number>(fresh(), { maxAttempts: 1 })
    const runs = new Map<string, number>()
    const count = 3_000
    const worker = engine.worker(
      queue,
      ({ id }) => {
        const run = (runs.get(id) ?? 0) + 1
        runs.set(id, run)
        if (run === 1) throw new Error('the first time')
      },
      { concurrency: 100 },
    )
    const sends = Array.from({ length: count }, (_, n) => queue.enqueue(n))
    let replayed = 0
    await vi.waitFor(
      async () => {
        replayed += await queue.dead.replay('all', { chunk: 50 })
        expect((await queue.stats()).ackedTotal).toBe(count)
      },
      { timeout: 20_000, interval: 5 },
    )
    await Promise.all(sends)
    await worker.stop()
    expect(replayed).toBe(count)
    expect([...runs.values()].every((run) => run === 2)).toBe(true)
    expect(await queue.stats()).toMatchObject({ ready: 0, leased: 0, dead: 0, replayedTotal: count })
  })
})
