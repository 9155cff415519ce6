import Bull from 'bull'
import { FlowProducer, Queue as Queue6, Worker as Worker6 } from 'bullmq'
import { Queue as Queue5, Worker as Worker5 } from 'bullmq5'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type RedisStage, startRedisStage } from '../../testing/redis-stage'
import { BullmqAdapter } from './adapter'

const majors = [
  { major: 6, Queue: Queue6, Worker: Worker6 },
  { major: 5, Queue: Queue5 as unknown as typeof Queue6, Worker: Worker5 as unknown as typeof Worker6 },
] as const

let stage: RedisStage
let adapter: BullmqAdapter
const closing: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  stage = await startRedisStage()
  adapter = new BullmqAdapter(stage.client)
})

afterAll(() => stage.stop())

beforeEach(() => stage.admin.flushall())

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const address = (name: string) => ({ layout: 'bullmq', prefix: 'bull', name }) as const
const connection = () => ({ port: stage.server.port })

function produce(name: string, Queue = Queue6): Queue6 {
  const queue = new Queue(name, { connection: connection() })
  closing.push(() => queue.close())
  return queue
}

async function factsOf(name: string): Promise<Readonly<Record<string, string | null>>> {
  const sections = await adapter.details(address(name))
  return Object.fromEntries(sections.flatMap(({ facts }) => facts.map((fact) => [fact.name, fact.value])))
}

describe.each(majors)('beside the jobs of BullMQ $major', ({ Queue, Worker }) => {
  it('stand its job schedulers', async () => {
    const queue = produce('clock', Queue)
    await queue.upsertJobScheduler(
      'nightly',
      { pattern: '0 3 * * *', tz: 'Europe/Berlin', limit: 9 },
      { name: 'report', data: { n: 1 }, opts: { attempts: 3 } },
    )
    await queue.upsertJobScheduler('often', { every: 60_000 }, { name: 'tick' })
    const own = await queue.getJobSchedulers()
    const schedules = await adapter.schedules(address('clock'))
    expect(schedules.map(({ key, nextAt }) => [key, nextAt]).sort()).toEqual(
      own.map(({ key, next }) => [key, next]).sort(),
    )
    const nightly = schedules.find(({ key }) => key === 'nightly')
    expect(nightly).toMatchObject({ cron: '0 3 * * *', timeZone: 'Europe/Berlin', everyMs: null, preview: '{"n":1}' })
    expect(nightly?.options).toContainEqual({ name: 'name', value: 'report' })
    expect(nightly?.options).toContainEqual({ name: 'limit', value: '9' })
    expect(schedules.find(({ key }) => key === 'often')).toMatchObject({ cron: null, everyMs: 60_000 })
    expect(await new BullmqAdapter(stage.readingClient).schedules(address('clock'))).toEqual(schedules)
  })

  it('stand its workers by the names of their connections', async () => {
    await produce('staffed', Queue).add('x', {})
    for (const name of [undefined, 'anna'])
      closing.push(
        await working(
          new Worker('staffed', () => Promise.resolve(), { connection: connection(), ...(name ? { name } : {}) }),
        ),
      )
    await vi.waitFor(async () => {
      const { workers } = await adapter.workers()
      expect(workers.map(({ queues }) => queues)).toEqual([['staffed'], ['staffed']])
      expect(workers.map(({ note }) => note).sort()).toEqual(['anna', null])
    }, 5_000)
    expect(await new BullmqAdapter(stage.readingClient).workers()).toMatchObject({
      workers: [],
      incomplete: expect.stringContaining('CLIENT LIST'),
    })
  })

  it('stand its limits, with how much of them is used now', async () => {
    const queue = produce('limited', Queue)
    await queue.setGlobalConcurrency(4)
    await queue.setGlobalRateLimit(1, 60_000)
    await queue.add('x', {})
    await queue.add('x', {})
    closing.push(
      await working(
        new Worker('limited', () => Promise.resolve(), { connection: connection(), metrics: { maxDataPoints: 10 } }),
      ),
    )
    await vi.waitFor(async () => {
      expect(await factsOf('limited')).toMatchObject({
        Concurrency: '4',
        Rate: '1 per 60000 ms',
        'Rate limited now': 'yes',
        'Jobs in this period': '1',
        'Period ends in': expect.stringMatching(/^\d+ ms$/),
        Completed: '1',
      })
    }, 5_000)
  })
})

it('tells parents that wait for their children', async () => {
  const flow = new FlowProducer({ connection: connection() })
  closing.push(() => flow.close())
  await flow.add({ name: 'parent', queueName: 'parents', children: [{ name: 'child', queueName: 'children' }] })
  expect(await factsOf('parents')).toMatchObject({ 'Waiting for children': '1', Version: null })
})

it('warns where version 5 has left jobs that version 6 does not take', async () => {
  const old = produce('both', Queue5 as unknown as typeof Queue6)
  await old.pause()
  await old.add('x', {})
  await stage.admin.hset('bull:both:meta', 'version', 'bullmq:6.7.0')
  expect((await adapter.details(address('both')))[0]?.note).toContain('holds 1: workers of version 6 do not take them')
})

it('warns where Bull uses the same keys', async () => {
  await produce('shared').add('x', {})
  const other = new Bull('shared', { redis: connection() })
  closing.push(() => other.close(true))
  await other.add({}, { priority: 1 })
  expect((await adapter.details(address('shared')))[0]?.note).toContain('Bull and BullMQ both write')
})

async function working(worker: Worker6): Promise<() => Promise<void>> {
  await worker.waitUntilReady()
  return () => worker.close(true)
}
