import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { describeAdapter } from '../../testing/adapter-conformance'
import type { AdapterScene, AdapterStage } from '../../testing/adapter-stage'
import type { LineProgram } from '../../testing/line-program'
import { type RedisStage, startRedisStage } from '../../testing/redis-stage'
import { RqAdapter } from './adapter'
import { startRq } from './testing/rq-program'

type Counts = Readonly<Record<MessageState, number>>

const address = (name: string): QueueAddress => ({ layout: 'rq', prefix: 'rq', name })
const mail = address('mail')
const quiet = address('a:b c')

describeAdapter('RQ 1.13', async (): Promise<AdapterStage> => {
  const stage = await startRedisStage()
  const rq = startRq(stage.server.port)
  return {
    name: 'RQ 1.13',
    adapter: new RqAdapter(stage.client),
    reading: new RqAdapter(stage.readingClient),
    discover: stage.discover,
    scene: () => sceneOn(stage, rq),
    async stop() {
      await rq.stop()
      await stage.stop()
    },
  }
})

async function sceneOn({ admin, writes }: RedisStage, rq: LineProgram): Promise<AdapterScene> {
  await admin.flushall()
  const dead = await rq.ask<string[]>(['enqueue', mail.name, Array.from({ length: 6 }, (_, n) => ['fail', n])])
  const [done] = await rq.ask<string[]>(['enqueue', mail.name, [['ok']]])
  await rq.ask(['work', mail.name])
  await rq.ask(['enqueue', mail.name, [['held']]])
  const held = await rq.ask<string>(['start', mail.name])
  const later = await rq.ask<string>(['later', mail.name, 600, ['later']])
  const [ready] = await rq.ask<string[]>(['enqueue', quiet.name, [['quiet']]])
  await admin.set('session:1', 'a stranger')
  await admin.lpush('plain', 'a stranger')
  const data = async (id: string) => Buffer.from(await rq.ask<string>(['data', id]), 'base64').toString('utf8')
  return {
    truth: async () => [
      { queue: mail, counts: await rq.ask<Counts>(['counts', mail.name]) },
      { queue: quiet, counts: await rq.ask<Counts>(['counts', quiet.name]) },
    ],
    samples: [
      {
        queue: mail,
        state: 'dead',
        id: dead[0]!,
        body: await data(dead[0]!),
        error: { message: 'ValueError: mailbox unavailable', stack: 'tasks.py' },
        name: 'tasks.send',
      },
      { queue: mail, state: 'done', id: done!, body: await data(done!) },
      { queue: mail, state: 'leased', id: held, body: await data(held) },
      { queue: mail, state: 'delayed', id: later, body: await data(later) },
      { queue: quiet, state: 'ready', id: ready!, body: await data(ready!) },
    ],
    mended: mail,
    async work({ name }) {
      const ids = await admin.lrange(`rq:queue:${name}`, 0, -1)
      const bodies = await Promise.all(ids.map(data))
      await admin.set('healed', '1')
      await admin.del('worked')
      await rq.ask(['work', name])
      expect(await admin.llen('worked')).toBe(ids.length)
      return bodies
    },
    async spoil({ name }) {
      await admin.del(`rq:queue:${name}`)
      await admin.set(`rq:queue:${name}`, 'no list')
    },
    async vanish({ name }) {
      const keys = (await admin.keys('rq:*')).filter((key) => key.endsWith(`:${name}`) || key.startsWith('rq:job:'))
      await admin.del(...keys)
    },
    writes,
  }
}

describe('RQ’s jobs', () => {
  let stage: RedisStage
  let rq: LineProgram
  let adapter: RqAdapter

  beforeAll(async () => {
    stage = await startRedisStage()
    rq = startRq(stage.server.port)
    adapter = new RqAdapter(stage.client)
  })
  afterEach(() => stage.admin.flushall())
  afterAll(async () => {
    await rq.stop()
    await stage.stop()
  })

  it('that failed are given to the real worker once when they are requeued, with their id and call', async () => {
    const [id] = await rq.ask<string[]>(['enqueue', mail.name, [['fail', 'once']]])
    await rq.ask(['work', mail.name])
    const before = await rq.ask<string>(['data', id])
    expect(await adapter.states(mail, [id!])).toEqual(['dead'])
    await stage.admin.del('worked')
    await stage.admin.set('healed', '1')
    expect(await adapter.replay(mail, [id!])).toEqual([{ id, outcome: 'applied' }])
    expect(await rq.ask<string>(['data', id])).toBe(before)
    await rq.ask(['work', mail.name])
    expect(await stage.admin.lrange('worked', 0, -1)).toEqual(['["fail", "once"]'])
    expect(await adapter.states(mail, [id!])).toEqual(['done'])
  })

  it('are counted as RQ counts them, in 100 random states', async () => {
    for (let seed = 0; seed < 100; seed += 1) {
      if (seed % 10 === 0) await stage.admin.flushall()
      const told = await rq.ask<Counts>(['churn', mail.name, seed, 6])
      expect((await adapter.read([mail]))[0], `seed ${seed}`).toMatchObject(told)
    }
  }, 120_000)

  it('whose pickle nobody can read are shown as bytes, and can be discarded', async () => {
    const [id] = await rq.ask<string[]>(['enqueue', mail.name, [['x']]])
    await stage.admin.hset(`rq:job:${id}`, 'data', Buffer.from([0xff, 0xfe, 0x00, 0x80]))
    const { body } = await adapter.inspect(mail, id!)
    expect(body).toMatchObject({ kind: 'whole', base64: Buffer.from([0xff, 0xfe, 0x00, 0x80]).toString('base64') })
    expect(await adapter.remove(mail, 'ready', [id!])).toEqual([{ id, outcome: 'applied' }])
    expect(await rq.ask<Counts>(['counts', mail.name])).toMatchObject({ ready: 0 })
  })
})
