import { deflateSync } from 'node:zlib'
import type { MessageState } from '@shared/model/message'
import { type QueueAddress, queueKey } from '@shared/model/queue'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { manualClock } from '../../../runtime/manual-clock'
import { randomOf } from '../../testing/torture'
import { SidekiqAdapter } from './adapter'
import { stackOf } from './backtrace'
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

/** Rows of all pages, with something done between each two. */
async function paged(queue: QueueAddress, state: MessageState, limit: number, between?: () => Promise<unknown>) {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const page = await stage.adapter.browse(queue, { state, cursor, limit })
    ids.push(...page.items.map(({ id }) => id))
    cursor = page.nextCursor
    if (cursor !== null) await between?.()
  } while (cursor !== null)
  return ids
}

describe('pages', () => {
  it('neither repeat nor skip while workers take and producers add', async () => {
    const { sidekiq, admin } = stage
    const jids = await sidekiq.push(Array.from({ length: 60 }, (_, n) => ({ queue: 'payments', args: [n] })))
    const shown = await paged(payments, 'ready', 7, async () => {
      await admin.rpop('queue:payments', 3)
      await sidekiq.push([1, 2, 3, 4, 5].map((n) => ({ queue: 'payments', args: ['new', n] })))
    })
    expect(new Set(shown).size).toBe(shown.length)
    expect(shown.filter((jid) => jids.includes(jid))).toEqual(jids)
  })

  it('neither repeat nor skip in the dead set while jobs die and are brought back', async () => {
    const jids = await stage.dead(40)
    const newestFirst = [...jids].reverse()
    let taken = 0
    const shown = await paged(deadSet, 'dead', 6, async () => {
      await stage.dead(2)
      await stage.sidekiq.act('dead', newestFirst[taken++]!, 'delete')
    })
    expect(shown).toEqual(newestFirst)
  })

  it('tell two jobs of one jid apart, and equal ones too', async () => {
    const { sidekiq, admin, adapter } = stage
    const jids = await sidekiq.push([1, 2, 3].map((n) => ({ queue: 'payments', args: [n] })))
    const [, second] = (await admin.lrange('queue:payments', 0, -1)).reverse()
    const twin = second!.replace('"args":[2]', '"args":["twin"]')
    await admin.lpush('queue:payments', twin, twin, second!)
    const shown = await paged(payments, 'ready', 2)
    expect(shown.length).toBe(6)
    expect(new Set(shown).size).toBe(6)
    expect(shown.slice(0, 3)).toEqual(jids)
    const bodies = await Promise.all(shown.map(async (id) => (await adapter.inspect(payments, id)).summary.preview))
    expect(bodies).toEqual(['[1]', '[2]', '[3]', '["twin"]', '["twin"]', '[2]'])
    expect(await adapter.states(payments, shown)).toEqual(shown.map(() => 'ready'))
    const removed = await adapter.remove(payments, 'ready', [shown[3]!, shown[4]!])
    expect(removed.map(({ outcome }) => outcome)).toEqual(['applied', 'applied'])
    expect(await admin.lrange('queue:payments', 0, -1)).not.toContain(twin)
    expect((await adapter.remove(payments, 'ready', [jids[1]!]))[0]!.outcome).toBe('applied')
    expect((await admin.lrange('queue:payments', 0, -1)).filter((text) => text === second).length).toBe(1)
  })
})

describe('looking for a jid', () => {
  it('needs no listing before: a queue is read through, a set scanned', async () => {
    const { sidekiq, client } = stage
    const [ready] = await sidekiq.push([{ queue: 'payments', args: ['first'] }])
    await sidekiq.push(Array.from({ length: 2_500 }, (_, n) => ({ queue: 'payments', args: [n] })))
    const jids = await sidekiq.push(
      Array.from({ length: 2_500 }, (_, n) => ({ queue: 'payments', args: [n], at: 4_102_444_800 + n })),
    )
    const fresh = new SidekiqAdapter(client)
    expect((await fresh.inspect(payments, ready!)).summary.preview).toBe('["first"]')
    expect((await fresh.inspect(at('scheduled set'), jids[1_234]!)).summary.preview).toBe('[1234]')
    expect(await fresh.states(at('scheduled set'), [...jids.slice(0, 900), 'none'])).toEqual([
      ...Array.from({ length: 900 }, () => 'delayed'),
      null,
    ])
  })
})

describe('a job that is no JSON', () => {
  it('is shown as the worker buried it, can be discarded and put back, and cannot be brought back', async () => {
    const { admin, sidekiq, adapter } = stage
    await sidekiq.push([{ queue: 'payments', args: [1] }])
    await sidekiq.work('payments')
    await admin.lpush('queue:payments', 'no job at all')
    await sidekiq.work('payments')
    const { items } = await adapter.browse(deadSet, { state: 'dead', cursor: null, limit: 10 })
    expect(items).toMatchObject([{ state: 'dead', name: null, preview: 'no job at all', attempts: null }])
    const [{ id }] = items as unknown as readonly [{ readonly id: string }]
    expect((await adapter.inspect(deadSet, id)).body).toMatchObject({ kind: 'whole', bytes: 13 })
    expect(await adapter.replay(deadSet, [id])).toMatchObject([{ outcome: 'failed' }])
    const kept = await adapter.snapshot(deadSet, 'dead', [id])
    expect(await adapter.remove(deadSet, 'dead', [id])).toMatchObject([{ outcome: 'applied' }])
    expect(await adapter.restore(deadSet, kept)).toMatchObject([{ outcome: 'applied' }])
    expect(await admin.zrange('dead', 0, '-1')).toEqual(['no job at all'])
  })
})

describe('times and stacks', () => {
  it('shows the times and the stack that Sidekiq’s API shows', async () => {
    const [jid] = await stage.dead(1, { backtrace: true })
    const detail = await stage.adapter.inspect(deadSet, jid!)
    const theirs = await stage.sidekiq.read('dead', jid!)
    expect(detail.error?.stack?.split('\n')).toEqual(theirs.backtrace)
    const job = JSON.parse((await stage.admin.zrange('dead', 0, '-1'))[0]!)
    expect(detail.summary.enqueuedAt).toBe(Math.round(job.enqueued_at * 1_000))
    expect(detail.history.map(({ event }) => event)).toEqual(['created', 'enqueued', 'failed', 'died'])
  })

  it('reads fractions of seconds and whole milliseconds alike (the latter from the published format of version 8)', async () => {
    const stack = deflateSync(Buffer.from('["app/a.rb:1","app/b.rb:2"]')).toString('base64')
    const job = (times: string) =>
      `{"class":"A","args":[1],"jid":"JID","queue":"q",${times},"retry_count":2,"error_class":"E","error_message":"m","error_backtrace":"${stack}"}`
    const older = '"created_at":1700000000.125,"enqueued_at":1700000001.5,"failed_at":1700000002.25'
    const newer = '"created_at":1700000000125,"enqueued_at":1700000001500,"failed_at":1700000002250'
    for (const [jid, times] of [
      ['a', older],
      ['b', newer],
    ] as const) {
      await stage.admin.zadd('dead', '1700000003.5', job(times).replace('JID', jid))
      const { summary, history, error } = await stage.adapter.inspect(deadSet, jid)
      expect(summary).toMatchObject({ enqueuedAt: 1_700_000_001_500, finishedAt: 1_700_000_003_500, attempts: 3 })
      expect(history.map(({ at: when }) => when)).toEqual([
        1_700_000_000_125, 1_700_000_001_500, 1_700_000_002_250, 1_700_000_003_500,
      ])
      expect(error).toEqual({ name: 'E', message: 'm', stack: 'app/a.rb:1\napp/b.rb:2' })
    }
  })

  it('reads a stack that an old version left as an array, and none that Marshal wrote or that never ends', () => {
    expect(stackOf(['a', 'b'])).toBe('a\nb')
    expect(stackOf(deflateSync(Buffer.from([4, 8, 91, 6])).toString('base64'))).toBeNull()
    expect(stackOf(deflateSync(Buffer.alloc(2 * 1024 * 1024)).toString('base64'))).toBeNull()
    expect(stackOf(undefined)).toBeNull()
  })

  it('tells how long the job that is next has waited, in both formats of time', async () => {
    const { admin, adapter } = stage
    const [seconds] = (await admin.time()).map(Number)
    for (const enqueued of [`${seconds! - 60}.5`, `${seconds! - 60}500`]) {
      await admin.del('queue:payments')
      await admin.lpush('queue:payments', `{"class":"A","args":[],"jid":"j","enqueued_at":${enqueued}}`)
      const [reading] = await adapter.read([payments])
      expect(reading!.oldestReadyMs).toBeGreaterThan(59_000)
      expect(reading!.oldestReadyMs).toBeLessThan(65_000)
    }
  })
})

describe('finding', () => {
  const found = async () => (await stage.discover(stage.adapter)).map(({ address }) => queueKey(address)).sort()

  it('takes a set named queues for Sidekiq’s only where a job, a process or a day’s count says so', async () => {
    const { admin } = stage
    await admin.sadd('queues', 'orders')
    await admin.lpush('queue:orders', '{"class":"A","args":[]}', '{"id":1}')
    expect(await found()).toEqual([])
    await admin.set('stat:processed', '5')
    expect(await found()).toEqual([])
    await admin.set(`stat:processed:${new Date().toISOString().slice(0, 10)}`, '5')
    expect((await found()).length).toBe(4)
  })

  it('leaves a list of the same shape that is not registered to others', async () => {
    await stage.sidekiq.push([{ queue: 'payments', args: [1] }])
    await stage.admin.lpush('queue:orders', '{"order":1}')
    expect(await found()).not.toContain('sidekiq//orders')
    const keys = (await stage.discover(stage.adapter)).flatMap(({ ownKeys }) => ownKeys ?? [])
    expect(keys.sort()).toEqual(['dead', 'queue:payments', 'retry', 'schedule'])
  })

  it('links each queue with the dead set', async () => {
    await stage.sidekiq.push([{ queue: 'payments', args: [1] }])
    const all = await stage.discover(stage.adapter)
    expect(all.find(({ address }) => address.name === 'payments')?.deadLetterQueue).toEqual(deadSet)
    expect(all.find(({ address }) => address.name === 'dead set')?.deadLetterSources).toEqual([payments])
  })

  it('finds what redis-namespace puts under a name of its own (keys of a real Sidekiq, copied under one)', async () => {
    const { admin, adapter, sidekiq } = stage
    const [jid] = await stage.dead(2, { backtrace: true })
    await sidekiq.push([{ queue: 'payments', args: ['ready'] }])
    await sidekiq.beat()
    for (const key of await admin.keys('*')) {
      await admin.copy(key, `shop:eu:${key}`)
      await admin.del(key)
    }
    expect(await found()).toEqual([
      'sidekiq/shop%3Aeu/dead%20set',
      'sidekiq/shop%3Aeu/payments',
      'sidekiq/shop%3Aeu/retry%20set',
      'sidekiq/shop%3Aeu/scheduled%20set',
    ])
    const [dead, queue] = [at('dead set', 'shop:eu'), at('payments', 'shop:eu')]
    expect((await adapter.read([dead, queue])).map((reading) => [reading.dead, reading.ready])).toEqual([
      [2, 0],
      [0, 1],
    ])
    expect((await adapter.workers()).workers.length).toBe(1)
    expect((await adapter.inspect(dead, jid!)).error?.name).toBe('CardDeclined')
    await adapter.replay(dead, [jid!])
    expect(await admin.llen('shop:eu:queue:payments')).toBe(2)
    expect(await admin.exists('queue:payments')).toBe(0)
  })
})

describe('details', () => {
  it('tells Sidekiq’s totals, and of each set what it is for', async () => {
    await stage.dead(2)
    await stage.sidekiq.beat()
    const facts = async (name: string) =>
      Object.fromEntries(
        (await stage.adapter.details(at(name))).flatMap((section) =>
          section.facts.map((fact) => [fact.name, fact.value]),
        ),
      )
    expect(await facts('payments')).toMatchObject({
      Processed: await stage.admin.get('stat:processed'),
      'Failed tries': await stage.admin.get('stat:failed'),
      'In the dead set': '2',
      Processes: '1',
      Version: '6 or older, which tells no number',
    })
    expect((await facts('dead set')).Holds).toContain('10,000')
    await stage.sidekiq.push([{ queue: 'payments', args: [1], at: 4_102_444_800 }])
    expect((await facts('scheduled set')).Overdue).toBe('0')
    await stage.admin.zadd('schedule', 'XX', '1', (await stage.admin.zrange('schedule', 0, '-1'))[0]!)
    expect((await facts('scheduled set')).Overdue).toBe('1')
  })

  it('shows a queue that Sidekiq Pro holds back as paused (from its published key), and takes a stranger’s key for none', async () => {
    await stage.sidekiq.push([{ queue: 'payments', args: [1] }])
    expect((await stage.adapter.read([payments]))[0]).toMatchObject({ paused: false, ready: 1 })
    await stage.admin.sadd('paused', 'payments')
    expect((await stage.adapter.read([payments]))[0]).toMatchObject({ paused: true, ready: 1 })
    await stage.admin.del('paused')
    await stage.admin.set('paused', 'since Monday')
    expect((await stage.adapter.read([payments]))[0]).toMatchObject({ paused: null, ready: 1, trouble: null })
  })
})

describe('following what was brought back', () => {
  it('counts a job as done only when it was nowhere for longer than a heartbeat', async () => {
    const { client, sidekiq, admin } = stage
    const clock = manualClock()
    const adapter = new SidekiqAdapter(client, { clock, busyEveryMs: 0 })
    const [good, bad] = await stage.dead(2)
    const [killed] = await stage.dead(1, { retry: 5 })
    await sidekiq.act('retry', killed!, 'kill')
    const ids = [good!, bad!, killed!]
    await clock.advance(10)
    await adapter.replay(deadSet, ids)
    await clock.advance(10)
    expect(await adapter.states(deadSet, ids)).toEqual(['ready', 'ready', 'ready'])
    expect((await adapter.inspect(deadSet, good!)).summary.state).toBe('ready')
    // One goes well, one dies again, one fails and will be tried again.
    await sidekiq.work('payments', 1)
    await admin.set('test:declined', '1')
    await sidekiq.work('payments')
    await clock.advance(3_000)
    expect(await adapter.states(deadSet, ids)).toEqual(['leased', 'dead', 'delayed'])
    await clock.advance(16_000)
    expect(await adapter.states(deadSet, ids)).toEqual([null, 'dead', 'delayed'])
  })
})

describe('random states', () => {
  it('agree with Sidekiq’s own API on every count', async () => {
    const { sidekiq, adapter, admin } = stage
    const below = randomOf(20_261_124)
    const pick = <T>(items: readonly T[]): T | undefined => items[below(items.length)]
    const queues = ['payments', 'mail', 'reports']
    await sidekiq.push(queues.map((queue) => ({ queue, args: [] })))
    for (let step = 0; step < 100; step += 1) {
      const queue = pick(queues)!
      const { sets, queues: waiting } = await sidekiq.jids()
      const [ready, retry, dead, scheduled] = [waiting[queue] ?? [], sets.retry, sets.dead, sets.schedule].map(pick)
      const act = below(9)
      if (act <= 1) await sidekiq.push(Array.from({ length: 1 + act * 4 }, (_, n) => ({ queue, args: [n] })))
      else if (act === 2) await sidekiq.push([{ queue, args: [step], at: 4_102_444_800 + step }])
      else if (act === 3) await sidekiq.work(queue)
      else if (act === 4) {
        await admin.set('test:declined', '1')
        await sidekiq.push([{ queue, args: [step], retry: pick([0, 1, 5])! }])
        await sidekiq.work(queue)
        await admin.del('test:declined')
      } else if (act === 5 && retry) await sidekiq.act('retry', retry, pick(['retry', 'kill', 'delete'] as const)!)
      else if (act === 6 && dead) await sidekiq.act('dead', dead, pick(['retry', 'delete'] as const)!)
      else if (act === 7 && scheduled)
        await sidekiq.act('schedule', scheduled, pick(['add_to_queue', 'delete', 'kill'] as const)!)
      else if (act === 8 && ready) await sidekiq.deleteFromQueue(queue, ready)
      const truth = await sidekiq.counts()
      const readings = await adapter.read([...queues.map((name) => at(name)), deadSet, retrySet, at('scheduled set')])
      expect(
        readings.map(({ ready: waits, leased, dead: died, delayed }) => [waits, leased, died, delayed]),
        `step ${step}`,
      ).toEqual([
        ...queues.map((name) => [truth.queues[name]!.ready, truth.queues[name]!.leased, 0, 0]),
        [0, 0, truth.sets.dead, 0],
        [0, 0, 0, truth.sets.retry],
        [0, 0, 0, truth.sets.schedule],
      ])
    }
    const own = await paged(deadSet, 'dead', 5)
    expect([...own].sort()).toEqual([...(await sidekiq.jids()).sets.dead].sort())
  })
})
