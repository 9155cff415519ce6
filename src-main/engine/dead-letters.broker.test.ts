import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { Engine, type Queue, type StoredMessage } from './engine'
import { engineOnRedis } from './testing/engine-on-redis'

const on = engineOnRedis('dead')
const textOf = ({ body }: StoredMessage) => Buffer.from(body).toString()

/** Dead messages that carry `values`, in that order of death. */
async function bury<Data>(queue: Queue<Data>, values: readonly (Data | Uint8Array)[], group?: string) {
  const outcomes = await queue.enqueueBatch(values, {
    attributes: { parity: 'any' },
    ...(group === undefined ? {} : { group }),
  })
  for (let left = values.length; left > 0; ) {
    const messages = await queue.lease({ count: 50 })
    await Promise.all(messages.map((message) => message.nack(new TypeError('broken'), { unrecoverable: true })))
    left -= messages.length
  }
  return outcomes.map((each) => (each.outcome === 'added' ? each.id : ''))
}

describe('dead letters', () => {
  it('keep the original bytes, the error and all attempts', async () => {
    const queue = on.engine.queue<unknown>(on.fresh(), { maxAttempts: 2, retryDelaysMs: [0] })
    const text = '{"n":12345678901234567890, "n":1}'
    const worker = on.engine.worker(queue, ({ attempt }) => {
      throw new RangeError(`attempt ${attempt}`)
    })
    await queue.enqueue(Buffer.from(text))
    await vi.waitFor(async () => expect((await queue.stats()).dead).toBe(1), 5_000)
    await worker.stop()
    const [dead] = (await queue.dead.browse()).items
    expect(textOf(dead!)).toBe(text)
    expect(dead).toMatchObject({
      state: 'dead',
      attempts: 2,
      error: { name: 'RangeError', message: 'attempt 2', stack: expect.stringContaining('RangeError') },
    })
    expect(dead!.history.map(({ event }) => event)).toEqual(['failed', 'died'])
  })

  it('are found by text, attribute, group and time, page by page', async () => {
    const queue = on.engine.queue<{ n: number; kind: string }>(on.fresh())
    const all = Array.from({ length: 300 }, (_, n) => ({ n, kind: n % 100 === 0 ? 'rare' : 'usual' }))
    await bury(queue, all)
    await bury(queue, [{ n: 300, kind: 'rare' }], 'g')
    const seen: number[] = []
    let cursor: string | null = null
    let pages = 0
    do {
      const page: Awaited<ReturnType<typeof queue.dead.browse>> = await queue.dead.browse({
        cursor,
        limit: 2,
        filter: { text: '"rare"', attributes: { parity: 'any' } },
      })
      expect(page.items.length).toBeLessThanOrEqual(2)
      expect(page.scanned).toBeLessThanOrEqual(1_000)
      seen.push(...page.items.map((item) => JSON.parse(textOf(item)).n))
      cursor = page.nextCursor
      pages++
    } while (cursor !== null)
    expect(seen).toEqual([300, 200, 100, 0])
    expect(pages).toBeGreaterThan(2)
    expect((await queue.dead.browse({ filter: { group: 'g' } })).items).toHaveLength(1)
    expect((await queue.dead.browse({ filter: { attributes: { parity: 'odd' } } })).items).toHaveLength(0)
    expect((await queue.dead.browse({ filter: { before: Date.now() - 60_000 } })).items).toHaveLength(0)
    expect((await queue.dead.browse({ filter: { after: new Date(Date.now() - 60_000) } })).items).toHaveLength(50)
    await expect(queue.dead.browse({ limit: 201 })).rejects.toMatchObject({ code: 'bad-input' })
  })

  it('are replayed by id, by filter, and all, each once', async () => {
    const queue = on.engine.queue<number>(on.fresh())
    const ids = await bury(queue, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(await queue.dead.replay([ids[0]!, ids[1]!, 'nobody'])).toBe(2)
    expect(await queue.dead.replay(ids[0]!)).toBe(0)
    expect(await queue.dead.replay({ text: '7' })).toBe(1)
    expect(await queue.dead.replay('all')).toBe(7)
    const messages = await queue.lease({ count: 20 })
    expect(messages.map(({ data }) => data)).toEqual([0, 1, 7, 2, 3, 4, 5, 6, 8, 9])
    expect(messages.every(({ replays, attempt }) => replays === 1 && attempt === 1)).toBe(true)
    expect((await queue.get(messages[0]!.id))?.history.map(({ event }) => event)).toContain('died')
  })

  it('are edited on the way, byte for byte the same where nothing changed', async () => {
    const queue = on.engine.queue<{ to?: string; n: number }>(on.fresh())
    const raw = '{"n": 1,  "to":"a"}'
    await bury(queue, [Buffer.from(raw), { n: 2 }, { n: 3 }])
    const replayed = await queue.dead.replay('all', {
      edit: (data) => (data.n === 3 ? undefined : data.to ? data : { ...data, to: 'mended' }),
    })
    expect(replayed).toBe(2)
    const bodies = (await queue.lease({ count: 9 })).map(({ body }) => Buffer.from(body).toString())
    expect(bodies.sort()).toEqual([raw, '{"n":2,"to":"mended"}'])
    expect(await queue.stats()).toMatchObject({ dead: 1 })
  })

  it('are edited only into what the schema takes', async () => {
    const name = on.fresh()
    const plain = await Engine.open({ redis: { port: on.server.port } })
    const ids = await bury(plain.queue<unknown>(name), [{ to: 1 }])
    await plain.close()
    const queue = on.engine.queue(name, { schema: z.object({ to: z.string() }) })
    await expect(queue.dead.replay(ids, { edit: () => ({ to: 2 as never }) })).rejects.toMatchObject({
      code: 'bad-input',
    })
    expect(await queue.stats()).toMatchObject({ dead: 1, ready: 0 })
    expect(await queue.dead.replay(ids, { edit: () => ({ to: 'x' }) })).toBe(1)
  })

  it('say which one cannot be edited', async () => {
    const queue = on.engine.queue<unknown>(on.fresh())
    const [id] = await bury(queue, [Buffer.from('no json')])
    await expect(queue.dead.replay('all', { edit: (data) => data })).rejects.toMatchObject({ subject: id })
    expect(await queue.dead.replay('all')).toBe(1)
  })

  it('are replayed at a pace, with progress, until somebody stops it', async () => {
    const queue = on.engine.queue<number>(on.fresh())
    await bury(
      queue,
      Array.from({ length: 60 }, (_, n) => n),
    )
    const steps: number[] = []
    const from = performance.now()
    const stop = new AbortController()
    const replay = queue.dead.replay('all', {
      ratePerSecond: 100,
      signal: stop.signal,
      onProgress: (moved) => {
        steps.push(moved)
        if (moved >= 40) stop.abort()
      },
    })
    await expect(replay).rejects.toThrow(/abort/i)
    expect(performance.now() - from).toBeGreaterThan(250)
    expect(steps).toEqual([10, 20, 30, 40])
    expect(await queue.stats()).toMatchObject({ ready: 40, dead: 20 })
    await expect(queue.dead.replay('all', { ratePerSecond: 0 })).rejects.toMatchObject({ code: 'bad-input' })
  })

  it('that die while a filtered replay runs stay, and none is replayed twice', async () => {
    const queue = on.engine.queue<number>(on.fresh(), { maxAttempts: 1 })
    await bury(
      queue,
      Array.from({ length: 500 }, (_, n) => n),
    )
    const runs = new Map<string, number>()
    const worker = on.engine.worker(
      queue,
      ({ id }) => {
        runs.set(id, (runs.get(id) ?? 0) + 1)
        throw new Error('again')
      },
      { concurrency: 20 },
    )
    expect(await queue.dead.replay({ attributes: { parity: 'any' } }, { chunk: 20 })).toBe(500)
    await vi.waitFor(async () => expect((await queue.stats()).dead).toBe(500), 5_000)
    await worker.stop()
    expect([runs.size, Math.max(...runs.values())]).toEqual([500, 1])
  })
})
