import type { QueueAddress } from '@shared/model/queue'
import { vi } from 'vitest'
import { Engine } from '../../../engine/engine'
import { describeAdapter } from '../../testing/adapter-conformance'
import type { AdapterScene, AdapterStage } from '../../testing/adapter-stage'
import { type RedisStage, startRedisStage } from '../../testing/redis-stage'
import { queueKeys } from './keys'
import { RedisReader } from './reader'

const orders: QueueAddress = { layout: 'engine', prefix: 'qe', name: 'orders' }
const quiet: QueueAddress = { layout: 'engine', prefix: 'qe', name: 'a:b {c}' }

describeAdapter('the engine', async (): Promise<AdapterStage> => {
  const stage = await startRedisStage()
  return {
    name: 'the engine',
    adapter: new RedisReader(stage.client),
    reading: new RedisReader(stage.readingClient),
    discover: stage.discover,
    scene: () => sceneOn(stage),
    stop: stage.stop,
  }
})

/** The scene before, whose engine must not look at keys that are gone. */
let before: Engine | undefined

async function sceneOn({ admin, server, writes }: RedisStage): Promise<AdapterScene> {
  await before?.close()
  await admin.flushall()
  const engine = await Engine.open({ redis: { port: server.port } })
  before = engine
  const queue = engine.queue<unknown>('orders', { maxAttempts: 1, keepDone: { count: 10 } })
  const bodies = Array.from({ length: 6 }, (_, n) => ({ n, text: 'ä' }))
  const outcomes = await queue.enqueueBatch(bodies)
  const dead = outcomes.flatMap((outcome) => ('id' in outcome && outcome.id ? [outcome.id] : []))
  for (const message of await queue.lease({ count: 6, waitMs: 2_000 }))
    await message.nack(new TypeError('card was declined'), { unrecoverable: true })
  await queue.enqueue({ done: true })
  for (const message of await queue.lease({ count: 1, waitMs: 2_000 })) await message.ack()
  await queue.enqueue({ leased: true })
  const [leased] = await queue.lease({ count: 1, waitMs: 2_000 })
  const later = await queue.enqueue({ later: true }, { delayMs: 600_000 })
  const other = engine.queue<unknown>(quiet.name)
  const ready = await other.enqueue({ ready: true })
  await admin.set('session:1', 'a stranger')
  await admin.lpush('plain', 'a stranger')
  return {
    async truth() {
      const counts = async (name: string) => {
        const stats = await engine.queue(name).stats()
        return {
          ready: stats.ready ?? -1,
          leased: stats.leased ?? -1,
          delayed: stats.delayed ?? -1,
          dead: stats.dead ?? -1,
          done: stats.done ?? -1,
        }
      }
      return [
        { queue: orders, counts: await counts(orders.name) },
        { queue: quiet, counts: await counts(quiet.name) },
      ]
    },
    samples: [
      {
        queue: orders,
        state: 'dead',
        id: dead[0]!,
        body: JSON.stringify(bodies[0]),
        error: { message: 'TypeError: card was declined', stack: 'TypeError' },
        attempts: 1,
      },
      { queue: orders, state: 'leased', id: leased!.id, body: '{"leased":true}' },
      { queue: orders, state: 'delayed', id: later, body: '{"later":true}' },
      { queue: quiet, state: 'ready', id: ready, body: '{"ready":true}' },
    ],
    mended: orders,
    async work({ name }) {
      const given: string[] = []
      const worker = engine.worker(engine.queue<unknown>(name), async ({ data }) => {
        given.push(JSON.stringify(data))
      })
      await vi.waitFor(async () => {
        const { ready: waiting } = await engine.queue(name).stats()
        if ((waiting ?? 1) > 0 || given.length === 0) throw new Error('still at work')
      })
      await worker.stop()
      return given
    },
    edited: (body) => body.replace('"n":', '"m":'),
    outgoing: { name: null, body: '{"sent":1}' },
    async spoil({ prefix, name }) {
      const { state } = queueKeys(prefix, name)
      await admin.del(state)
      await admin.set(state, 'no hash')
    },
    async vanish({ prefix, name }) {
      const { base } = queueKeys(prefix, name)
      const keys = (await admin.keys('*')).filter((key) => key.startsWith(base))
      await admin.del(...keys)
      await admin.srem('qe:queues', name)
    },
    writes,
  }
}
