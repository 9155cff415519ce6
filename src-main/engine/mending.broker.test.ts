import { describe, expect, it, vi } from 'vitest'
import { Engine } from './engine'
import { engineOnRedis } from './testing/engine-on-redis'

const on = engineOnRedis('mending')

describe('a message that waits', () => {
  it('is found by its id or its own id, and browsed by its state', async () => {
    const queue = on.engine.queue<string>(on.fresh())
    const id = await queue.enqueue('a', { id: 'mine', attributes: { tenant: 't' } })
    await queue.enqueue('b', { delayMs: 60_000 })
    expect(await queue.get(id)).toMatchObject({ id, ownId: 'mine', state: 'ready', attributes: { tenant: 't' } })
    expect((await queue.get('mine'))?.id).toBe(id)
    expect(await queue.get('nobody')).toBeUndefined()
    expect((await queue.browse('ready')).items.map((item) => item.id)).toEqual([id])
    expect((await queue.browse('delayed')).items.map(({ dueAt }) => typeof dueAt)).toEqual(['number'])
  })

  it('is promoted, set to another priority, or cancelled', async () => {
    const queue = on.engine.queue<string>(on.fresh())
    const later = await queue.enqueue('later', { delayMs: 60_000 })
    expect(await queue.promote(later)).toBe('applied')
    expect(await queue.promote(later)).toBe('gone')
    const first = await queue.enqueue('first')
    expect(await queue.changePriority(first, 0)).toBe('applied')
    const never = await queue.enqueue('never')
    expect(await queue.cancel(never)).toBe('applied')
    expect(await queue.cancel(never)).toBe('gone')
    const [held] = await queue.lease()
    expect(held!.data).toBe('first')
    expect(await queue.cancel(held!.id)).toBe('leased')
    expect((await queue.lease({ count: 5 })).map(({ data }) => data)).toEqual(['later'])
    await expect(queue.changePriority(first, 99)).rejects.toMatchObject({ code: 'bad-input' })
  })

  it('is not leased while its queue is paused', async () => {
    const queue = on.engine.queue<string>(on.fresh())
    await queue.pause()
    await queue.enqueue('x')
    const waiting = queue.lease({ waitMs: 10_000 })
    expect(await queue.stats()).toMatchObject({ paused: true, ready: 1, leased: 0 })
    await queue.resume()
    expect((await waiting).map(({ data }) => data)).toEqual(['x'])
  })

  it('is purged with its state, and what comes meanwhile stays', async () => {
    const queue = on.engine.queue<number>(on.fresh(), { keepDone: { count: 10 } })
    await queue.enqueueBatch([1, 2, 3])
    await queue.enqueueBatch([4], { delayMs: 60_000 })
    const [done] = await queue.lease()
    await done!.ack('fine')
    expect(await queue.stats()).toMatchObject({ ready: 2, delayed: 1, done: 1 })
    expect([await queue.purge('ready'), await queue.purge('delayed'), await queue.purge('done')]).toEqual([2, 1, 1])
    expect(await queue.stats()).toMatchObject({ ready: 0, delayed: 0, done: 0 })
  })
})

describe('what is done', () => {
  it('is kept by count, with its result', async () => {
    const queue = on.engine.queue<number>(on.fresh(), { keepDone: { count: 3 } })
    const worker = on.engine.worker(queue, ({ data }) => ({ square: data ** 2 }), { concurrency: 1 })
    for (let n = 0; n < 6; n++) await queue.enqueue(n)
    await vi.waitFor(async () => expect(await queue.stats()).toMatchObject({ ackedTotal: 6 }), 5_000)
    await worker.stop()
    const { items } = await queue.browse('done')
    expect(items.map(({ result }) => result).sort()).toEqual(['{"square":16}', '{"square":25}', '{"square":9}'])
  })

  it('is acked all the same when its result cannot be written', async () => {
    const errors: unknown[] = []
    const own = await Engine.open({ redis: { port: on.server.port }, onError: (error) => errors.push(error) })
    const queue = own.queue<number>(on.fresh(), { keepDone: {} })
    const circular: { self?: unknown } = {}
    circular.self = circular
    own.worker(queue, ({ data }) => (data === 1 ? circular : 'x'.repeat(300_000)))
    await queue.enqueueBatch([1, 2])
    await vi.waitFor(async () => expect(await queue.stats()).toMatchObject({ ackedTotal: 2, done: 2 }), 5_000)
    expect(errors.map(String).sort()).toEqual([
      expect.stringMatching(/is not JSON/),
      expect.stringMatching(/is longer than/),
    ])
    await own.close()
  })
})
