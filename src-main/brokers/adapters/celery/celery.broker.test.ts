import { createHash } from 'node:crypto'
import type { QueueAddress } from '@shared/model/queue'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { describeAdapter } from '../../testing/adapter-conformance'
import type { AdapterScene, AdapterStage } from '../../testing/adapter-stage'
import { type RedisStage, startRedisStage } from '../../testing/redis-stage'
import { CeleryAdapter } from './adapter'
import { bindingPrefix, listsOf } from './keys'
import { CeleryProducer, runWorker } from './testing/celery-actors'

const address = (name: string): QueueAddress => ({ layout: 'celery', prefix: '', name })
const mail = address('celery')
const slow = address('slow:queue')
const embed = '{"callbacks": null, "errbacks": null, "chain": null, "chord": null}'

describeAdapter('Celery 5.2.6', async (): Promise<AdapterStage> => {
  const stage = await startRedisStage()
  const producer = new CeleryProducer(stage.server.port)
  return {
    name: 'Celery 5.2.6',
    adapter: new CeleryAdapter(stage.client),
    reading: new CeleryAdapter(stage.readingClient),
    discover: stage.discover,
    scene: () => sceneOn(stage, producer),
    async stop() {
      await producer.stop()
      await stage.stop()
    },
  }
})

async function sceneOn({ admin, writes }: RedisStage, producer: CeleryProducer): Promise<AdapterScene> {
  // Kombu binds its queues once in a process's life: what it has bound stays.
  const old = (await admin.keys('*')).filter((key) => !key.startsWith(bindingPrefix))
  if (old.length > 0) await admin.del(...old)
  const ids = await producer.send([
    ...Array.from({ length: 7 }, (_, n) => ({ name: 'mail.send', args: [n], priority: [0, 4, 9][n % 3]! })),
    { name: 'mail.send', args: ['slow'], queue: slow.name },
  ])
  await admin.set('session:1', 'a stranger')
  const length = async (queue: string) =>
    (await Promise.all(listsOf(queue).map((list) => admin.llen(list)))).reduce((sum, each) => sum + each, 0)
  return {
    truth: async () => [
      { queue: mail, counts: { ready: await length(mail.name) } },
      { queue: slow, counts: { ready: await length(slow.name) } },
    ],
    samples: [
      { queue: mail, state: 'ready', id: ids[0]!, body: `[[0], {}, ${embed}]`, name: 'mail.send', attempts: 0 },
      { queue: mail, state: 'ready', id: ids[1]!, body: `[[1], {}, ${embed}]` },
      { queue: slow, state: 'ready', id: ids[7]!, body: `[["slow"], {}, ${embed}]` },
    ],
    mended: null,
    async spoil({ name }) {
      await admin.del(name)
      await admin.set(name, 'not a list')
    },
    async vanish({ name }) {
      await admin.del(...listsOf(name))
    },
    writes,
  }
}

describe('Celery’s tasks', () => {
  let stage: RedisStage
  let producer: CeleryProducer
  let adapter: CeleryAdapter

  beforeAll(async () => {
    stage = await startRedisStage()
    producer = new CeleryProducer(stage.server.port)
    adapter = new CeleryAdapter(stage.client)
  })
  afterEach(() => stage.admin.flushall())
  afterAll(async () => {
    await producer.stop()
    await stage.stop()
  })

  const worked = () => stage.admin.lrange('worked', 0, -1)
  const work = (queue: string, count: number) =>
    runWorker(stage.server.port, queue, async () => (await worked()).length >= count)

  it('are edited in place: the worker is given the new arguments, and every other byte stays', async () => {
    const [id] = await producer.send([{ name: 'mail.send', args: [1], kwargs: { big: 'x' } }])
    const [before] = await stage.admin.lrange('celery', 0, -1)
    const body = Buffer.from(`[["edited"],   {"big": 9007199254740993}, ${embed}]`)
    const { body: shown } = await adapter.inspect(mail, id!)
    if (shown.kind !== 'whole') throw new Error('no body')
    const stale = {
      id: id!,
      state: 'ready',
      body,
      expectedDigest: createHash('sha256').update('x').digest('hex'),
    } as const
    expect((await adapter.edit(mail, stale)).outcome).toBe('changed')
    expect((await adapter.edit(mail, { ...stale, expectedDigest: shown.digest })).outcome).toBe('applied')
    const [after] = await stage.admin.lrange('celery', 0, -1)
    expect(after).toBe(before!.replace(shown.base64, body.toString('base64')))
    await work('celery', 1)
    expect(await worked()).toEqual(['["edited"]'])
  })

  it('are discarded and put back byte for byte', async () => {
    const ids = await producer.send([1, 2, 3].map((n) => ({ name: 'mail.send', args: [n] })))
    const before = await stage.admin.lrange('celery', 0, -1)
    const kept = await adapter.snapshot(mail, 'ready', ids)
    expect((await adapter.remove(mail, 'ready', [...ids, 'absent'])).map(({ outcome }) => outcome)).toEqual([
      'applied',
      'applied',
      'applied',
      'gone',
    ])
    expect(await stage.admin.llen('celery')).toBe(0)
    await adapter.restore(mail, kept)
    expect([...(await stage.admin.lrange('celery', 0, -1))].sort()).toEqual([...before].sort())
    expect((await adapter.restore(mail, kept)).map(({ outcome }) => outcome)).toEqual(['changed', 'changed', 'changed'])
  })

  it('are sent as Celery sends them, and their end is seen by their id', async () => {
    const message = { name: 'mail.send', delayMs: 0, priority: null, attributes: {} }
    const [good, bad] = await adapter.send(mail, [
      { ...message, body: Buffer.from('[["ok", 2], {}]') },
      { ...message, body: Buffer.from('["fail"]') },
    ])
    expect(await adapter.states(mail, [good!, bad!])).toEqual(['ready', 'ready'])
    await runWorker(stage.server.port, 'celery', async () =>
      (await adapter.states(mail, [good!, bad!])).every((state) => state === 'done' || state === 'dead'),
    )
    expect(await worked()).toEqual(['["ok", 2]', '["fail"]'])
    expect(await adapter.states(mail, [good!, bad!])).toEqual(['done', 'dead'])
    const detail = await adapter.inspect(mail, bad!)
    expect(detail.error).toMatchObject({ name: 'ValueError', message: 'mailbox unavailable' })
    expect(detail.error?.stack).toContain('celery_worker.py')
    await expect(adapter.send(mail, [{ ...message, body: Buffer.from('{}') }])).rejects.toMatchObject({
      code: 'bad-input',
    })
  })

  it('that are pickled are shown as bytes, and not edited', async () => {
    const [id] = await producer.send([{ name: 'mail.send', args: [1], serializer: 'pickle' }])
    const { body, facts } = await adapter.inspect(mail, id!)
    if (body.kind !== 'whole') throw new Error('no body')
    expect(facts).toContainEqual({ name: 'Content type', value: 'application/x-python-serialize' })
    const edit = { id: id!, state: 'ready', body: Buffer.from('[]'), expectedDigest: body.digest } as const
    expect(await adapter.edit(mail, edit)).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('JSON') })
  })
})
