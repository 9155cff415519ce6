import type { QueueAddress } from '@shared/model/queue'
import type { Redis } from 'ioredis'
import { describeAdapter } from '../../testing/adapter-conformance'
import type { AdapterScene, AdapterStage } from '../../testing/adapter-stage'
import { startRedisStage } from '../../testing/redis-stage'
import { handleOf } from '../element-id'
import { ListAdapter } from './adapter'

const address = (name: string): QueueAddress => ({ layout: 'list', prefix: '', name })

/** Lists as services use them by their Redis clients: LPUSH and BRPOP, RPUSH and BLPOP. No library makes these. */
describeAdapter('Redis lists', async (): Promise<AdapterStage> => {
  const redis = await startRedisStage()
  const takenFrom = new Map([['mails', 'right'] as const])
  return {
    name: 'Redis lists',
    adapter: new ListAdapter(redis.client, { takenFrom }),
    reading: new ListAdapter(redis.readingClient, { takenFrom }),
    discover: (reader) => redis.discover(reader),
    scene: () => scene(redis.admin, redis.writes),
    stop: () => redis.stop(),
  }
})

async function scene(admin: Redis, writes: AdapterScene['writes']): Promise<AdapterScene> {
  await admin.flushall()
  for (let n = 0; n < 12; n += 1) await admin.lpush('mails', JSON.stringify({ to: `${n}@b.example` }))
  await admin.brpop('mails', 1)
  // Payloads that are one like another.
  for (const tick of ['tick', 'tock', 'tick', 'tick', 'tock', 'tick', 'last']) await admin.rpush('ticks:all', tick)
  await admin.set('stranger', 'text')
  await admin.xadd('not-a-list', '*', 'a', 'b')
  const body = '{"to":"5@b.example"}'
  return {
    async truth() {
      return await Promise.all(
        ['mails', 'ticks:all'].map(async (name) => ({
          queue: address(name),
          counts: { ready: await admin.llen(name), leased: 0, delayed: 0 },
        })),
      )
    },
    samples: [
      { queue: address('mails'), state: 'ready', id: handleOf(Buffer.from(body)), body },
      { queue: address('ticks:all'), state: 'ready', id: `${handleOf(Buffer.from('tick'))}.3`, body: 'tick' },
    ],
    mended: null,
    async spoil({ name }) {
      await admin.set(name, 'something else')
    },
    async vanish({ name }) {
      await admin.del(name)
    },
    writes,
  }
}
