import { createHash } from 'node:crypto'
import type { QueueAddress } from '@shared/model/queue'
import BeeQueue from 'bee-queue'
import Bull from 'bull'
import { Queue as BullmqQueue } from 'bullmq'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type RedisStage, startRedisStage } from '../../testing/redis-stage'
import { randomOf } from '../../testing/torture'
import { BullAdapter } from './adapter'

const settings = { guardInterval: 600_000, stalledInterval: 600_000, lockDuration: 600_000 }

let stage: RedisStage
let adapter: BullAdapter
const closing: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  stage = await startRedisStage()
  adapter = new BullAdapter(stage.client)
})

afterAll(() => stage.stop())

beforeEach(() => stage.admin.flushall())

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const address = (name: string): QueueAddress => ({ layout: 'bull', prefix: 'bull', name })

function open(name: string): Bull.Queue {
  const queue = new Bull(name, { redis: { port: stage.server.port }, settings })
  closing.push(() => queue.close(true))
  return queue
}

/** A real worker that fails every job; answers when all have failed. */
async function failAll(name: string): Promise<void> {
  const worker = open(name)
  void worker.process('*', () => Promise.reject(new Error('down')))
  const total = (await worker.getJobCounts()).waiting
  await vi.waitFor(async () => expect(await worker.getFailedCount()).toBe(total), 10_000)
  await worker.close(true)
}

describe('finding', () => {
  it('leaves a queue of bee-queue alone, whose places bear the same names', async () => {
    const bee = new BeeQueue('geocode', { redis: { port: stage.server.port } })
    let end = () => {}
    closing.push(async () => {
      end()
      await bee.close()
    })
    await bee.ready()
    await bee.createJob({ n: 1 }).save()
    await bee
      .createJob({ n: 2 })
      .delayUntil(Date.now() + 600_000)
      .save()
    await new Promise<void>((begun) =>
      bee.process(() => {
        begun()
        return new Promise<void>((ended) => {
          end = ended
        })
      }),
    )
    expect(await stage.admin.llen('bq:geocode:active')).toBe(1)
    expect(await stage.admin.zcard('bq:geocode:delayed')).toBe(1)
    await open('mails').add({ n: 1 }, { delay: 600_000 })
    expect((await stage.discover(adapter)).map(({ address }) => address)).toEqual([address('mails')])
  })
})

describe('retrying', () => {
  it('keeps priorities of many, so that the urgent ones run first, each once and with its id', async () => {
    const queue = open('urgent')
    const priorities = [3, 0, 1, 2, 3, 1, 2, 0, 1]
    const ids: string[] = []
    for (const priority of priorities)
      ids.push(String((await queue.add({ priority }, priority ? { priority } : {})).id))
    await failAll('urgent')
    const outcomes = await adapter.replay(address('urgent'), [...ids].reverse())
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(ids.map(() => 'applied'))
    const run: { id: string; priority: number }[] = []
    const worker = open('urgent')
    void worker.process('*', (job) => {
      run.push({ id: String(job.id), priority: job.data.priority })
      return Promise.resolve()
    })
    await vi.waitFor(async () => expect(await worker.getCompletedCount()).toBe(ids.length), 10_000)
    expect(run.map(({ id }) => id).sort()).toEqual([...ids].sort())
    const withPriority = run.map(({ priority }) => priority).filter((priority) => priority > 0)
    expect(withPriority).toEqual([...withPriority].sort())
    expect(await stage.admin.zcard('bull:urgent:priority')).toBe(0)
  })

  it('leaves a job alone that is not among the failed', async () => {
    const job = await open('waits').add({ n: 1 })
    const before = await stage.admin.hgetall(`bull:waits:${job.id}`)
    expect(await adapter.replay(address('waits'), [String(job.id)])).toEqual([{ id: String(job.id), outcome: 'gone' }])
    expect(await stage.admin.hgetall(`bull:waits:${job.id}`)).toEqual(before)
    expect(await stage.admin.llen('bull:waits:wait')).toBe(1)
  })

  it('puts it where it waits while the queue is paused', async () => {
    const queue = open('asleep')
    const job = await queue.add({ n: 1 })
    await failAll('asleep')
    await queue.pause()
    await adapter.replay(address('asleep'), [String(job.id)])
    expect(await stage.admin.lrange('bull:asleep:paused', 0, -1)).toEqual([String(job.id)])
    await adapter.resume(address('asleep'))
    expect(await stage.admin.lrange('bull:asleep:wait', 0, -1)).toEqual([String(job.id)])
  })
})

describe('bytes', () => {
  const odd = '{ "big": 9007199254740993,\n\t"text" : "é\\u0000" }'

  it('are sent as they are, and survive discard and undo in each state', async () => {
    const queue = address('bytes')
    open('bytes')
    const [id] = await adapter.send(queue, [
      { name: 'odd', body: Buffer.from(odd), delayMs: 0, priority: 5, attributes: {} },
      { name: 'odd', body: Buffer.from(odd), delayMs: 60_000, priority: null, attributes: { attempts: '3' } },
    ])
    expect(await stage.admin.hget(`bull:bytes:${id}`, 'data')).toBe(odd)
    for (const state of ['ready', 'delayed'] as const) {
      const [row] = (await adapter.browse(queue, { state, cursor: null, limit: 10 })).items
      const key = `bull:bytes:${row!.id}`
      const before = await stage.admin.hgetall(key)
      const score = await stage.admin.zscore('bull:bytes:delayed', row!.id)
      const kept = await adapter.snapshot(queue, state, [row!.id])
      await adapter.remove(queue, state, [row!.id])
      expect(await stage.admin.exists(key)).toBe(0)
      expect(await adapter.restore(queue, kept)).toEqual([{ id: row!.id, outcome: 'applied' }])
      expect(before).toMatchObject({ data: odd, name: 'odd' })
      expect(await stage.admin.hgetall(key)).toEqual(before)
      expect(await stage.admin.zscore('bull:bytes:delayed', row!.id)).toBe(score)
    }
    expect(await stage.admin.zrange('bull:bytes:priority', '0', '-1')).toEqual([id])
  })

  it('of an edited body are what was typed, and the rest of the job is as it was', async () => {
    const queue = open('typed')
    const job = await queue.add({ n: 1 })
    await failAll('typed')
    const key = `bull:typed:${job.id}`
    const before = await stage.admin.hgetall(key)
    const edit = {
      id: String(job.id),
      state: 'dead',
      body: Buffer.from(odd),
      expectedDigest: createHash('sha256').update('{"n":1}').digest('hex'),
    } as const
    expect((await adapter.edit(address('typed'), edit)).outcome).toBe('applied')
    expect(await stage.admin.hgetall(key)).toEqual({ ...before, data: odd })
    expect(await adapter.edit(address('typed'), { ...edit, body: Buffer.from('{') })).toMatchObject({
      outcome: 'failed',
    })
  })
})

describe('what stands beside the jobs', () => {
  it('tells repeatable jobs, and does not remove the run that keeps one going', async () => {
    const queue = open('clock')
    await queue.add('tick', { n: 1 }, { repeat: { cron: '0 3 * * *', tz: 'Europe/Berlin' } })
    await queue.add('tock', { n: 2 }, { repeat: { every: 60_000 }, jobId: 'mine' })
    const schedules = await adapter.schedules(address('clock'))
    const own = await queue.getRepeatableJobs()
    expect(schedules.map(({ key, nextAt }) => ({ key, nextAt })).sort((a, b) => a.nextAt - b.nextAt)).toEqual(
      own.map(({ key, next }) => ({ key, nextAt: next })).sort((a, b) => a.nextAt - b.nextAt),
    )
    expect(schedules.find(({ cron }) => cron !== null)).toMatchObject({
      cron: '0 3 * * *',
      timeZone: 'Europe/Berlin',
      preview: '{"n":1}',
    })
    expect(schedules.find(({ everyMs }) => everyMs !== null)).toMatchObject({ everyMs: 60_000, preview: '{"n":2}' })
    const runs = (await adapter.browse(address('clock'), { state: 'delayed', cursor: null, limit: 10 })).items
    const outcomes = await adapter.remove(
      address('clock'),
      'delayed',
      runs.map(({ id }) => id),
    )
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['failed', 'failed'])
    expect(await stage.admin.zcard('bull:clock:delayed')).toBe(2)
  })

  it('names the workers by their connections, or says that they cannot be seen', async () => {
    await open('staffed').add({ n: 1 })
    const worker = open('staffed')
    void worker.process('*', () => Promise.resolve())
    await vi.waitFor(async () => {
      const { workers } = await adapter.workers()
      expect(workers.map(({ queues }) => queues)).toEqual([['staffed']])
    }, 5_000)
    const blind = await new BullAdapter(stage.readingClient).workers()
    expect(blind.workers).toEqual([])
    expect(blind.incomplete).toContain('CLIENT LIST')
  })

  it('warns where BullMQ uses the same keys, and changes nothing there', async () => {
    await open('shared').add({ n: 1 }, { priority: 1 })
    const other = new BullmqQueue('shared', { connection: { port: stage.server.port } })
    closing.push(() => other.close())
    await other.add('x', {})
    const sections = await adapter.details(address('shared'))
    expect(sections[0]?.note).toContain('BullMQ both write')
    expect((await adapter.capabilities(address('shared'))).replay.answer).toBe('no')
    await expect(adapter.pause(address('shared'))).rejects.toMatchObject({ code: 'unsupported' })
    expect((await stage.discover(adapter)).map(({ product }) => product)).toEqual([
      'Bull, on keys that BullMQ uses too',
    ])
  })

  it('leaves the queues of BullMQ alone', async () => {
    const other = new BullmqQueue('theirs', { connection: { port: stage.server.port } })
    closing.push(() => other.close())
    await other.add('x', {})
    expect(await stage.discover(adapter)).toEqual([])
  })

  it('makes no key by looking at a queue that is not there', async () => {
    const queue = address('phantom')
    await adapter.read([queue])
    await adapter.details(queue)
    await adapter.schedules(queue)
    await adapter.browse(queue, { state: 'ready', cursor: null, limit: 10 })
    await adapter.replay(queue, ['1'])
    await adapter.remove(queue, 'dead', ['1'])
    expect(await stage.admin.dbsize()).toBe(0)
  })
})

it('counts 100 states made at random as Bull does', async () => {
  const random = randomOf(4711)
  for (let round = 0; round < 100; round += 1) {
    await stage.admin.flushall()
    const name = `state-${round}`
    const queue = open(name)
    await queue.isReady()
    for (let step = random(12) + 1; step > 0; step -= 1) {
      const job = await queue.add({ step }, random(3) === 0 ? { priority: random(4) + 1 } : {})
      const fate = random(5)
      if (fate === 1) await queue.add({ step }, { delay: 60_000 + random(1_000) })
      if (fate >= 2) {
        const taken = (await queue.getNextJob())!
        if (fate === 2) await taken.moveToFailed({ message: 'no' }, true)
        if (fate === 3) await taken.moveToCompleted('yes', true, true)
      }
      if (fate === 4 && random(2) === 0) await job.log('line')
    }
    if (random(4) === 0) await queue.pause()
    const counts = await queue.getJobCounts()
    const [reading] = await adapter.read([address(name)])
    const paused = await queue.isPaused()
    expect(reading, name).toMatchObject({
      ready: paused ? await queue.getPausedCount() : counts.waiting,
      leased: counts.active,
      delayed: counts.delayed,
      dead: counts.failed,
      done: counts.completed,
      paused,
      trouble: null,
    })
    await queue.close(true)
  }
}, 60_000)
