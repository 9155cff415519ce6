import type { Selection } from '@shared/model/message'
import { queueKey } from '@shared/model/queue'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startRedis, type TestRedis } from './brokers/testing/redis-server'
import { type ConsoleRig, carryOut, startConsoleRig, stateOf } from './testing/console-rig'

const queue = queueKey({ layout: 'bullmq', prefix: 'bull', name: 'mail' })
const dead: Selection = { kind: 'all', state: 'dead', cause: null, except: [] }

let redis: TestRedis
let raw: Redis
let rig: ConsoleRig
let environmentId: string
let ids: readonly string[]

beforeEach(async () => {
  redis = await startRedis()
  raw = new Redis(redis.port)
  const connection = { port: redis.port }
  const producer = new Queue('mail', { connection })
  const jobs = await producer.addBulk(Array.from({ length: 3 }, (_, n) => ({ name: 'send', data: { n } })))
  ids = jobs.map(({ id }) => id!)
  const worker = new Worker('mail', undefined, { connection, autorun: false })
  for (const _each of ids)
    await (await worker.getNextJob('me', { block: false }))?.moveToFailed(new Error('no'), 'me', false)
  await Promise.all([producer.close(), worker.close()])
  rig = await startConsoleRig()
  environmentId = (await rig.connect(redis.port)).id
  await stateOf(rig.client, environmentId, ({ queueCount }) => queueCount === 1)
})
afterEach(async () => {
  await rig.close()
  raw.disconnect()
  await redis.stop()
})

const refused = (data: object) => ({ code: 'FAILURE', data })

describe('workers', () => {
  it('are unknown, not none, where a system does not tell them and while there is no connection', async () => {
    await raw.lpush('todo', 'x')
    await rig.client.environments.lookAgain({ environmentId })
    await stateOf(rig.client, environmentId, ({ queueCount }) => queueCount === 2)
    expect(await rig.client.environments.workers({ environmentId })).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ layout: 'bullmq', incomplete: expect.any(String) }),
        { layout: 'list', workers: [], incomplete: 'Workers do not show themselves.', truncated: false },
      ]),
    )
    await redis.kill()
    await stateOf(rig.client, environmentId, ({ phase }) => phase === 'lost')
    await expect(rig.client.environments.workers({ environmentId })).rejects.toMatchObject(
      refused({ code: 'unreachable' }),
    )
  })
})

describe('a queue whose dead letters cannot be read', () => {
  it('is named with the reason, and the others are sorted', async () => {
    await raw.hset('bull:broken:meta', 'version', 'bullmq:5.1.0')
    await raw.set('bull:broken:id', '1')
    await raw.sadd('bull:broken:failed', 'x')
    await rig.client.environments.lookAgain({ environmentId })
    await stateOf(rig.client, environmentId, ({ queueCount }) => queueCount === 2)
    const broken = queueKey({ layout: 'bullmq', prefix: 'bull', name: 'broken' })
    await vi.waitFor(
      async () =>
        expect(await rig.client.messages.causes({ environmentId, queue: null })).toMatchObject({
          causes: [{ title: 'no', count: 3 }],
          scanned: 3,
          unread: [{ key: broken, words: expect.stringContaining('bull:broken:failed holds a set') }],
        }),
      { timeout: 10_000 },
    )
    await expect(rig.client.messages.causes({ environmentId, queue: broken })).rejects.toMatchObject(
      refused({ code: 'wrong-type', message: expect.stringContaining('bull:broken:failed') }),
    )
  })
})

describe('a queue that is deleted while it is open', () => {
  it('says so of each thing that is asked of it, is gone from the list, and nothing is written', async () => {
    const { ticket } = await rig.client.plans.prepare({
      environmentId,
      queue,
      selection: dead,
      action: { kind: 'replay' },
    })
    await raw.flushall()
    const page = await rig.client.messages.browse({ environmentId, queue, state: 'dead', cursor: null, limit: 10 })
    expect(page).toMatchObject({ items: [], total: 0 })
    await expect(rig.client.messages.inspect({ environmentId, queue, id: ids[0]! })).rejects.toMatchObject(
      refused({ code: 'gone', message: `the job ${ids[0]} is not there any more` }),
    )
    const again = await rig.client.plans.prepare({ environmentId, queue, selection: dead, action: { kind: 'replay' } })
    expect(again.refusal).toContain('nothing of this queue is there any more')
    await expect(
      rig.client.plans.commit({ ticket, typedName: null, reason: '', ratePerSecond: null, canary: 0, stopAtShare: 1 }),
    ).rejects.toMatchObject(
      refused({
        code: 'changed',
        message: 'The selection changed since the preview: 3 then, 0 now.',
        hint: 'Look at a fresh plan.',
      }),
    )
    const message = { name: 'x', bodies: ['{}'], delayMs: 0, priority: null, attributes: {} }
    await expect(rig.client.messages.send({ environmentId, queue, ...message })).rejects.toMatchObject(
      refused({ code: 'unsupported', message: expect.stringContaining('nothing of this queue is there any more') }),
    )
    await rig.client.environments.lookAgain({ environmentId })
    await stateOf(rig.client, environmentId, ({ queueCount }) => queueCount === 0)
    expect(await raw.keys('*')).toEqual([])
  })
})

describe('a job whose hash is evicted while its id remains', () => {
  it('is told in the list, in the run and when it is opened, and can be taken out and put back', async () => {
    const [evicted] = ids
    await raw.del(`bull:mail:${evicted}`)
    const page = await rig.client.messages.browse({ environmentId, queue, state: 'dead', cursor: null, limit: 10 })
    expect(page.items.find(({ id }) => id === evicted)?.error).toContain('evicted or deleted')
    const { body } = await rig.client.messages.inspect({ environmentId, queue, id: evicted! })
    expect(body).toMatchObject({ kind: 'missing', reason: expect.stringContaining('discarding it takes the id out') })
    const { run } = await carryOut(rig.client, { environmentId, queue, selection: dead, action: { kind: 'replay' } })
    expect(run).toMatchObject({
      done: 2,
      failed: 1,
      note: '1 failed: only its id is left: its hash was evicted or deleted; discard it.',
    })
    const discarded = await carryOut(rig.client, {
      environmentId,
      queue,
      selection: dead,
      action: { kind: 'discard' },
    })
    expect(discarded.run).toMatchObject({ archived: 1, done: 1, note: null, undoable: true })
    expect(await raw.zcard('bull:mail:failed')).toBe(0)
    const undone = await carryOut(rig.client, {
      environmentId,
      queue,
      selection: null,
      action: { kind: 'undo', runId: discarded.run.id },
    })
    expect(undone.run).toMatchObject({ done: 1 })
    expect(await raw.zrange('bull:mail:failed', 0, '-1')).toEqual([evicted])
  })
})

describe('two libraries on one prefix', () => {
  it('are told at the queue, as why nothing is changed and among its details', async () => {
    // What Bull leaves beside BullMQ's own keys.
    await raw.zadd('bull:mail:priority', 1, '9')
    await rig.client.environments.lookAgain({ environmentId })
    const details = await vi.waitFor(async () => {
      const sections = await rig.client.queues.details({ environmentId, queue })
      expect(JSON.stringify(sections)).toContain('Bull and BullMQ both write to these keys')
      return sections
    })
    expect(details?.[0]?.note).toContain('give one of them another prefix')
    const twin = queueKey({ layout: 'bull', prefix: 'bull', name: 'mail' })
    const { replay, discard, send } = await rig.client.queues.capabilities({ environmentId, queue: twin })
    for (const ability of [replay, discard, send])
      expect(ability).toMatchObject({ answer: 'no', reason: expect.stringContaining('jobs can be lost') })
    const plan = await rig.client.plans.prepare({
      environmentId,
      queue: twin,
      selection: dead,
      action: { kind: 'replay' },
    })
    expect(plan.refusal).toContain('give one of them another prefix')
  })
})
