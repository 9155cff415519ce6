import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { freePort, startRedis, type TestRedis } from '../brokers/testing/redis-server'
import { Engine } from './engine'

let server: TestRedis
let engine: Engine

/** One node that owns all slots refuses what crosses slots as any cluster does. */
beforeAll(async () => {
  server = await startRedis([
    '--cluster-enabled',
    'yes',
    '--cluster-announce-ip',
    '127.0.0.1',
    '--cluster-port',
    String(await freePort()),
  ])
  const node = new Redis({ port: server.port, host: '127.0.0.1' })
  await node.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
  await vi.waitFor(async () => expect(await node.call('CLUSTER', 'INFO')).toContain('cluster_state:ok'), 10_000)
  node.disconnect()
  engine = await Engine.open({ redis: { cluster: [{ host: '127.0.0.1', port: server.port }] } })
})

afterAll(async () => {
  await engine.close(100)
  await server.stop()
})

it('works on a Cluster: each queue in one slot, and families across slots', async () => {
  const parents = engine.queue<string>('orders', { keepDone: {}, maxAttempts: 2, retryDelaysMs: [5] })
  const children = engine.queue<number>('parts', { limit: { max: 100, perMs: 1_000 } })
  const results: (readonly unknown[])[] = []
  const workers = [
    engine.worker(parents, async (message) => {
      await message.progress('summing')
      if (message.attempt === 1) throw new Error('once more')
      results.push(await message.once(`sum ${message.id}`, () => message.children()))
    }),
    engine.worker(children, ({ data }) => data * 2, { prefetch: 2 }),
  ]
  const { id } = await parents.enqueueFamily({
    data: 'x',
    options: { priority: 1, attributes: { a: 'b' } },
    children: [1, 2, 3].map((data) => ({ queue: children, data, options: { delayMs: 1 } })),
  })
  await vi.waitFor(() => expect(results).toEqual([[2, 4, 6]]), 10_000)
  await vi.waitFor(async () => expect((await parents.get(id))?.state).toBe('done'), 5_000)
  await children.schedules.put('k', { everyMs: 1_000, limit: 1, data: 9 })
  await vi.waitFor(async () => expect((await children.stats()).ackedTotal).toBe(4), 10_000)
  await parents.enqueue('again', { dedupKey: 'k', group: 'g' })
  await Promise.all(workers.map((worker) => worker.stop()))
  expect(await parents.purge('ready')).toBeGreaterThanOrEqual(0)
  expect(engine.durability?.facts.role).toBe('master')
})
