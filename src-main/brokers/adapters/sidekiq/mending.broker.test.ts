import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { SidekiqAdapter } from './adapter'
import { jobOf, memberOf, requeued } from './job'
import { startWorker } from './testing/sidekiq-program'
import { at } from './testing/sidekiq-scene'
import { type SidekiqStage, startSidekiqStage } from './testing/sidekiq-stage'

let stage: SidekiqStage

beforeAll(async () => {
  stage = await startSidekiqStage()
})
afterAll(() => stage.close())
beforeEach(async () => {
  await stage.admin.flushall()
})

const deadSet = at('dead set')
const retrySet = at('retry set')
const payments = at('payments')
const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex')

const inQueue = async (name = 'payments') => await stage.admin.lrange(`queue:${name}`, 0, -1)
const inDeadSet = async () => await stage.admin.zrange('dead', 0, '-1')

describe('Retry Now', () => {
  it('is worked on once by the real worker, with its jid, its arguments and one retry_count less', async () => {
    const { adapter, sidekiq, admin } = stage
    await admin.set('test:declined', '1')
    const [jid] = await sidekiq.push([{ queue: 'payments', args: [7, { n: [1, null] }], retry: 1 }])
    await sidekiq.work('payments')
    await sidekiq.act('retry', jid!, 'add_to_queue')
    await sidekiq.work('payments')
    await admin.del('test:declined', 'test:given')
    const [before] = await inDeadSet()
    expect(JSON.parse(before!).retry_count).toBe(1)

    expect(await adapter.replay(deadSet, [jid!])).toEqual([{ id: jid, outcome: 'applied' }])
    const [after] = await inQueue()
    const isSame = (text: string) => text.replace(/"(?:retry_count|enqueued_at)":[\d.]+/g, '')
    expect(isSame(after!)).toBe(isSame(before!))
    expect(JSON.parse(after!).retry_count).toBe(0)
    expect(await inDeadSet()).toEqual([])

    const worker = startWorker(stage.server.port, ['payments'])
    await vi.waitFor(async () => expect(await admin.llen('test:given')).toBe(1), { timeout: 20_000 })
    await worker.stop()
    expect(await admin.lrange('test:given', 0, -1)).toEqual([JSON.stringify({ jid, args: '[7,{"n":[1,null]}]' })])
    expect([await inQueue(), await inDeadSet(), await admin.zcard('retry')]).toEqual([[], [], 0])
  })

  it('writes the same job as Sidekiq’s own', async () => {
    const jids = await stage.dead(2, { backtrace: true })
    await stage.sidekiq.act('dead', jids[0]!, 'retry')
    await stage.adapter.replay(deadSet, [jids[1]!])
    const [own, theirs] = (await inQueue()).map((text) => JSON.parse(text))
    const apart = ['jid', 'args', 'created_at', 'enqueued_at', 'failed_at']
    expect(Object.keys(own).sort()).toEqual(Object.keys(theirs).sort())
    for (const name of Object.keys(theirs)) if (!apart.includes(name)) expect(own[name], name).toEqual(theirs[name])
    expect(own.retry_count).toBe(-1)
    expect(Math.abs(own.enqueued_at - theirs.enqueued_at)).toBeLessThan(10)
    expect(await stage.admin.smembers('queues')).toEqual(['payments'])
  })

  it('works out of the retry set and out of the scheduled set, too', async () => {
    const { sidekiq, adapter, admin } = stage
    await admin.set('test:declined', '1')
    const [retrying] = await sidekiq.push([{ queue: 'payments', args: ['again'] }])
    await sidekiq.work('payments')
    await admin.del('test:declined')
    const [scheduled] = await sidekiq.push([{ queue: 'payments', args: ['later'], at: 4_102_444_800 }])
    expect(await adapter.replay(retrySet, [retrying!])).toEqual([{ id: retrying, outcome: 'applied' }])
    expect(await adapter.replay(at('scheduled set'), [scheduled!])).toEqual([{ id: scheduled, outcome: 'applied' }])
    expect((await sidekiq.work('payments')).map(({ jid }) => jid)).toEqual([retrying, scheduled])
    expect((await sidekiq.counts()).sets).toEqual({ dead: 0, retry: 0, schedule: 0 })
  })

  it('goes to the job’s own queue, which may not be in the registry any more', async () => {
    const [jid] = await stage.dead(1)
    await stage.admin.del('queues')
    await stage.adapter.replay(deadSet, [jid!])
    expect(await stage.admin.smembers('queues')).toEqual(['payments'])
  })

  it('leaves the job where it is when its queue’s key is something else, and says so', async () => {
    const [jid] = await stage.dead(1)
    await stage.admin.set('queue:payments', 'not a list')
    const [outcome] = await stage.adapter.replay(deadSet, [jid!])
    expect(outcome).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('queue:payments') })
    expect((await inDeadSet()).length).toBe(1)
  })

  it('tells a user who may not what is missing', async () => {
    const [jid] = await stage.dead(1)
    const [outcome] = await new SidekiqAdapter(stage.readingClient).replay(deadSet, [jid!])
    expect(outcome).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('EVALSHA') })
  })

  it('leaves alone a job that changed since it was archived', async () => {
    const { adapter, sidekiq, admin } = stage
    await admin.set('test:declined', '1')
    const [jid] = await sidekiq.push([{ queue: 'payments', args: [1] }])
    await sidekiq.work('payments')
    await adapter.snapshot(retrySet, 'delayed', [jid!])
    await sidekiq.act('retry', jid!, 'add_to_queue')
    await sidekiq.work('payments')
    expect((await adapter.replay(retrySet, [jid!])).map(({ outcome }) => outcome)).toEqual(['changed'])
    await adapter.snapshot(retrySet, 'delayed', [jid!])
    expect((await adapter.replay(retrySet, [jid!])).map(({ outcome }) => outcome)).toEqual(['applied'])
  })
})

describe('undo', () => {
  it('takes back what was brought back and still waits, byte for byte', async () => {
    const jids = await stage.dead(3)
    const before = await stage.admin.zrange('dead', 0, '-1', 'WITHSCORES')
    const kept = await stage.adapter.snapshot(deadSet, 'dead', jids)
    await stage.adapter.replay(deadSet, jids)
    const taken = await stage.adapter.remove(deadSet, 'ready', jids)
    expect(taken.map(({ outcome }) => outcome)).toEqual(['applied', 'applied', 'applied'])
    await stage.adapter.restore(deadSet, kept)
    expect(await stage.admin.zrange('dead', 0, '-1', 'WITHSCORES')).toEqual(before)
    expect(await inQueue()).toEqual([])
  })

  it('does so after a restart of the console, which has forgotten where they went', async () => {
    const jids = await stage.dead(2)
    await stage.adapter.replay(deadSet, jids)
    const fresh = new SidekiqAdapter(stage.client)
    const taken = await fresh.remove(deadSet, 'ready', [...jids, 'no-such-job'])
    expect(taken.map(({ outcome }) => outcome)).toEqual(['applied', 'applied', 'gone'])
  })

  it('puts a purged queue back in its order', async () => {
    const { adapter, sidekiq } = stage
    const jids = await sidekiq.push([1, 2, 3, 4].map((n) => ({ queue: 'payments', args: [n] })))
    const before = await inQueue()
    const kept = await adapter.snapshot(payments, 'ready', jids)
    await adapter.remove(payments, 'ready', jids)
    expect(await inQueue()).toEqual([])
    await adapter.restore(payments, kept)
    expect(await inQueue()).toEqual(before)
    expect((await sidekiq.work('payments')).map(({ args }) => args)).toEqual(['[1]', '[2]', '[3]', '[4]'])
  })
})

describe('editing', () => {
  const args = '[9007199254740993, {"id":1,"id":2, "amount": 1.0},  -0, 1e22,"\\u00e9é"]'

  /** A real dead job whose arguments were made so by hand: Ruby's own generator would have lost some of that. */
  async function deadWith(text: string): Promise<string> {
    const [jid] = await stage.dead(1, { backtrace: true })
    const [member, score] = await stage.admin.zrange('dead', 0, '-1', 'WITHSCORES')
    await stage.admin.del('dead')
    await stage.admin.zadd('dead', score!, member!.replace('"args":[0]', `"args": ${text}`))
    return jid!
  }

  it('keeps 64-bit integers, repeated keys and spaces, in the arguments and around them', async () => {
    const jid = await deadWith(args)
    const [before] = await inDeadSet()
    const body = args.replace('"amount": 1.0', '"amount": 2.50')
    const edit = { id: jid, state: 'dead', body: Buffer.from(body), expectedDigest: sha256(args) } as const
    expect(await stage.adapter.edit(deadSet, edit)).toEqual({ id: jid, outcome: 'applied' })
    expect(await inDeadSet()).toEqual([before!.replace('"amount": 1.0', '"amount": 2.50')])
    await stage.adapter.replay(deadSet, [jid])
    const [queued] = await inQueue()
    expect(queued).toContain(`"args": ${body}`)
    expect((await stage.sidekiq.work('payments'))[0]!.args).toContain('9007199254740993')
  })

  it('changes a job that waits in its queue in its place', async () => {
    const { adapter, sidekiq } = stage
    const jids = await sidekiq.push([1, 2, 3].map((n) => ({ queue: 'payments', args: [n] })))
    const edit = { id: jids[1]!, state: 'ready', body: Buffer.from('["two"]'), expectedDigest: sha256('[2]') } as const
    expect((await adapter.edit(payments, edit)).outcome).toBe('applied')
    expect((await sidekiq.work('payments')).map((given) => [given.jid, given.args])).toEqual([
      [jids[0], '[1]'],
      [jids[1], '["two"]'],
      [jids[2], '[3]'],
    ])
  })

  it('refuses what Sidekiq could not pass to perform', async () => {
    const [jid] = await stage.dead(1)
    for (const body of ['{"a":1}', 'no json', '[1'])
      expect(
        await stage.adapter.edit(deadSet, {
          id: jid!,
          state: 'dead',
          body: Buffer.from(body),
          expectedDigest: sha256('[0]'),
        }),
      ).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('JSON array') })
  })

  it('writes times as the version does that wrote the job: fractions of seconds, or milliseconds (from the published format of 8)', () => {
    const older = requeued(jobOf(Buffer.from('{"class":"A","args":[],"enqueued_at":1.5}')), 1_700_000_000_000)
    const newer = jobOf(Buffer.from('{"class":"A","args":[],"created_at":1700000000001}'))
    expect(older?.toString()).toBe('{"class":"A","args":[],"enqueued_at":1700000000.000000}')
    expect(requeued(newer, 1_700_000_000_002.4)?.toString()).toBe(
      '{"class":"A","args":[],"created_at":1700000000001,"enqueued_at":1700000000002}',
    )
  })
})

describe('sending', () => {
  it('writes what Sidekiq’s own client writes', async () => {
    const { adapter, sidekiq } = stage
    await sidekiq.push([{ queue: 'payments', args: [1] }])
    const [jid] = await adapter.send(payments, [
      { name: 'Charge', body: Buffer.from('[1]'), delayMs: 0, priority: null, attributes: {} },
    ])
    const [own, theirs] = (await inQueue()).map((text) => text)
    expect(jid).toMatch(/^[0-9a-f]{24}$/)
    expect(Object.keys(JSON.parse(own!))).toEqual(Object.keys(JSON.parse(theirs!)))
    expect(own!.replace(/"(?:jid|created_at|enqueued_at)":("\w+"|[\d.]+)/g, '')).toBe(
      theirs!.replace(/"(?:jid|created_at|enqueued_at)":("\w+"|[\d.]+)/g, ''),
    )
    expect(memberOf(jobOf(Buffer.from(own!)), 'enqueued_at')).toBeCloseTo(JSON.parse(theirs!).enqueued_at, -1)
  })

  it('schedules what is for later, and takes options', async () => {
    const { adapter, admin, sidekiq } = stage
    const [jid] = await adapter.send(payments, [
      {
        name: 'Charge',
        body: Buffer.from('[2]'),
        delayMs: 60_000,
        priority: null,
        attributes: { retry: '3', backtrace: 'true' },
      },
    ])
    const [text, score] = await admin.zrange('schedule', 0, '-1', 'WITHSCORES')
    expect(JSON.parse(text!)).toMatchObject({ jid, retry: 3, backtrace: true, queue: 'payments', class: 'Charge' })
    expect(JSON.parse(text!)).not.toHaveProperty('enqueued_at')
    const [seconds] = await admin.time()
    expect(Number(score) - Number(seconds)).toBeCloseTo(60, -1)
    await sidekiq.act('schedule', jid!, 'add_to_queue')
    expect((await sidekiq.work('payments')).map((given) => given.jid)).toEqual([jid])
  })

  it('refuses what Sidekiq has not, before anything is sent', async () => {
    const fine = { name: 'Charge', body: Buffer.from('[1]'), delayMs: 0, priority: null, attributes: {} }
    const wrong = [
      { ...fine, name: null },
      { ...fine, body: Buffer.from('{}') },
      { ...fine, priority: 1 },
      { ...fine, attributes: { retry: 'often' } },
      { ...fine, attributes: { jid: 'mine' } },
      { ...fine, options: { group: 'a' } },
    ]
    for (const message of wrong)
      await expect(stage.adapter.send(payments, [fine, message])).rejects.toMatchObject({ code: 'bad-input' })
    await expect(stage.adapter.send(deadSet, [fine])).rejects.toMatchObject({ code: 'unsupported' })
    expect(await stage.admin.keys('*')).toEqual([])
  })
})
