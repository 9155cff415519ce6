import { queueKey } from '@shared/model/queue'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startRedis, type TestRedis } from './brokers/testing/redis-server'
import { Engine } from './engine/engine'
import { type ConsoleRig, startConsoleRig } from './testing/console-rig'

describe("what the console asks of the engine's queues", () => {
  let redis: TestRedis
  let rig: ConsoleRig
  let engine: Engine
  let environmentId: string
  beforeEach(async () => {
    redis = await startRedis()
    rig = await startConsoleRig()
    engine = await Engine.open({ redis: { port: redis.port } })
    environmentId = (await rig.connect(redis.port)).id
  })
  afterEach(async () => {
    await engine.close()
    await rig.close()
    await redis.stop()
  })
  const ref = (name: string) => ({ environmentId, queue: queueKey({ layout: 'engine', prefix: 'qe', name }) })

  it('shows its groups and schedules', async () => {
    const queue = engine.queue('fulfilment')
    await queue.enqueueEnvelopes([1, 2, 3].map((n) => ({ data: { n }, group: n === 3 ? 'order-2' : 'order-1' })))
    await queue.schedules.put('nightly', { cron: '0 2 * * *', data: { report: 'daily' }, catchUp: 'none' })
    const groups = await rig.client.queues.groups({ ...ref('fulfilment'), cursor: null, limit: 100 })
    expect(groups?.items.map(({ name, ready, holder }) => [name, ready, holder])).toEqual([
      ['order-1', 2, null],
      ['order-2', 1, null],
    ])
    const schedules = await rig.client.queues.schedules(ref('fulfilment'))
    expect(schedules).toMatchObject([
      { key: 'nightly', cron: '0 2 * * *', timeZone: 'UTC', catchUp: 'none', preview: '{"report":"daily"}' },
    ])
    expect(schedules![0]!.nextAt).toBeGreaterThan(Date.now())
  })

  it('says of other layouts that they cannot say', async () => {
    const todo = { environmentId, queue: queueKey({ layout: 'list', prefix: '', name: 'todo' }) }
    expect(await rig.client.queues.groups({ ...todo, cursor: null, limit: 1 })).toBeNull()
    expect(await rig.client.queues.schedules(todo)).toBeNull()
  })

  it('shows what a message tells of itself, and its result when it is kept', async () => {
    const queue = engine.queue('steps', { keepDone: { count: 10 } })
    const { id, children } = await queue.enqueueFamily({
      data: 'parent',
      children: [{ queue, data: 'child', options: { id: 'first', group: 'g' } }],
    })
    const childId = (children[0] as { id: string }).id
    const [child] = await queue.lease({ count: 1 })
    await child!.progress({ done: 1, total: 4 })
    await child!.log('a line')
    const working = await rig.client.messages.inspect({ ...ref('steps'), id: childId })
    expect(working).toMatchObject({ summary: { state: 'leased' }, logs: ['a line'] })
    const facts = Object.fromEntries(working.facts!.map(({ name, value }) => [name, value]))
    expect(facts).toEqual({
      'Own id': 'first',
      Group: 'g',
      Parent: `${id} in steps`,
      Progress: '{"done":1,"total":4}',
    })
    const parent = await rig.client.messages.inspect({ ...ref('steps'), id })
    expect(parent.facts).toEqual([{ name: 'Children', value: 'waits for 1 of 1' }])
    await child!.ack({ ok: true })
    const done = await rig.client.messages.browse({ ...ref('steps'), state: 'done', cursor: null, limit: 10 })
    expect(done.items.map((item) => item.id)).toEqual([childId])
    const kept = await rig.client.messages.inspect({ ...ref('steps'), id: childId })
    expect(kept.facts).toContainEqual({ name: 'Result', value: '{"ok":true}' })
  })
})
