import { describe, expect, it, vi } from 'vitest'
import { engineOnRedis } from './testing/engine-on-redis'

const on = engineOnRedis('once')

describe('once', () => {
  it('runs an effect one time, and gives later callers its result', async () => {
    const queue = on.engine.queue(on.fresh())
    let runs = 0
    const pay = () => queue.once('order 1', async () => ({ receipt: ++runs }))
    expect([await pay(), await pay()]).toEqual([{ receipt: 1 }, { receipt: 1 }])
    expect(await queue.once('order 2', () => undefined)).toBeUndefined()
    expect(await queue.once('order 2', () => 'again')).toBeUndefined()
    expect(runs).toBe(1)
  })

  it('tells who comes meanwhile that somebody is at it', async () => {
    const queue = on.engine.queue(on.fresh())
    let finish: (value: string) => void = () => {}
    let begun = false
    const first = queue.once('k', () => {
      begun = true
      return new Promise<string>((resolve) => {
        finish = resolve
      })
    })
    await vi.waitFor(() => expect(begun).toBe(true), 5_000)
    await expect(queue.once('k', () => 'second')).rejects.toMatchObject({ code: 'conflict', subject: 'k' })
    finish('first')
    expect([await first, await queue.once('k', () => 'third')]).toEqual(['first', 'first'])
  })

  it('forgets what failed, so that it can be tried again', async () => {
    const queue = on.engine.queue(on.fresh())
    await expect(
      queue.once('k', () => {
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    expect(await queue.once('k', () => 'done')).toBe('done')
  })

  it('says when an effect took longer than its claim', async () => {
    const queue = on.engine.queue(on.fresh())
    let finish: () => void = () => {}
    const slow = queue.once(
      'k',
      () =>
        new Promise<void>((resolve) => {
          finish = resolve
        }),
      { claimMs: 20 },
    )
    const late = slow.catch((error: unknown) => error)
    await vi.waitFor(async () => expect(await queue.once('k', () => 'other')).toBe('other'), 5_000)
    finish()
    expect(await late).toMatchObject({ code: 'conflict', message: expect.stringMatching(/20 ms/) })
  })

  it('holds an effect to one across attempts of a message', async () => {
    const queue = on.engine.queue<string>(on.fresh(), { retryDelaysMs: [0] })
    let effects = 0
    const worker = on.engine.worker(queue, async (message) => {
      await message.once(`pay ${message.data}`, () => ++effects)
      if (message.attempt < 3) throw new Error('after the effect')
    })
    await queue.enqueue('x')
    await vi.waitFor(async () => expect(await queue.stats()).toMatchObject({ ackedTotal: 1 }), 5_000)
    expect(effects).toBe(1)
    await worker.stop()
  })

  it('refuses keys that are none', async () => {
    await expect(on.engine.queue(on.fresh()).once('', () => 1)).rejects.toMatchObject({ code: 'bad-input' })
  })
})
