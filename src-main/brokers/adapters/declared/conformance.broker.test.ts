import type { QueueAddress } from '@shared/model/queue'
import { shippedDeclarations } from '@shared/model/shipped-declarations'
import type { Redis } from 'ioredis'
import { describeAdapter } from '../../testing/adapter-conformance'
import type { AdapterScene, AdapterStage } from '../../testing/adapter-stage'
import { startRedisStage } from '../../testing/redis-stage'
import { handleOf } from '../element-id'
import { DeclaredAdapter } from './adapter'
import { emit, enqueueByPriority, ListQueue, StreamQueue, teamJob } from './team-code'

const address = (prefix: string, name: string): QueueAddress => ({ layout: 'declared', prefix, name })

const boom = () => {
  throw new Error('card was declined')
}

const stageOf = (scene: (admin: Redis) => Promise<AdapterScene>, name: string) => async (): Promise<AdapterStage> => {
  const redis = await startRedisStage()
  return {
    name,
    adapter: new DeclaredAdapter(redis.client, shippedDeclarations),
    reading: new DeclaredAdapter(redis.readingClient, shippedDeclarations),
    discover: (reader) => redis.discover(reader),
    async scene() {
      await redis.admin.flushall()
      await strangers(redis.admin)
      return { ...(await scene(redis.admin)), writes: redis.writes }
    },
    stop: () => redis.stop(),
  }
}

/** What looks like theirs and is not. */
async function strangers(admin: Redis): Promise<void> {
  await admin.set('queue:cache', 'text')
  await admin.rpush('resque:queue:mails', '{"class":"Mail","args":[]}')
  await admin.sadd('queues', 'default')
  await admin.lpush('queue:default', '{"class":"Mail","jid":"0f3a","args":[]}')
  await admin.hset('processing:alone', 'a', 'b')
  await admin.lpush('dlq:another', 'a')
  await admin.xadd('events:stream', '*', 'a', 'b')
  await admin.lpush('mails', 'a')
}

const idIn = (label: string, raw: string) => `${label}#${handleOf(Buffer.from(raw))}`

const edited = (body: string) => body.replace('"amount":1', '"amount":9007199254740993')

const outgoing = { name: null, body: JSON.stringify(teamJob('sent', { amount: 5 }, { createdAt: 1_718_000_000_000 })) }

describeAdapter(
  'queue:NAME lists',
  stageOf(async (admin) => {
    const [mails, billing, nested] = ['mails', 'billing', 'a:dead:b'].map((name) => new ListQueue(admin, name))
    const ready: string[] = []
    const leased: string[] = []
    for (let n = 0; n < 2; n += 1) await mails!.enqueue(teamJob(`taken-${n}`, { n }))
    for (let n = 0; n < 2; n += 1) leased.push((await mails!.take())!)
    for (let n = 0; n < 7; n += 1) ready.push(await mails!.enqueue(teamJob(`m-${n}`, { n })))
    const delayed: string[] = []
    for (let n = 0; n < 4; n += 1) delayed.push(await mails!.enqueueLater(teamJob(`d-${n}`, { n }), 60_000))
    await nested!.enqueue(teamJob('n-1', 'plain text'))
    for (let n = 0; n < 6; n += 1) await billing!.enqueue(teamJob(`b-${n}`, { amount: 1, n }, { maxAttempts: 1 }))
    await billing!.work(boom)
    const [dead] = await admin.lrange('queue:billing:dead', -1, -1)
    const [mailsAt, billingAt] = [address('queue-list', 'mails'), address('queue-list', 'billing')]
    return {
      truth: () => listTruth(admin, ['mails', 'billing', 'a:dead:b']),
      samples: [
        { queue: mailsAt, state: 'ready', id: idIn('m-3', ready[3]!), body: ready[3]!, name: 'job', attempts: 0 },
        { queue: mailsAt, state: 'delayed', id: idIn('d-2', delayed[2]!), body: delayed[2]! },
        { queue: mailsAt, state: 'leased', id: idIn('taken-1', `taken-1\0${leased[1]!}`), body: leased[1]! },
        {
          queue: billingAt,
          state: 'dead',
          id: idIn('b-0', dead!),
          body: dead!,
          error: { message: 'card was declined', stack: null },
          attempts: 1,
        },
      ],
      mended: billingAt,
      work: ({ name }) => new ListQueue(admin, name).work(() => 'ok'),
      edited,
      outgoing,
      spoil: async ({ name }) => {
        await admin.set(`queue:${name}`, 'something else')
      },
      vanish: async ({ name }) => {
        await admin.del(...['', ':delayed', ':processing', ':dead'].map((suffix) => `queue:${name}${suffix}`))
      },
    }
  }, 'queue:NAME lists'),
)

async function listTruth(admin: Redis, names: readonly string[]) {
  return await Promise.all(
    names.map(async (name) => ({
      queue: address('queue-list', name),
      counts: {
        ready: await admin.llen(`queue:${name}`),
        delayed: await admin.zcard(`queue:${name}:delayed`),
        leased: await admin.hlen(`queue:${name}:processing`),
        dead: await admin.llen(`queue:${name}:dead`),
      },
    })),
  )
}

describeAdapter(
  'stream:NAME with group:NAME',
  stageOf(async (admin) => {
    const [orders, billing] = ['orders:eu', 'billing'].map((name) => new StreamQueue(admin, name))
    await Promise.all([orders!.start(), billing!.start()])
    for (let n = 0; n < 9; n += 1) await orders!.enqueue(teamJob(`o-${n}`, { n }))
    const taken = await orders!.take(4)
    for (let n = 0; n < 3; n += 1) await orders!.enqueueLater(teamJob(`d-${n}`, { n }), 60_000)
    for (let n = 0; n < 6; n += 1) await billing!.enqueue(teamJob(`b-${n}`, { amount: 1, n }))
    await billing!.work(boom)
    const waiting = await admin.xrange('stream:orders:eu', `(${taken.at(-1)![0]}`, '+')
    const [dead] = await admin.lrange('dlq:billing', 0, 0)
    const [ordersAt, billingAt] = [address('stream-queue', 'orders:eu'), address('stream-queue', 'billing')]
    return {
      truth: () => streamTruth(admin, ['orders:eu', 'billing']),
      samples: [
        { queue: ordersAt, state: 'ready', id: waiting[1]![0], body: waiting[1]![1][1]!, name: 'job' },
        { queue: ordersAt, state: 'leased', id: taken[2]![0], body: taken[2]![1], attempts: 1 },
        {
          queue: billingAt,
          state: 'dead',
          id: idIn('b-5', dead!),
          body: dead!,
          error: { message: 'card was declined', stack: null },
          attempts: 3,
        },
      ],
      mended: billingAt,
      work: ({ name }) => new StreamQueue(admin, name).work(() => 'ok'),
      edited,
      outgoing,
      spoil: async ({ name }) => {
        await admin.set(`stream:${name}`, 'something else')
      },
      vanish: async ({ name }) => {
        await admin.del(`stream:${name}`, `stream:${name}:delayed`, `processing:${name}`, `dlq:${name}`)
      },
    }
  }, 'stream:NAME with group:NAME'),
)

async function streamTruth(admin: Redis, names: readonly string[]) {
  return await Promise.all(
    names.map(async (name) => {
      const [pending] = (await admin.xpending(`stream:${name}`, `group:${name}`)) as [number]
      return {
        queue: address('stream-queue', name),
        counts: {
          ready: (await admin.xlen(`stream:${name}`)) - pending,
          leased: pending,
          delayed: await admin.zcard(`stream:${name}:delayed`),
          dead: await admin.llen(`dlq:${name}`),
        },
      }
    }),
  )
}

describeAdapter(
  'pqueue:NAME and events:TYPE',
  stageOf(async (admin) => {
    for (let n = 0; n < 8; n += 1) await enqueueByPriority(admin, 'thumbnails', teamJob(`t-${n}`, { n }), n % 3)
    const events: string[] = []
    for (let n = 0; n < 7; n += 1) events.push(await emit(admin, 'user.created', { n, ts: Date.now() }))
    const first = await admin.zrange('pqueue:thumbnails', 0, '0')
    const [pqueue, log] = [address('priority-set', 'thumbnails'), address('event-log', 'user.created')]
    return {
      truth: async () => [
        { queue: pqueue, counts: { ready: await admin.zcard('pqueue:thumbnails') } },
        { queue: log, counts: { done: await admin.llen('events:user.created'), ready: 0 } },
      ],
      samples: [
        { queue: pqueue, state: 'ready', id: idIn('t-0', first[0]!), body: first[0]! },
        { queue: log, state: 'done', id: handleOf(Buffer.from(events[4]!)), body: events[4]!, name: 'user.created' },
      ],
      mended: null,
      spoil: async ({ name }) => {
        await admin.set(`pqueue:${name}`, 'something else')
      },
      vanish: async ({ name }) => {
        await admin.del(`pqueue:${name}`)
      },
    }
  }, 'pqueue:NAME and events:TYPE'),
)
