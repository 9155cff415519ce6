import { queueKey } from '@shared/model/queue'
import { shippedDeclarations } from '@shared/model/shipped-declarations'
import { Queue } from 'bullmq'
import { Cluster } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../runtime/clock'
import { BullmqAdapter } from './adapters/bullmq/adapter'
import { DeclaredAdapter } from './adapters/declared/adapter'
import { emit, enqueueByPriority, ListQueue, StreamQueue, teamJob } from './adapters/declared/team-code'
import { ListAdapter } from './adapters/list/adapter'
import { StreamAdapter } from './adapters/stream/adapter'
import { type RedisClient, redisClient } from './clients/redis'
import { redisFinder } from './finder'
import { type KeyWalk, walkKeys } from './key-walk'
import type { Found, Reader } from './reader'
import { freePort, startRedis, type TestRedis } from './testing/redis-server'
import { type RedisStage, startRedisStage } from './testing/redis-stage'

let stage: RedisStage

beforeAll(async () => {
  stage = await startRedisStage()
})
afterAll(async () => {
  await stage.stop()
})
beforeEach(async () => {
  await stage.admin.flushall()
})

const readersOn = (client: RedisClient): readonly Reader[] => [
  new BullmqAdapter(client),
  new DeclaredAdapter(client, shippedDeclarations),
  new StreamAdapter(client),
  new ListAdapter(client),
]

interface Walked {
  readonly keys: readonly string[]
  readonly found: readonly Found[]
  readonly bounds: readonly string[]
}

async function walked(client: RedisClient, change: Partial<KeyWalk> = {}): Promise<Walked> {
  const found: Found[] = []
  const families = readersOn(client).flatMap(({ layout, keys }) => (keys ? [{ layout, keys }] : []))
  const { bounds } = await walkKeys(client, {
    families,
    found: (queue) => found.push(queue),
    known: [],
    signal: new AbortController().signal,
    clock: systemClock,
    pace: 'hurried',
    prefixes: [],
    ...change,
  })
  return { keys: found.map(({ address }) => queueKey(address)).sort(), found, bounds }
}

/** Thirty thousand keys that are nobody's queue. */
async function strangers(): Promise<void> {
  const { admin } = stage
  for (let from = 0; from < 10_000; from += 1_000) {
    const pipeline = admin.pipeline()
    for (let n = from; n < from + 1_000; n += 1) {
      pipeline.set(`session:${n.toString(16).padStart(32, '0')}`, 'x')
      pipeline.hset(`bull:mail:${n}`, 'data', '{}')
      pipeline.hset(`queue:mails:job:${n}`, 'data', '{}')
    }
    await pipeline.exec()
  }
  await admin.set('queue:cache', 'x')
  await admin.sadd('tags', 'a')
  await admin.zadd('board', 1, 'a')
  await admin.call('SETBIT', 'bits', '7', '1')
}

async function queuesOfAllKinds(): Promise<readonly string[]> {
  const { admin, server } = stage
  const mail = new Queue('mail', { connection: { port: server.port } })
  await mail.add('send', { n: 1 }, { jobId: 'j-1' })
  await mail.add('send', { n: 2 }, { delay: 60_000 })
  await mail.close()
  // A job's log is a list below the queue's own keys, and no queue.
  await admin.rpush('bull:mail:j-1:logs', 'line')
  await new ListQueue(admin, 'mails').enqueue(teamJob('1', 1))
  await new ListQueue(admin, 'a:b').enqueueLater(teamJob('1', 1), 60_000)
  await admin.lpush('queue:a:b:dead', 'x')
  const orders = new StreamQueue(admin, 'orders')
  await orders.start()
  await orders.enqueue(teamJob('1', 1))
  await orders.take(1)
  await admin.lpush('dlq:orders', 'x')
  await enqueueByPriority(admin, 'thumbnails', teamJob('1', 1), 1)
  await emit(admin, 'user.created', {})
  await admin.lpush('worklist', 'a')
  await admin.lpush('tenant-7:inbox', 'a')
  await admin.xadd('telemetry', '*', 'a', 'b')
  return [
    'bullmq/bull/mail',
    'declared/event-log/user.created',
    'declared/priority-set/thumbnails',
    'declared/queue-list/a%3Ab',
    'declared/queue-list/mails',
    'declared/stream-queue/orders',
    'list//tenant-7%3Ainbox',
    'list//worklist',
    'stream//telemetry',
  ]
}

describe('the walk over all keys', () => {
  it('finds every queue among strangers, each once, and no part of one as a queue of its own', async () => {
    await strangers()
    const expected = await queuesOfAllKinds()
    expect((await walked(stage.readingClient)).keys).toEqual(expected)
  })

  it('asks about few of the strangers', async () => {
    await strangers()
    await queuesOfAllKinds()
    await stage.admin.config('RESETSTAT')
    await walked(stage.client)
    const stats = await stage.admin.info('commandstats')
    const types = Number(/cmdstat_type:calls=(\d+)/.exec(stats)?.[1])
    expect(types).toBeLessThan(4_000)
    expect(stats).not.toContain('cmdstat_keys')
  })

  it('leaves to Sidekiq what its own set lists', async () => {
    await stage.admin.sadd('queues', 'default')
    await stage.admin.lpush('queue:default', '{"class":"Mail","jid":"0f3a","args":[]}')
    await new ListQueue(stage.admin, 'mails').enqueue(teamJob('1', 1))
    // As Sidekiq's own adapter tells of it, from its registry.
    const address = { layout: 'sidekiq', prefix: '', name: 'default' } as const
    const known: Found[] = [{ address, product: 'Sidekiq', ownKeys: ['queue:default'] }]
    expect((await walked(stage.client, { known })).keys).toEqual(['declared/queue-list/mails'])
    expect((await walked(stage.client)).keys).toEqual(['declared/queue-list/mails', 'list//queue%3Adefault'])
  })

  it('tells a queue once whose keys are read in two ways', async () => {
    const [found] = (await walked(stage.client)).found
    expect(found).toBeUndefined()
    await stage.admin.lpush('queue:a', 'x')
    await stage.admin.lpush('queue:a:dead', 'x')
    const twice = { layout: 'declared', keys: { sight: sightAll, prove: proveAlways } } as const
    const { keys } = await walked(stage.client, { families: [twice] })
    expect(keys).toEqual(['declared/x/a'])
  })

  it('shows 5,000 lists of one kind of name, 10,000 in all, and says so', async () => {
    const { admin } = stage
    const lists = async (count: number, nameOf: (n: number) => string) => {
      for (let from = 0; from < count; from += 2_000) {
        const pipeline = admin.pipeline()
        for (let n = from; n < Math.min(count, from + 2_000); n += 1) pipeline.rpush(nameOf(n), 'x')
        await pipeline.exec()
      }
    }
    await lists(30_000, (n) => `user:${n}:inbox`)
    await admin.lpush('worklist', 'a')
    await admin.config('RESETSTAT')
    const one = await walked(stage.client)
    expect(one.keys.length).toBe(5_001)
    expect(one.keys).toContain('list//worklist')
    expect(one.bounds).toEqual([
      'Of lists and streams that no known library owns, at most 10,000 are shown, and 5,000 of one kind of name, and there may be more of “user:#:inbox”. Say in the environment what the names of those begin with that are queues.',
    ])
    const types = Number(/cmdstat_type:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1])
    expect(types).toBeLessThan(11_000)

    await lists(4_000, (n) => `cart:${n}`)
    await lists(4_000, (n) => `seen:${n}:today`)
    const many = await walked(stage.client)
    expect(many.keys.length).toBe(10_000)
    expect(many.bounds[0]).toContain('at most 10,000 are shown')
    expect((await walked(stage.client, { prefixes: ['cart:'] })).bounds).toEqual([])
  })

  it('looks only at keys that begin as they are wanted', async () => {
    await queuesOfAllKinds()
    expect((await walked(stage.client, { prefixes: ['stream:', 'tenant-'] })).keys).toEqual([
      'declared/stream-queue/orders',
      'list//tenant-7%3Ainbox',
    ])
  })

  it('tells queues as it goes, and how far it is', async () => {
    await strangers()
    await queuesOfAllKinds()
    const progress: number[] = []
    let firstAt = 0
    await walked(stage.client, {
      found: () => {
        firstAt ||= progress.at(-1) ?? 1
      },
      onProgress: (keys) => progress.push(keys),
    })
    expect(progress).toEqual([...progress].sort((a, b) => a - b))
    expect(progress.at(-1)).toBeGreaterThanOrEqual(30_000)
    expect(firstAt).toBeLessThan(30_000)
  })

  it('ends quietly with the signal, in the middle of it', async () => {
    await strangers()
    await queuesOfAllKinds()
    const ending = new AbortController()
    let steps = 0
    await walked(stage.client, {
      signal: ending.signal,
      onProgress: () => {
        steps += 1
        if (steps === 2) ending.abort()
      },
    })
    expect(steps).toBe(2)
  })

  it('says what a user without SCAN can do', async () => {
    await stage.admin.call(
      'ACL',
      'SETUSER',
      'blind',
      'on',
      '>pw',
      'resetkeys',
      '~*',
      '-@all',
      '+@read',
      '-scan',
      '+info',
      '+hello',
      '+auth',
    )
    const blind = redisClient({
      topology: { kind: 'single', host: '127.0.0.1', port: stage.server.port },
      database: 0,
      username: 'blind',
      password: 'pw',
      tls: null,
    })
    await blind.connect()
    await expect(walked(blind)).rejects.toMatchObject({ code: 'denied', hint: expect.stringContaining('+scan') })
    const report = await redisFinder(blind, readersOn(blind), { clock: systemClock, prefixes: [] }).find({
      found: () => {},
      signal: new AbortController().signal,
      pace: 'hurried',
    })
    expect(report).toEqual({ whole: [], troubles: [expect.stringContaining('may not run SCAN')], bounds: [] })
    blind.disconnect()
  })

  it('passes over keys that this user may not ask about', async () => {
    await queuesOfAllKinds()
    await stage.admin.call(
      'ACL',
      'SETUSER',
      'narrow',
      'on',
      '>pw',
      'resetkeys',
      '~queue:*',
      '-@all',
      '+@read',
      '+scan',
      '+info',
      '+hello',
      '+auth',
    )
    const narrow = redisClient({
      topology: { kind: 'single', host: '127.0.0.1', port: stage.server.port },
      database: 0,
      username: 'narrow',
      password: 'pw',
      tls: null,
    })
    await narrow.connect()
    expect((await walked(narrow)).keys).toEqual(['declared/queue-list/a%3Ab', 'declared/queue-list/mails'])
    narrow.disconnect()
  })
})

const sightAll = (key: string) => ({ candidate: key })

const proveAlways = (candidates: readonly string[]): Promise<readonly (readonly Found[])[]> =>
  Promise.resolve(
    candidates.map(() => [{ address: { layout: 'declared' as const, prefix: 'x', name: 'a' }, product: 'x' }]),
  )

describe('the walk over a cluster', () => {
  const nodes: TestRedis[] = []
  let client: RedisClient
  let admin: Cluster

  beforeAll(async () => {
    const buses: number[] = []
    for (let n = 0; n < 3; n += 1) {
      const bus = await freePort()
      buses.push(bus)
      nodes.push(
        await startRedis([
          ...['--cluster-enabled', 'yes', '--cluster-port', String(bus), '--cluster-node-timeout', '1000'],
          ...['--cluster-announce-ip', '127.0.0.1'],
        ]),
      )
    }
    const each = nodes.map(({ port }) => redisClient({ ...single(port) }))
    await Promise.all(each.map((node) => node.connect()))
    const shares = ['0 5460', '5461 10922', '10923 16383']
    for (const [index, node] of each.entries()) {
      await node.call('CLUSTER', 'ADDSLOTSRANGE', ...shares[index]!.split(' '))
      if (index > 0) await node.call('CLUSTER', 'MEET', '127.0.0.1', nodes[0]!.port, buses[0]!)
    }
    await vi.waitFor(
      async () => {
        for (const node of each) {
          const info = String(await node.call('CLUSTER', 'INFO'))
          expect(info).toContain('cluster_state:ok')
          expect(info).toContain('cluster_known_nodes:3')
        }
      },
      { timeout: 20_000, interval: 50 },
    )
    for (const node of each) node.disconnect()
    const topology = { kind: 'cluster', nodes: nodes.map(({ port }) => ({ host: '127.0.0.1', port })) } as const
    client = redisClient({ ...single(nodes[0]!.port), topology })
    await client.connect()
    admin = new Cluster([...topology.nodes])
  }, 60_000)

  afterAll(async () => {
    client?.disconnect()
    admin?.disconnect()
    for (const node of nodes) await node.stop()
  })

  const single = (port: number) => ({
    topology: { kind: 'single', host: '127.0.0.1', port } as const,
    database: 0,
    username: null,
    password: null,
    tls: null,
  })

  it('finds the queues of every master, and reads them', async () => {
    const names = Array.from({ length: 30 }, (_, n) => `q${n}`)
    for (const name of names) {
      await admin.lpush(`queue:${name}`, JSON.stringify(teamJob('1', 1)))
      await admin.lpush(`queue:${name}:dead`, 'x')
      await admin.lpush(`list-${name}`, 'x')
      await admin.xadd(`stream-${name}`, '*', 'a', 'b')
      await admin.set(`session:${name}`, 'x')
    }
    const masters = await Promise.all(admin.nodes('master').map((node) => node.dbsize()))
    expect(masters.length).toBe(3)
    expect(Math.min(...masters)).toBeGreaterThan(0)
    const { keys, found } = await walked(client)
    expect(keys).toEqual(
      [
        ...names.map((name) => `declared/queue-list/${name}`),
        ...names.map((name) => `list//list-${name}`),
        ...names.map((name) => `stream//stream-${name}`),
      ].sort(),
    )
    for (const reader of readersOn(client)) {
      const own = found.filter(({ address }) => address.layout === reader.layout).map(({ address }) => address)
      for (const reading of await reader.read(own)) expect(reading).toMatchObject({ ready: 1, trouble: null })
    }
  })

  it('moves nothing between slots, and says why', async () => {
    await admin.lpush('queue:split:dead', 'x')
    const adapter = new DeclaredAdapter(client, shippedDeclarations)
    const queue = { layout: 'declared', prefix: 'queue-list', name: 'split' } as const
    await expect(adapter.replay(queue, ['x'])).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('different slots'),
    })
    // A name that is a hash tag keeps all its keys together.
    await admin.lpush('queue:{one}:dead', 'x')
    const one = { ...queue, name: '{one}' }
    const { items } = await adapter.browse(one, { state: 'dead', cursor: null, limit: 10 })
    expect(
      await adapter.replay(
        one,
        items.map(({ id }) => id),
      ),
    ).toMatchObject([{ outcome: 'applied' }])
    expect(await admin.lrange('queue:{one}', 0, -1)).toEqual(['x'])
  })
})
