import type { QueueAddress } from '@shared/model/queue'
import { Queue, Worker } from 'bullmq'
import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../../runtime/clock'
import { type RedisClient, redisClient } from '../../clients/redis'
import { redisFinder } from '../../finder'
import type { Found } from '../../reader'
import { freePort, startRedis, type TestRedis } from '../../testing/redis-server'
import { BullmqAdapter } from './adapter'

const address = (name: string): QueueAddress => ({ layout: 'bullmq', prefix: `{${name}}`, name })

/** One node that holds every slot: the cluster's client and its rules, without the wait for gossip. */
describe('BullMQ on a cluster', () => {
  let server: TestRedis
  let client: RedisClient
  let connection: Cluster

  beforeAll(async () => {
    // Alone it does not know its own address, and its bus would want a port 10,000 above.
    const bus = String(await freePort())
    server = await startRedis([
      ...['--cluster-enabled', 'yes', '--cluster-port', bus],
      ...['--cluster-announce-ip', '127.0.0.1'],
    ])
    const admin = new Redis(server.port)
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    await vi.waitFor(async () => expect(await admin.call('CLUSTER', 'INFO')).toContain('cluster_state:ok'), 10_000)
    admin.disconnect()
    const nodes = [{ host: '127.0.0.1', port: server.port }]
    connection = new Cluster(nodes, { redisOptions: { maxRetriesPerRequest: null } })
    client = redisClient({
      topology: { kind: 'cluster', nodes },
      database: 0,
      username: null,
      password: null,
      tls: null,
    })
    await client.connect()
  })

  afterAll(async () => {
    client.disconnect()
    connection.disconnect()
    await server.stop()
  })

  it('finds, reads, browses and mends queues of several slots', async () => {
    for (const name of ['orders', 'mails', 'reports']) {
      const queue = new Queue(name, { connection, prefix: `{${name}}` })
      await queue.add('job', { n: 1 }, { jobId: 'j-1' })
      await queue.add('job', { n: 2 }, { jobId: 'j-2', delay: 600_000 })
      await queue.close()
    }
    const adapter = new BullmqAdapter(client)
    const found: Found[] = []
    await redisFinder(client, [adapter], { clock: systemClock, prefixes: [] }).find({
      found: (queue) => found.push(queue),
      signal: new AbortController().signal,
      pace: 'hurried',
    })
    const addresses = ['mails', 'orders', 'reports'].map(address)
    expect(found.map((queue) => queue.address).sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(addresses)
    expect(await adapter.read(addresses)).toMatchObject(addresses.map(() => ({ ready: 1, delayed: 1, trouble: null })))

    const orders = address('orders')
    const failing = new Worker(
      'orders',
      () => {
        throw new Error('boom')
      },
      { connection, prefix: '{orders}' },
    )
    await new Promise<void>((resolve) => failing.on('failed', () => resolve()))
    await failing.close()
    const { items } = await adapter.browse(orders, { state: 'dead', cursor: null, limit: 10 })
    expect(items).toMatchObject([{ id: 'j-1', error: 'boom' }])
    const snapshots = await adapter.snapshot(orders, 'dead', ['j-1'])
    expect(await adapter.remove(orders, 'dead', ['j-1'])).toMatchObject([{ outcome: 'applied' }])
    expect(await adapter.restore(orders, snapshots)).toMatchObject([{ outcome: 'applied' }])
    expect(await adapter.replay(orders, ['j-1'])).toMatchObject([{ outcome: 'applied' }])
    const [id] = await adapter.send(orders, [
      { name: 'x', body: Buffer.from('{}'), delayMs: 0, priority: null, attributes: {} },
    ])
    expect(await adapter.states(orders, ['j-1', id!])).toEqual(['ready', 'ready'])
  })
})
