import { queueKey } from '@shared/model/queue'
import BeeQueue from 'bee-queue'
import Bull from 'bull'
import { Queue as BullmqQueue } from 'bullmq'
import { Queue as ResqueQueue } from 'node-resque'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../runtime/clock'
import { redisFinder } from '../finder'
import { type RedisStage, startRedisStage } from '../testing/redis-stage'
import { BeeAdapter } from './bee/adapter'
import { BullAdapter } from './bull/adapter'
import { BullmqAdapter } from './bullmq/adapter'
import { ResqueAdapter } from './resque/adapter'

let stage: RedisStage

beforeAll(async () => {
  stage = await startRedisStage()
})

afterAll(() => stage.stop())

it('tells the queues of four libraries on one Redis apart in one walk', async () => {
  const { port } = stage.server
  const bullmq = new BullmqQueue('mail', { connection: { port } })
  await bullmq.add('x', {})
  const bull = new Bull('orders', { redis: { port } })
  await bull.add({})
  const bee = await new BeeQueue('images', { redis: { port } }).ready()
  await bee.createJob({}).save()
  const resque = new ResqueQueue({ connection: { pkg: 'ioredis', host: '127.0.0.1', port, options: {}, database: 0 } })
  await resque.connect()
  await resque.enqueue('reports', 'job', [])
  await Promise.all([bullmq.close(), bull.close(), bee.close(), resque.end()])

  const readers = [BullmqAdapter, BullAdapter, BeeAdapter, ResqueAdapter].map(
    (Adapter) => new Adapter(stage.readingClient),
  )
  for (const order of [readers, [...readers].reverse()]) {
    const found = new Set<string>()
    await redisFinder(stage.readingClient, order, { clock: systemClock, prefixes: [] }).find({
      found: ({ address }) => found.add(queueKey(address)),
      signal: new AbortController().signal,
      pace: 'hurried',
    })
    expect([...found].sort()).toEqual([
      'bee/bq/images',
      'bull/bull/orders',
      'bullmq/bull/mail',
      'resque/resque/failed%20list',
      'resque/resque/reports',
    ])
  }
})
