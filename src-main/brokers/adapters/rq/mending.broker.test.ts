import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { RqAdapter } from './adapter'
import { startWorker } from './testing/rq-program'
import { mail, type RqStage, startRqStage } from './testing/rq-stage'

let stage: RqStage

beforeAll(async () => {
  stage = await startRqStage()
})
afterAll(() => stage.close())
beforeEach(async () => {
  await stage.admin.flushall()
})

interface Told {
  readonly status: string
  readonly args: readonly unknown[]
  readonly error: string | null
  readonly dependents: readonly string[]
  readonly meta: Readonly<Record<string, unknown>>
}

const told = (id: string) => stage.rq.ask<Told>(['told', id])
const hashOf = async (id: string) => await stage.admin.hgetallBuffer(`rq:job:${id}`)

async function failed(args: readonly unknown[] = [], options: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const id = await stage.submit(['fail', ...args], options)
  await stage.work()
  return id
}

describe('requeue', () => {
  it('is worked on once by the real worker, a process that forks for each job', async () => {
    const { adapter, admin, server } = stage
    const id = await failed(['9007199254740993'], { meta: { tenant: 'a' } })
    await admin.del('worked')
    await admin.set('healed', '1')
    const before = await hashOf(id)
    expect(await adapter.replay(mail, [id])).toEqual([{ id, outcome: 'applied' }])
    const after = await hashOf(id)
    for (const name of ['data', 'meta', 'created_at', 'origin', 'description', 'timeout'])
      expect(after[name], name).toEqual(before[name])
    const worker = startWorker(server.port, ['mail'], ['--burst'])
    await expect.poll(async () => (await told(id)).status, { timeout: 20_000 }).toBe('finished')
    await worker.stop()
    expect(await admin.lrange('worked', 0, -1)).toEqual(['["fail", "9007199254740993"]'])
    expect(await told(id)).toMatchObject({ args: ['fail', '9007199254740993'], meta: { tenant: 'a' } })
    expect(await adapter.states(mail, [id])).toEqual(['done'])
  })

  it('leaves the same hash, lifetime and keys as RQ’s own', async () => {
    const { adapter, admin, rq } = stage
    const options = { retry: 1, ttl: 5_000, meta: { n: 1 }, description: 'a call' }
    const [own, theirs] = [await stage.submit(['fail', 1], options), await stage.submit(['fail', 1], options)]
    await stage.work()
    await rq.ask(['requeue', theirs])
    expect(await adapter.replay(mail, [own])).toEqual([{ id: own, outcome: 'applied' }])
    const [mine, its] = [await hashOf(own), await hashOf(theirs)]
    expect(Object.keys(mine).sort()).toEqual(Object.keys(its).sort())
    const times = ['created_at', 'enqueued_at', 'last_heartbeat', 'worker_name']
    for (const [name, value] of Object.entries(its)) if (!times.includes(name)) expect(mine[name], name).toEqual(value)
    expect(mine.enqueued_at!.toString()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    const lifetimes = await Promise.all([own, theirs].map((id) => admin.ttl(`rq:job:${id}`)))
    expect(Math.abs(lifetimes[0]! - lifetimes[1]!)).toBeLessThan(5)
    expect(lifetimes[0]).toBeGreaterThan(4_000)
    expect(await admin.lrange('rq:queue:mail', 0, -1)).toEqual([theirs, own])
    expect(await admin.smembers('rq:queues')).toEqual(['rq:queue:mail'])
  })

  it('takes back a job that somebody stopped, as RQ does', async () => {
    await stage.submit(['x'])
    const id = await stage.rq.ask<string>(['stop', 'mail'])
    expect(await stage.adapter.states(mail, [id])).toEqual(['dead'])
    expect(await stage.adapter.replay(mail, [id])).toEqual([{ id, outcome: 'applied' }])
    expect(await stage.workHealed()).toEqual(['["x"]'])
  })

  it('gives the jobs that wait for it to the worker when it goes well', async () => {
    const first = await stage.submit(['fail', 'first'])
    await stage.submit(['second'], { depends_on: first })
    await stage.work()
    expect(await stage.adapter.replay(mail, [first])).toEqual([{ id: first, outcome: 'applied' }])
    expect(await stage.workHealed()).toEqual(['["fail", "first"]', '["second"]'])
  })

  it('says of what cannot be requeued why, and changes nothing', async () => {
    const { adapter, admin } = stage
    const [gone, other] = [await failed(['a']), await failed(['b'])]
    await admin.del(`rq:job:${gone}`)
    await admin.set('rq:queue:mail', 'not a list')
    expect(await adapter.replay(mail, [gone, other, 'no-such-job'])).toMatchObject([
      { outcome: 'failed', reason: expect.stringContaining('rq:queue:mail') },
      { outcome: 'failed', reason: expect.stringContaining('rq:queue:mail') },
      { outcome: 'failed', reason: expect.stringContaining('rq:queue:mail') },
    ])
    await admin.del('rq:queue:mail')
    expect(await adapter.replay(mail, [gone, 'no-such-job'])).toMatchObject([
      { outcome: 'failed', reason: expect.stringContaining('hash is gone') },
      { outcome: 'gone' },
    ])
    expect(await new RqAdapter(stage.readingClient).replay(mail, [other])).toMatchObject([
      { outcome: 'failed', reason: expect.stringContaining('EVALSHA') },
    ])
    expect(await admin.zcard('rq:failed:mail')).toBe(2)
  })
})

describe('discarding and undo', () => {
  it('brings back hash, lifetime, place, error and the jobs that wait for it', async () => {
    const { adapter, admin } = stage
    const first = await stage.submit(['fail', 'first'], { meta: { tenant: 'a' } })
    const second = await stage.submit(['second'], { depends_on: first })
    await stage.work()
    const before = {
      told: await told(first),
      hash: await hashOf(first),
      score: await admin.zscore('rq:failed:mail', first),
      expires: await admin.pexpiretime(`rq:job:${first}`),
    }
    expect(before.told).toMatchObject({ status: 'failed', dependents: [second], meta: { tenant: 'a' } })
    const kept = await adapter.snapshot(mail, 'dead', [first])
    expect(await adapter.remove(mail, 'dead', [first])).toEqual([{ id: first, outcome: 'applied' }])
    expect((await admin.keys('*')).filter((key) => key.startsWith(`rq:job:${first}`))).toEqual([])
    await expect(told(first)).rejects.toThrow('NoSuchJobError')
    expect(await adapter.restore(mail, kept)).toEqual([{ id: first, outcome: 'applied' }])
    expect({
      told: await told(first),
      hash: await hashOf(first),
      score: await admin.zscore('rq:failed:mail', first),
      expires: await admin.pexpiretime(`rq:job:${first}`),
    }).toEqual(before)
    await adapter.replay(mail, [first])
    expect(await stage.workHealed()).toEqual(['["fail", "first"]', '["second"]'])
  })

  it('leaves the same keys as RQ’s own delete', async () => {
    const [own, theirs] = [await failed(['a']), await failed(['b'])]
    await stage.adapter.remove(mail, 'dead', [own])
    await stage.rq.ask(['delete', theirs])
    const keys = (await stage.admin.keys('rq:*')).sort()
    expect(keys.filter((key) => key.includes(own)).map((key) => key.replace(own, 'ID'))).toEqual(
      keys.filter((key) => key.includes(theirs)).map((key) => key.replace(theirs, 'ID')),
    )
  })

  it('takes back what was requeued and still waits', async () => {
    const id = await failed(['a'])
    const before = await hashOf(id)
    const kept = await stage.adapter.snapshot(mail, 'dead', [id])
    await stage.adapter.replay(mail, [id])
    expect(await stage.adapter.remove(mail, 'ready', [id])).toMatchObject([{ outcome: 'applied' }])
    expect(await stage.adapter.restore(mail, kept)).toMatchObject([{ outcome: 'applied' }])
    expect(await hashOf(id)).toEqual(before)
    expect(await stage.rq.ask(['counts', 'mail'])).toMatchObject({ ready: 0, dead: 1 })
  })

  it('puts a purged queue back in its order', async () => {
    const ids = [await stage.submit([1]), await stage.submit([2]), await stage.submit([3])]
    const kept = await stage.adapter.snapshot(mail, 'ready', ids)
    expect(await stage.adapter.remove(mail, 'ready', ids)).toMatchObject(ids.map(() => ({ outcome: 'applied' })))
    expect(await stage.admin.keys('rq:job:*')).toEqual([])
    await stage.adapter.restore(mail, kept)
    expect(await stage.workHealed()).toEqual(['[1]', '[2]', '[3]'])
  })

  it('does not bring back what RQ would have forgotten meanwhile', async () => {
    const id = await failed(['a'], { failure_ttl: 1_000 })
    const [kept] = await stage.adapter.snapshot(mail, 'dead', [id])
    await stage.adapter.remove(mail, 'dead', [id])
    const late = { ...kept!, fields: { ...kept!.fields, expires: Buffer.from('1700000000000') } }
    expect(await stage.adapter.restore(mail, [late])).toMatchObject([
      { outcome: 'failed', reason: expect.stringContaining('forgotten') },
    ])
    expect(await stage.admin.keys('rq:job:*')).toEqual([])
  })

  it('leaves a waiting job alone that holds a place of a rate limit (from the published format of 3.0)', async () => {
    const id = await stage.submit(['a'])
    await stage.admin.hset(`rq:job:${id}`, 'rate_limit_key', 'mailgun')
    expect(await stage.adapter.remove(mail, 'ready', [id])).toMatchObject([
      { outcome: 'failed', reason: expect.stringContaining('rate limit') },
    ])
    expect(await stage.admin.llen('rq:queue:mail')).toBe(1)
  })
})
