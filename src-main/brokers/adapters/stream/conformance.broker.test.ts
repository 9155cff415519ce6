import type { QueueAddress } from '@shared/model/queue'
import type { Redis } from 'ioredis'
import { describeAdapter } from '../../testing/adapter-conformance'
import type { AdapterScene, AdapterStage } from '../../testing/adapter-stage'
import { startRedisStage } from '../../testing/redis-stage'
import { StreamAdapter } from './adapter'

const address = (name: string): QueueAddress => ({ layout: 'stream', prefix: '', name })

/** Streams as services use them by their Redis clients: XADD by producers, XREADGROUP and XACK by consumers. No library makes these. */
describeAdapter('Redis streams', async (): Promise<AdapterStage> => {
  const redis = await startRedisStage()
  const { admin } = redis
  return {
    name: 'Redis streams',
    adapter: new StreamAdapter(redis.client),
    reading: new StreamAdapter(redis.readingClient),
    discover: (reader) => redis.discover(reader),
    scene: () => scene(admin, redis.writes),
    stop: () => redis.stop(),
  }
})

async function scene(admin: Redis, writes: AdapterScene['writes']): Promise<AdapterScene> {
  await admin.flushall()
  const telemetry: string[] = []
  for (let n = 0; n < 7; n += 1)
    telemetry.push((await admin.xadd('telemetry', '*', 'host', `web-${n}`, 'load', '0.5'))!)
  for (let n = 0; n < 10; n += 1) await admin.xadd('orders:placed', '*', 'data', JSON.stringify({ n }))
  await admin.xgroup('CREATE', 'orders:placed', 'billing', '0')
  const given = await read(admin, { key: 'orders:placed', group: 'billing', consumer: 'billing-1', count: 6 })
  for (const id of given.slice(0, 3)) await admin.xack('orders:placed', 'billing', id)
  for (let n = 0; n < 5; n += 1) await admin.xadd('mails', '*', 'to', 'a@b.example', 'n', String(n))
  for (const [group, count] of [
    ['sender', 5],
    ['archive', 2],
  ] as const) {
    await admin.xgroup('CREATE', 'mails', group, '0')
    for (const id of await read(admin, { key: 'mails', group, consumer: `${group}-1`, count }))
      await admin.xack('mails', group, id)
  }
  await admin.set('stranger', 'text')
  await admin.rpush('not-a-stream', 'x')
  return {
    async truth() {
      const lag = async (key: string) => {
        const groups = (await admin.xinfo('GROUPS', key)) as unknown[][]
        return Math.max(...groups.map((group) => Number(group[group.indexOf('lag') + 1])))
      }
      const pending = async (key: string, group: string) => Number(((await admin.xpending(key, group)) as unknown[])[0])
      return [
        { queue: address('telemetry'), counts: { ready: await admin.xlen('telemetry'), leased: 0, delayed: 0 } },
        {
          queue: address('orders:placed'),
          counts: { ready: await lag('orders:placed'), leased: await pending('orders:placed', 'billing') },
        },
        {
          queue: address('mails'),
          counts: {
            ready: await lag('mails'),
            leased: (await pending('mails', 'sender')) + (await pending('mails', 'archive')),
          },
        },
      ]
    },
    samples: [
      { queue: address('telemetry'), state: 'ready', id: telemetry[3]!, body: '{"host":"web-3","load":"0.5"}' },
      {
        queue: address('orders:placed'),
        state: 'leased',
        id: `${given[4]}@billing`,
        body: '{"n":4}',
        attempts: 1,
      },
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

async function read(
  admin: Redis,
  { key, group, consumer, count }: { key: string; group: string; consumer: string; count: number },
): Promise<readonly string[]> {
  const answer = (await admin.xreadgroup('GROUP', group, consumer, 'COUNT', count, 'STREAMS', key, '>')) as
    | [string, [string, string[]][]][]
    | null
  return (answer?.[0]?.[1] ?? []).map(([id]) => id)
}
