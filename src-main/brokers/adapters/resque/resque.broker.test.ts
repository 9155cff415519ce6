import type { QueueAddress } from '@shared/model/queue'
import { Queue, Scheduler, Worker } from 'node-resque'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type RedisStage, startRedisStage } from '../../testing/redis-stage'
import { randomOf } from '../../testing/torture'
import { digestOf } from '../body-text'
import { ResqueAdapter } from './adapter'
import { delayedSchedule, failedList } from './keys'

let stage: RedisStage
let adapter: ResqueAdapter
let queue: Queue
const closing: (() => Promise<unknown>)[] = []

const connection = () => ({ pkg: 'ioredis', host: '127.0.0.1', port: stage.server.port, options: {}, database: 0 })
const address = (name: string, prefix = 'resque'): QueueAddress => ({ layout: 'resque', prefix, name })
const good = { job: { perform: () => Promise.resolve() } }
const bad = { job: { perform: () => Promise.reject(new Error('down')) } }

beforeAll(async () => {
  stage = await startRedisStage()
})

afterAll(() => stage.stop())

beforeEach(async () => {
  await stage.admin.flushall()
  adapter = new ResqueAdapter(stage.client)
  queue = new Queue({ connection: connection() }, good)
  await queue.connect()
  closing.push(() => queue.end())
})

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A real worker until its queues are empty; answers the args that it was given. */
async function work(queues: string[], tasks: typeof good | typeof bad, name = 'host:4711'): Promise<unknown[]> {
  const worker = new Worker({ connection: connection(), queues, name, timeout: 5 }, tasks)
  const given: unknown[] = []
  worker.on('job', (_: string, job: { args: unknown[] }) => given.push(job.args[0]))
  await worker.connect()
  const idle = new Promise<void>((resolve) => worker.on('pause', () => resolve()))
  await worker.start()
  await idle
  await worker.end()
  return given
}

const failedIds = async (): Promise<string[]> =>
  (await adapter.browse(address(failedList), { state: 'dead', cursor: null, limit: 200 })).items.map(({ id }) => id)

describe('the failed list', () => {
  it('gives each job back once, while others fail at the same time', async () => {
    for (let n = 0; n < 20; n += 1) await queue.enqueue('a', 'job', [n])
    await work(['a'], bad)
    const ids = await failedIds()
    for (let n = 20; n < 40; n += 1) await queue.enqueue('b', 'job', [n])
    const [first, second] = await Promise.all([
      adapter.replay(address(failedList), ids),
      adapter.replay(address(failedList), ids),
      work(['b'], bad),
    ])
    const applied = [...first, ...second].filter(({ outcome }) => outcome === 'applied')
    expect(applied.map(({ id }) => id).sort()).toEqual([...ids].sort())
    expect(await queue.failedCount()).toBe(20)
    expect((await work(['a'], good)).sort()).toEqual(Array.from({ length: 20 }, (_, n) => n).sort())
  })

  it('keeps each byte of a payload, and of an edited entry all but the payload', async () => {
    const payload = '{ "class":"job","args" : [ 9007199254740993, "é" ] }'
    const entry = `{"failed_at":"2026/11/24 10:00:00 UTC","payload":${payload},"exception":"E","error":"x","backtrace":["a"],"worker":"h:1:a","queue":"a", "big":12345678901234567890}`
    await stage.admin.rpush('resque:failed', entry)
    await queue.enqueue('a', 'job', [1])
    const [id] = await failedIds()
    const detail = await adapter.inspect(address(failedList), id!)
    expect(detail).toMatchObject({ error: { name: 'E', message: 'x', stack: 'a' } })
    expect(detail.summary.finishedAt).toBe(Date.UTC(2026, 10, 24, 10))
    const after = payload.replace('993', '995')
    const edit = {
      id: id!,
      state: 'dead',
      body: Buffer.from(after),
      expectedDigest: digestOf(Buffer.from(payload)),
    } as const
    expect((await adapter.edit(address(failedList), { ...edit, body: Buffer.from('{}') })).outcome).toBe('failed')
    expect((await adapter.edit(address(failedList), edit)).outcome).toBe('applied')
    expect(await stage.admin.lrange('resque:failed', 0, -1)).toEqual([entry.replace(payload, after)])
    await adapter.replay(address(failedList), await failedIds())
    expect(await stage.admin.lindex('resque:queue:a', -1)).toBe(after)
  })

  it('does not lose an entry that no worker could take', async () => {
    await queue.enqueue('a', 'job', [1])
    await stage.admin.rpush('resque:failed', '{"payload":{"args":[]},"queue":"a"}', 'no json')
    const outcomes = await adapter.replay(address(failedList), await failedIds())
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['failed', 'failed'])
    expect(await queue.failedCount()).toBe(2)
  })
})

it('removes one of several like jobs and puts it back', async () => {
  for (let n = 0; n < 3; n += 1) await queue.enqueue('a', 'job', [1])
  const { items } = await adapter.browse(address('a'), { state: 'ready', cursor: null, limit: 10 })
  expect(new Set(items.map(({ id }) => id)).size).toBe(3)
  const kept = await adapter.snapshot(address('a'), 'ready', [items[1]!.id])
  expect(await adapter.remove(address('a'), 'ready', [items[1]!.id])).toMatchObject([{ outcome: 'applied' }])
  expect(await queue.length('a')).toBe(2)
  expect(await adapter.restore(address('a'), kept)).toMatchObject([{ outcome: 'applied' }])
  expect(await adapter.restore(address('a'), kept)).toMatchObject([{ outcome: 'changed' }])
  expect(await queue.length('a')).toBe(3)
})

describe('the schedule', () => {
  it('takes a delayed job that the real scheduler then enqueues, and forgets one that is removed', async () => {
    const now = Date.now()
    const body = Buffer.from('[7]')
    await adapter.send(address('a'), [
      { name: 'job', body, delayMs: 3_600_000, priority: null, attributes: {} },
      { name: 'job', body, delayMs: 7_200_000, priority: null, attributes: {} },
    ])
    const at = await queue.scheduledAt('a', 'job', [7])
    expect(at.length).toBe(2)
    expect(at[0]! * 1000).toBeGreaterThan(now)
    const [soon, late] = (await adapter.browse(address(delayedSchedule), { state: 'delayed', cursor: null, limit: 9 }))
      .items
    const kept = await adapter.snapshot(address(delayedSchedule), 'delayed', [late!.id])
    await adapter.remove(address(delayedSchedule), 'delayed', [soon!.id, late!.id])
    expect((await stage.admin.keys('resque:*')).sort()).toEqual(['resque:connection_test_key', 'resque:queues'])
    // As if its time had come.
    const due = { ...kept[0]!, place: String(Math.floor(now / 1000) - 5) }
    await adapter.restore(address(delayedSchedule), [due])
    const scheduler = new Scheduler({ connection: connection(), timeout: 5 })
    await scheduler.connect()
    const moved = new Promise<void>((resolve) => scheduler.on('transferredJob', () => resolve()))
    await scheduler.start()
    await moved
    await scheduler.end()
    expect(await work(['a'], good)).toEqual([7])
  })
})

it('tells workers with what they hold and when they were last heard of', async () => {
  const worker = new Worker(
    { connection: connection(), queues: ['a', 'b'], name: 'web-1:77+2', timeout: 5 },
    { job: { perform: () => new Promise(() => {}) } },
  )
  await worker.connect()
  closing.push(() => worker.queueObject.end())
  await queue.enqueue('a', 'job', [1])
  const taken = new Promise<void>((resolve) => worker.on('job', () => resolve()))
  await worker.start()
  closing.push(() => Promise.resolve(clearInterval((worker as unknown as { pingTimer: NodeJS.Timeout }).pingTimer)))
  await taken
  await vi.waitFor(async () => expect((await adapter.workers()).workers[0]?.heartbeatAt).not.toBeNull())
  expect((await adapter.workers()).workers).toMatchObject([
    { host: 'web-1', pid: 77, queues: ['a', 'b'], state: 'busy', holds: [{ queue: 'a', name: 'job' }] },
  ])
  expect((await adapter.read([address('a'), address('b')])).map(({ leased }) => leased)).toEqual([1, 0])
})

it('takes neither RQ’s registry nor Sidekiq’s for its own, and finds another namespace', async () => {
  await stage.admin.sadd('rq:queues', 'rq:queue:default')
  await stage.admin.sadd('rq:workers', 'rq:worker:x')
  await stage.admin.rpush('rq:queue:default', '7b1d')
  await stage.admin.sadd('side:queues', 'default')
  await stage.admin.set('side:stat:processed', '5')
  await stage.admin.lpush('side:queue:default', '{"class":"A","args":[],"jid":"abc"}')
  const other = new Queue({ connection: { ...connection(), namespace: 'jobs:eu' } }, good)
  await other.connect()
  closing.push(() => other.end())
  await other.enqueue('mail', 'job', [])
  const found = (await stage.discover(adapter)).map(({ address: { prefix, name } }) => `${prefix} ${name}`)
  expect(found.sort()).toEqual([`jobs:eu ${failedList}`, 'jobs:eu mail'])
})

it('counts 100 states made at random as Resque does', async () => {
  const random = randomOf(7)
  for (let round = 0; round < 100; round += 1) {
    await stage.admin.flushall()
    for (let n = random(4); n > 0; n -= 1) await queue.enqueue('a', 'job', [n])
    if (random(2) === 0) await work(['a'], random(2) === 0 ? bad : good)
    for (let n = random(6); n > 0; n -= 1) await queue.enqueue(random(2) ? 'a' : 'b', 'job', [random(3)])
    const later = Date.now() + 600_000
    for (let n = random(5); n > 0; n -= 1) await queue.enqueueAt(later + random(3) * 1000, 'a', 'job', [n])
    const delayed = Object.values(await queue.allDelayed()).flat().length
    const readings = await adapter.read([address('a'), address('b'), address(failedList), address(delayedSchedule)])
    expect(readings.map(({ ready, delayed: due, dead }) => [ready, due, dead])).toEqual([
      [await queue.length('a'), 0, 0],
      [await queue.length('b'), 0, 0],
      [0, 0, await queue.failedCount()],
      [0, delayed, 0],
    ])
  }
}, 60_000)
