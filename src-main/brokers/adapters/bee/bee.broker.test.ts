import type { QueueAddress } from '@shared/model/queue'
import BeeQueue from 'bee-queue'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type RedisStage, startRedisStage } from '../../testing/redis-stage'
import { randomOf } from '../../testing/torture'
import { digestOf } from '../body-text'
import { BeeAdapter } from './adapter'

let stage: RedisStage
let adapter: BeeAdapter
const opened: BeeQueue[] = []

beforeAll(async () => {
  stage = await startRedisStage()
  adapter = new BeeAdapter(stage.client)
})

afterAll(() => stage.stop())

beforeEach(() => stage.admin.flushall())

afterEach(async () => {
  await Promise.all(opened.splice(0).map((queue) => queue.close(1)))
})

const address = (name: string): QueueAddress => ({ layout: 'bee', prefix: 'bq', name })

async function open(name: string): Promise<BeeQueue> {
  const queue = new BeeQueue(name, { redis: { port: stage.server.port }, stallInterval: 600_000 })
  opened.push(queue)
  return await queue.ready()
}

async function failed(name: string, count: number): Promise<string[]> {
  const queue = await open(name)
  const ids: string[] = []
  for (let n = 0; n < count; n += 1) ids.push((await queue.createJob({ n }).save()).id)
  const worker = await open(name)
  worker.process(() => Promise.reject(new Error('down')))
  await vi.waitFor(async () => expect((await worker.checkHealth()).failed).toBe(count), 5_000)
  await worker.close(1)
  return ids
}

const odd = '{ "big": 9007199254740993,\n\t"text" : "é\\u0000" }'

describe('bee-queue', () => {
  it('runs each retried job once, with the id it had', async () => {
    const ids = await failed('once', 5)
    const twice = [...ids, ...ids]
    const outcomes = await adapter.replay(address('once'), twice)
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([...ids.map(() => 'applied'), ...ids.map(() => 'gone')])
    const run: string[] = []
    const worker = await open('once')
    worker.process((job: BeeQueue.Job<object>) => {
      run.push(job.id)
      return Promise.resolve()
    })
    await vi.waitFor(async () => expect((await worker.checkHealth()).succeeded).toBe(5), 5_000)
    expect(run.sort()).toEqual([...ids].sort())
  })

  it('edits the bytes of the data alone', async () => {
    const [id] = await failed('typed', 1)
    const before = await stage.admin.hget('bq:typed:jobs', id!)
    const edit = {
      id: id!,
      state: 'dead',
      body: Buffer.from(odd),
      expectedDigest: digestOf(Buffer.from('{"n":0}')),
    } as const
    expect((await adapter.edit(address('typed'), edit)).outcome).toBe('applied')
    expect(await stage.admin.hget('bq:typed:jobs', id!)).toBe(before?.replace('{"n":0}', odd))
    expect((await adapter.edit(address('typed'), edit)).outcome).toBe('changed')
    expect(await adapter.edit(address('typed'), { ...edit, body: Buffer.from('{') })).toMatchObject({
      outcome: 'failed',
    })
  })

  it('sends bytes as they are, and puts each state back as it was', async () => {
    const queue = address('sent')
    await adapter.send(queue, [
      { name: null, body: Buffer.from(odd), delayMs: 0, priority: null, attributes: {} },
      {
        name: null,
        body: Buffer.from(odd),
        delayMs: 60_000,
        priority: null,
        attributes: { retries: '2', jobId: 'own' },
      },
    ])
    for (const state of ['ready', 'delayed'] as const) {
      const [row] = (await adapter.browse(queue, { state, cursor: null, limit: 9 })).items
      const detail = await adapter.inspect(queue, row!.id)
      expect(detail.body.kind === 'whole' && Buffer.from(detail.body.base64, 'base64').toString()).toBe(odd)
      const [text, score] = [
        await stage.admin.hget('bq:sent:jobs', row!.id),
        await stage.admin.zscore('bq:sent:delayed', row!.id),
      ]
      const kept = await adapter.snapshot(queue, state, [row!.id])
      expect(await adapter.remove(queue, state, [row!.id])).toEqual([{ id: row!.id, outcome: 'applied' }])
      expect(await adapter.states(queue, [row!.id])).toEqual([null])
      await adapter.restore(queue, kept)
      expect(await stage.admin.hget('bq:sent:jobs', row!.id)).toBe(text)
      expect(await stage.admin.zscore('bq:sent:delayed', row!.id)).toBe(score)
    }
    const real = await (await open('sent')).getJob('own')
    expect(real.options).toMatchObject({ retries: 2 })
  })

  it('refuses an id that is in use, and options that it does not have', async () => {
    const message = { name: null, body: Buffer.from('{}'), delayMs: 0, priority: null, attributes: { jobId: 'same' } }
    await adapter.send(address('ids'), [message])
    await expect(adapter.send(address('ids'), [message])).rejects.toThrow('0 of 1 were added')
    await expect(adapter.send(address('ids'), [{ ...message, priority: 3 }])).rejects.toMatchObject({
      code: 'bad-input',
    })
    expect(await stage.admin.llen('bq:ids:waiting')).toBe(1)
  })

  it('pages through more failed jobs than are sorted, each at least once', async () => {
    const ids = Array.from({ length: 6_000 }, (_, index) => String(index + 1))
    await stage.admin.hset('bq:many:jobs', ...ids.flatMap((id) => [id, '{"data":{},"options":{},"status":"failed"}']))
    await stage.admin.sadd('bq:many:failed', ...ids)
    const seen = new Set<string>()
    let cursor: string | null = null
    do {
      const page = await adapter.browse(address('many'), { state: 'dead', cursor, limit: 200 })
      expect(page.items.length).toBeLessThanOrEqual(200)
      for (const { id } of page.items) seen.add(id)
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(seen.size).toBe(6_000)
  })

  it('makes no key by looking at a queue that is not there', async () => {
    const queue = address('phantom')
    await adapter.read([queue])
    await adapter.details(queue)
    await adapter.replay(queue, ['1'])
    await adapter.remove(queue, 'dead', ['1'])
    expect(await stage.admin.dbsize()).toBe(0)
  })

  it('counts 100 states made at random as bee-queue does', async () => {
    const random = randomOf(99)
    for (let round = 0; round < 100; round += 1) {
      await stage.admin.flushall()
      const name = `state-${round}`
      const queue = await open(name)
      const plan = Array.from({ length: random(10) + 1 }, () => random(3))
      for (const fate of plan) await queue.createJob({ fate }).save()
      const worker = await open(name)
      worker.process((job: BeeQueue.Job<{ fate: number }>) =>
        job.data.fate === 0 ? Promise.reject(new Error('no')) : Promise.resolve(),
      )
      await vi.waitFor(
        async () => {
          const { failed: dead, succeeded } = await worker.checkHealth()
          expect(dead + succeeded).toBe(plan.length)
        },
        { timeout: 5_000, interval: 5 },
      )
      await worker.close(1)
      for (let more = random(5); more > 0; more -= 1) await queue.createJob({ more }).save()
      for (let more = random(4); more > 0; more -= 1)
        await queue
          .createJob({ more })
          .delayUntil(Date.now() + 60_000 + more)
          .save()
      const health = await queue.checkHealth()
      expect((await adapter.read([address(name)]))[0], name).toMatchObject({
        ready: health.waiting,
        leased: health.active,
        delayed: health.delayed,
        dead: health.failed,
        done: health.succeeded,
        enqueuedTotal: health.newestJob,
        trouble: null,
      })
      await queue.close(1)
    }
  }, 60_000)
})
