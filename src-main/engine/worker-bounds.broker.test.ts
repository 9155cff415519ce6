import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { engineOnRedis } from './testing/engine-on-redis'

const on = engineOnRedis('bounds')
const until = (check: () => Promise<void> | void, timeout = 10_000) => vi.waitFor(check, { timeout, interval: 10 })

describe('a limit', () => {
  it('holds a queue to so many in a time, over all workers, without asking all the while', async () => {
    const queue = on.engine.queue<number>(on.fresh(), { limit: { max: 5, perMs: 200 } })
    const starts: number[] = []
    const { driver } = queue.seat.context
    const asked = vi.spyOn(driver, 'lease')
    const workers = [1, 2].map(() =>
      on.engine.worker(queue, () => void starts.push(performance.now()), { concurrency: 50 }),
    )
    await queue.enqueueBatch(Array.from({ length: 20 }, (_, n) => n))
    await until(() => expect(starts).toHaveLength(20))
    for (const worker of workers) await worker.stop()
    // Any 6 in a row take longer than one window, less what timers and the server's clock may differ.
    for (let at = 0; at + 5 < starts.length; at++) expect(starts[at + 5]! - starts[at]!).toBeGreaterThan(120)
    expect(asked.mock.calls.length).toBeLessThan(60)
    asked.mockRestore()
  })
})

describe('groups', () => {
  it('are worked in order, one of each at a time, and held to their limit', async () => {
    const queue = on.engine.queue<number>(on.fresh(), { groupLimit: { max: 2, perMs: 250 } })
    const order = new Map<string, number[]>()
    const busy = new Set<string>()
    const starts: number[] = []
    const worker = on.engine.worker(
      queue,
      async ({ group, data }) => {
        expect(busy.has(group!)).toBe(false)
        busy.add(group!)
        if (group === 'a') starts.push(performance.now())
        order.set(group!, [...(order.get(group!) ?? []), data])
        await new Promise((resolve) => setImmediate(resolve))
        busy.delete(group!)
      },
      { concurrency: 10 },
    )
    for (const group of ['a', 'b']) await queue.enqueueBatch([0, 1, 2, 3], { group })
    await until(async () => expect(await queue.stats()).toMatchObject({ ackedTotal: 8 }))
    await worker.stop()
    expect([order.get('a'), order.get('b')]).toEqual([
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ])
    expect(starts[2]! - starts[0]!).toBeGreaterThan(150)
    expect(await queue.stats()).toMatchObject({ failedTotal: 0 })
  })
})

describe('a poisonous message', () => {
  it('is dead after so many killed workers, and others are done', async () => {
    const name = on.fresh()
    const queue = on.engine.queue<string>(name, { maxAttempts: 2 })
    await queue.enqueue('poison')
    const start = () =>
      spawn(
        process.execPath,
        ['--import', 'tsx', resolve(import.meta.dirname, 'crash-worker.ts'), String(on.server.port), name, '2'],
        { stdio: ['ignore', 'ignore', 'inherit'] },
      )
    for (let kill = 1; kill <= 2; kill++) {
      const [, signal] = await once(start(), 'exit')
      expect(signal).toBe('SIGKILL')
      // Its lease of 400 ms runs out; this engine's recoverer takes the message back.
      if (kill === 1) await on.engine.worker(queue, () => {}).pause()
      await until(async () =>
        expect(await queue.stats()).toMatchObject(kill === 1 ? { ready: 1, leased: 0 } : { dead: 1, leased: 0 }),
      )
    }
    const [dead] = (await queue.dead.browse()).items
    expect(dead).toMatchObject({ attempts: 2, error: { name: 'LeaseExpired' } })
    expect(dead?.history.filter(({ event }) => event === 'lease expired')).toHaveLength(2)
  }, 30_000)
})
