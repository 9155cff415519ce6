import { parseQueueKey, queueKey } from '@shared/model/queue'
import BeeQueue from 'bee-queue'
import Bull from 'bull'
import { Queue as BullmqQueue, Worker as BullmqWorker } from 'bullmq'
import { Redis } from 'ioredis'
import { Queue as ResqueQueue } from 'node-resque'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { Engine } from '../engine/engine'
import { AsynqActors } from './adapters/asynq/testing/asynq-actors'
import { CeleryProducer } from './adapters/celery/testing/celery-actors'
import { ListQueue, StreamQueue, teamJob } from './adapters/declared/team-code'
import { startRq } from './adapters/rq/testing/rq-program'
import { SidekiqProgram } from './adapters/sidekiq/testing/sidekiq-program'
import type { Connection } from './connection'
import { openConnection } from './open'
import { startRedis, type TestRedis } from './testing/redis-server'

let server: TestRedis
let redis: Redis
let connection: Connection
const closing: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  server = await startRedis()
  redis = new Redis(server.port)
  await Promise.all([bullmq(), bull(), bee(), resque(), sidekiq(), rq(), celery(), asynq(), engine(), teams()])
  connection = await openConnection(
    {
      name: 'shared',
      kind: 'redis',
      tier: 'dev',
      topology: { kind: 'single', host: '127.0.0.1', port: server.port },
      database: 0,
      username: null,
      tls: { enabled: false, caFile: null, verify: true },
    },
    { password: null, mfaCode: () => null },
  )
}, 60_000)

afterAll(async () => {
  await connection.close()
  await Promise.all(closing.map((close) => close()))
  redis.disconnect()
  await server.stop()
})

const down = () => Promise.reject(new Error('down'))

/** One in a handler that ends when the test does, and whatever is closed after it. */
function held(close: () => Promise<unknown>): { readonly begun: Promise<void>; readonly handler: () => Promise<void> } {
  let begin = () => {}
  let end = () => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  closing.push(async () => {
    end()
    await close()
  })
  return {
    begun,
    handler: () => {
      begin()
      return ended
    },
  }
}

async function bullmq(): Promise<void> {
  const options = { connection: { port: server.port } }
  const queue = new BullmqQueue('orders', options)
  await queue.add('job', { n: 1 })
  const failing = new BullmqWorker('orders', down, options)
  await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(1), 10_000)
  await failing.close()
  await queue.add('job', { n: 2 }, { delay: 600_000 })
  await queue.add('job', { n: 3 })
  const { begun, handler } = held(async () => {
    await worker.close()
    await queue.close()
  })
  const worker = new BullmqWorker('orders', handler, options)
  await begun
}

async function bull(): Promise<void> {
  const open = () => new Bull('avatars', { redis: { host: '127.0.0.1', port: server.port } })
  const failing = open()
  void failing.process(down)
  await failing.add({ n: 1 })
  await vi.waitFor(async () => expect(await failing.getFailedCount()).toBe(1), 10_000)
  await failing.close()
  const queue = open()
  await queue.add({ n: 2 }, { delay: 600_000 })
  await queue.add({ n: 3 }, { priority: 2 })
  const { begun, handler } = held(() => queue.close())
  void queue.process(handler)
  await begun
}

async function bee(): Promise<void> {
  const open = () => new BeeQueue('geocode', { redis: { port: server.port } }).ready()
  const failing = await open()
  failing.process(down)
  await failing.createJob({ n: 1 }).save()
  await vi.waitFor(async () => expect((await failing.checkHealth()).failed).toBe(1), 10_000)
  await failing.close()
  const queue = await open()
  await queue
    .createJob({ n: 2 })
    .delayUntil(Date.now() + 600_000)
    .save()
  await queue.createJob({ n: 3 }).save()
  const { begun, handler } = held(() => queue.close())
  queue.process(handler)
  await begun
}

async function resque(): Promise<void> {
  const queue = new ResqueQueue({
    connection: { host: '127.0.0.1', port: server.port, database: 0, pkg: 'ioredis', options: {} },
  })
  await queue.connect()
  closing.push(() => queue.end())
  await queue.enqueue('statements', 'monthly', [1])
  await queue.enqueueIn(600_000, 'statements', 'monthly', [2])
}

async function sidekiq(): Promise<void> {
  const program = new SidekiqProgram(server.port)
  closing.push(() => program.stop())
  await program.push([
    { queue: 'default', args: [1] },
    { queue: 'critical', args: [2] },
    { queue: 'default', args: [3], at: Math.floor(Date.now() / 1_000) + 600 },
  ])
}

async function rq(): Promise<void> {
  const program = startRq(server.port)
  closing.push(() => program.stop())
  await program.ask(['submit', 'mails', ['fail'], {}])
  await program.ask(['work', 'mails'])
  await program.ask(['submit', 'mails', [1], {}])
  await program.ask(['start', 'mails'])
  await program.ask(['later', 'mails', 600, [2]])
  await program.ask(['submit', 'mails', [3], {}])
}

async function celery(): Promise<void> {
  const producer = new CeleryProducer(server.port)
  closing.push(() => producer.stop())
  await producer.send([
    { name: 'tasks.mail', args: [1], queue: 'celery' },
    { name: 'tasks.mail', args: [2], queue: 'celery', priority: 6 },
  ])
}

async function asynq(): Promise<void> {
  const actors = new AsynqActors(redis, 'critical')
  for (let n = 0; n < 4; n += 1) await actors.enqueue('mail', '{}')
  await actors.enqueue('mail', '{}', { dueIn: 600 })
  await actors.fail((await actors.take())!, 'down', 'archived')
  await actors.fail((await actors.take())!, 'down', 'retry')
  await actors.take()
}

async function engine(): Promise<void> {
  const opened = await Engine.open({ redis: { port: server.port } })
  closing.push(() => opened.close())
  const queue = opened.queue('invoices', { maxAttempts: 1 })
  await queue.enqueue({ n: 1 })
  await (await queue.lease())[0]!.nack(new Error('down'))
  await queue.enqueueBatch(Array.from({ length: 20 }, (_, n) => ({ n })))
  await queue.enqueue({ n: 2 }, { delayMs: 600_000, group: 'a' })
}

/** What teams write by hand, beside keys that are nobody's queue. */
async function teams(): Promise<void> {
  const list = new ListQueue(redis, 'sms')
  await list.enqueue(teamJob('1', { n: 1 }, { maxAttempts: 1 }))
  await list.work(() => {
    throw new Error('down')
  })
  await list.enqueue(teamJob('2', { n: 2 }))
  await list.enqueueLater(teamJob('3', { n: 3 }), 600_000)
  const stream = new StreamQueue(redis, 'clicks')
  await stream.start()
  await stream.enqueue(teamJob('1', { n: 1 }))
  await redis.xadd('audit', '*', 'who', 'me')
  await redis.lpush('todo', 'x')
  await redis.zadd('pqueue:calls', 1, JSON.stringify(teamJob('1', { n: 1 })))
  await redis.lpush('events:order.paid', '{}')
  await redis.set('session:1', 'x')
  await redis.zadd('leaderboard', 1, 'me')
  await redis.sadd('tags:failed', 'x')
  await redis.hset('user:1:jobs', 'title', 'clerk')
  await redis.set('invoice:id', '7')
}

const expected = [
  'asynq/asynq/critical',
  'bee/bq/geocode',
  'bull/bull/avatars',
  'bullmq/bull/orders',
  'celery//celery',
  'declared/event-log/order.paid',
  'declared/priority-set/calls',
  'declared/queue-list/sms',
  'declared/stream-queue/clicks',
  'engine/qe/invoices',
  'list//todo',
  // RQ's tasks write down there that they ran.
  'list//worked',
  'resque/resque/delayed%20schedule',
  'resque/resque/failed%20list',
  'resque/resque/statements',
  'rq/rq/mails',
  'sidekiq//critical',
  'sidekiq//dead%20set',
  'sidekiq//default',
  'sidekiq//retry%20set',
  'sidekiq//scheduled%20set',
  'stream//audit',
]

async function found(): Promise<readonly string[]> {
  const keys = new Set<string>()
  await connection.finder.find({
    found: ({ address }) => keys.add(queueKey(address)),
    signal: new AbortController().signal,
    pace: 'hurried',
  })
  return [...keys].sort()
}

it('finds each system’s queues on one Redis that all share, each as what it is and none twice', async () => {
  expect(await found()).toEqual(expected)
})

it('reads all of them without trouble', async () => {
  const addresses = expected.flatMap((key) => parseQueueKey(key) ?? [])
  expect(addresses).toHaveLength(expected.length)
  for (const reader of connection.layouts) {
    const own = addresses.filter(({ layout }) => layout === reader.layout)
    for (const [index, { trouble }] of (await reader.read(own)).entries())
      expect({ queue: own[index], trouble }).toEqual({ queue: own[index], trouble: null })
  }
})
