import type { MessageSummary } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import { type Job as Job6, Queue as Queue6, Worker as Worker6 } from 'bullmq'
import { Queue as Queue5, Worker as Worker5 } from 'bullmq5'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../runtime/clock'
import { loopback, type RedisClient, redisClient } from '../../clients/redis'
import { redisFinder } from '../../finder'
import type { Found } from '../../reader'
import { startRedis, type TestRedis } from '../../testing/redis-server'
import { BullmqAdapter } from './adapter'

/** Both majors by the part of their classes that is the same. */
const majors = [
  { major: 6, Queue: Queue6, Worker: Worker6, product: 'BullMQ 6.7.0' },
  {
    major: 5,
    Queue: Queue5 as unknown as typeof Queue6,
    Worker: Worker5 as unknown as typeof Worker6,
    product: 'BullMQ 5.81.5',
  },
] as const

let server: TestRedis
let admin: Redis
let client: RedisClient
let adapter: BullmqAdapter
const closing: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  server = await startRedis()
  admin = new Redis(server.port)
})

afterAll(async () => {
  admin.disconnect()
  await server.stop()
})

beforeEach(async () => {
  await admin.flushall()
  client = redisClient(loopback(server.port))
  await client.connect()
  adapter = new BullmqAdapter(client)
})

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  client.disconnect()
})

const address = (name: string, prefix = 'bull'): QueueAddress => ({ layout: 'bullmq', prefix, name })

function produce(name: string, Queue: typeof Queue6 = Queue6, prefix = 'bull'): Queue6 {
  const queue = new Queue(name, { connection: { port: server.port }, prefix })
  closing.push(() => queue.close())
  return queue
}

/** A real worker until `enough` jobs have ended. */
async function work(
  name: string,
  { Worker = Worker6, run, enough }: { Worker?: typeof Worker6; run: (job: Job6) => unknown; enough: number },
): Promise<void> {
  const worker = new Worker(name, async (job: Job6) => run(job), { connection: { port: server.port }, concurrency: 20 })
  let ended = 0
  await new Promise<void>((resolve) => {
    const count = () => {
      ended += 1
      if (ended === enough) resolve()
    }
    worker.on('completed', count)
    worker.on('failed', count)
  })
  await worker.close()
}

const boom = () => {
  throw new TypeError('card was declined')
}

async function allOf(
  queue: QueueAddress,
  state: 'dead' | 'ready' | 'delayed' | 'leased' | 'done',
  between?: () => Promise<unknown>,
): Promise<readonly MessageSummary[]> {
  const rows: MessageSummary[] = []
  let cursor: string | null = null
  do {
    const page = await adapter.browse(queue, { state, cursor, limit: 100 })
    rows.push(...page.items)
    cursor = page.nextCursor
    if (cursor !== null) await between?.()
  } while (cursor !== null)
  return rows
}

async function discovered(reader: BullmqAdapter, prefixes: readonly string[] = []): Promise<readonly Found[]> {
  const found: Found[] = []
  await redisFinder(client, [reader], { clock: systemClock, prefixes }).find({
    found: (queue) => found.push(queue),
    signal: new AbortController().signal,
    pace: 'hurried',
  })
  return found.sort((a, b) => (a.address.name < b.address.name ? -1 : 1))
}

/** Calls of every command that this server counts as a write, from INFO commandstats. */
async function writeCalls(): Promise<Readonly<Record<string, number>>> {
  const writes = new Set((await admin.call('COMMAND', 'LIST', 'FILTERBY', 'ACLCAT', 'write')) as string[])
  const stats = await admin.info('commandstats')
  return Object.fromEntries(
    [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)]
      .map((match) => [match[1]!, Number(match[2])] as const)
      .filter(([name]) => writes.has(name) || name === 'eval' || name === 'evalsha'),
  )
}

describe.each(majors)('a queue of BullMQ $major', ({ Queue, Worker, product }) => {
  it('counts what its own producers and workers left', async () => {
    const queue = produce('orders', Queue)
    await queue.add('pay', { n: 1 })
    await queue.add('fail', { n: 2 })
    await work('orders', { Worker, enough: 2, run: (job) => (job.name === 'fail' ? boom() : 'ok') })
    await queue.add('wait', { n: 3 }, { timestamp: Date.now() - 60_000 })
    await queue.add('urgent', { n: 4 }, { priority: 3 })
    await queue.add('later', { n: 5 }, { delay: 600_000 })
    const [reading] = await adapter.read([address('orders')])
    expect(reading).toMatchObject({
      ready: 2,
      leased: 0,
      delayed: 1,
      dead: 1,
      done: 1,
      paused: false,
      enqueuedTotal: 5,
      ackedTotal: 1,
      trouble: null,
    })
    expect(reading!.oldestReadyMs).toBeGreaterThanOrEqual(60_000)
    expect(reading!.oldestReadyMs).toBeLessThan(90_000)
    expect((await discovered(adapter)).map((found) => found.product)).toEqual([product])

    await queue.pause()
    expect((await adapter.read([address('orders')]))[0]).toMatchObject({ ready: 2, paused: true })
  })

  it('shows a failed job with its error, its stacks and its log', async () => {
    const queue = produce('orders', Queue)
    await queue.add('charge', { card: '4111' }, { jobId: 'c-1', attempts: 2 })
    await work('orders', {
      Worker,
      enough: 2,
      run: async (job) => {
        await job.log(`try ${job.attemptsStarted}`)
        boom()
      },
    })
    const page = await adapter.browse(address('orders'), { state: 'dead', cursor: null, limit: 100 })
    expect(page).toMatchObject({ total: 1, nextCursor: null })
    expect(page.items[0]).toMatchObject({
      id: 'c-1',
      name: 'charge',
      attempts: 2,
      maxAttempts: 2,
      bytes: 15,
      preview: '{"card":"4111"}',
      error: 'card was declined',
    })
    const detail = await adapter.inspect(address('orders'), 'c-1')
    expect(detail.error).toMatchObject({ name: 'TypeError', message: 'card was declined' })
    expect(detail.error!.stack).toContain('bullmq.broker.test')
    expect(detail.history.map(({ event, attempt }) => [event, attempt])).toEqual([
      ['added', null],
      ['failed', 1],
      ['failed', 2],
    ])
    expect(detail.logs).toEqual(['try 1', 'try 2'])
    await expect(adapter.inspect(address('orders'), 'nobody')).rejects.toMatchObject({ code: 'gone' })
  })

  it('replays failed jobs, which a real worker then completes, each at its priority', async () => {
    const queue = produce('orders', Queue)
    for (let n = 0; n < 50; n += 1) await queue.add('charge', { n }, { jobId: `c-${n}`, priority: n % 2 === 0 ? 7 : 0 })
    await work('orders', { Worker, enough: 50, run: boom })
    const ids = Array.from({ length: 50 }, (_, n) => `c-${n}`)
    const outcomes = await adapter.replay(address('orders'), [...ids, 'nobody'])
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([...ids.map(() => 'applied'), 'gone'])
    expect((await adapter.replay(address('orders'), ['c-0']))[0]!.outcome).toBe('gone')
    expect(await admin.zcard('bull:orders:prioritized')).toBe(25)
    expect(await adapter.states(address('orders'), ['c-0', 'c-1', 'nobody'])).toEqual(['ready', 'ready', null])

    await work('orders', { Worker, enough: 50, run: () => 'ok' })
    expect((await adapter.read([address('orders')]))[0]).toMatchObject({ ready: 0, dead: 0, done: 50 })
    expect((await adapter.states(address('orders'), ids)).every((state) => state === 'done')).toBe(true)
  })

  it('writes an edited body byte for byte, and only over the body that was seen', async () => {
    const queue = produce('orders', Queue)
    await queue.add('charge', { amount: 1 }, { jobId: 'c-1' })
    await work('orders', { Worker, enough: 1, run: boom })
    const seen = (await adapter.inspect(address('orders'), 'c-1')).body
    if (seen.kind !== 'whole') throw new Error('the body was withheld')
    const body = Buffer.from('{ "amount": 9007199254740993, "a": 1.0, "a": 2, "__proto__": {} }')
    const edit = { id: 'c-1', state: 'dead', body, expectedDigest: seen.digest } as const
    expect(await adapter.edit(address('orders'), edit)).toEqual({ id: 'c-1', outcome: 'applied' })
    expect((await admin.hgetBuffer('bull:orders:c-1', 'data'))!.equals(body)).toBe(true)
    expect(await adapter.edit(address('orders'), edit)).toMatchObject({ outcome: 'changed' })
    expect(await adapter.edit(address('orders'), { ...edit, state: 'delayed' })).toMatchObject({ outcome: 'changed' })
    const invalid = { ...edit, body: Buffer.from('{oops') }
    expect(await adapter.edit(address('orders'), invalid)).toMatchObject({ outcome: 'failed' })
  })

  it('puts removed jobs back as they were', async () => {
    const queue = produce('orders', Queue)
    await queue.add('charge', { n: 1 }, { jobId: 'j-dead', attempts: 1 })
    await work('orders', {
      Worker,
      enough: 1,
      run: async (job) => {
        for (let line = 0; line < 1_500; line += 1) void job.log(`line ${line}`)
        await job.log('last')
        boom()
      },
    })
    await queue.add('charge', { n: 2 }, { jobId: 'j-delayed', delay: 600_000 })
    await queue.add('charge', { n: 3 }, { jobId: 'first' })
    await queue.add('charge', { n: 4 }, { jobId: 'second' })
    await queue.add('charge', { n: 5 }, { jobId: 'urgent', priority: 9 })
    await admin.hset('bull:orders:first', 'data', Buffer.from([0x22, 0xff, 0xfe, 0x00, 0x22]))
    const dump = async () => {
      const keys = (await admin.keys('bull:orders:*'))
        .filter((key) => !/:(events|marker|stalled-check)$/.test(key))
        .sort()
      return await Promise.all(
        keys.map(async (key) =>
          (await admin.type(key)) === 'hash'
            ? [
                key,
                Object.entries(await admin.hgetallBuffer(key))
                  .sort()
                  .map(([name, value]) => [name, value.toString('hex')]),
              ]
            : [key, (await admin.dumpBuffer(key))!.toString('hex')],
        ),
      )
    }
    const before = await dump()
    for (const [state, ids] of [
      ['dead', ['j-dead']],
      ['delayed', ['j-delayed']],
      ['ready', ['first', 'second', 'urgent']],
    ] as const) {
      const snapshots = await adapter.snapshot(address('orders'), state, [...ids, 'nobody'])
      expect(snapshots.map(({ id }) => id)).toEqual(ids)
      const removed = await adapter.remove(address('orders'), state, ids)
      expect(removed.map(({ outcome }) => outcome)).toEqual(ids.map(() => 'applied'))
      expect(await adapter.states(address('orders'), ids)).toEqual(ids.map(() => null))
      const restored = await adapter.restore(address('orders'), snapshots)
      expect(restored.map(({ outcome }) => outcome)).toEqual(ids.map(() => 'applied'))
      expect((await adapter.restore(address('orders'), snapshots))[0]!.outcome).toBe('changed')
    }
    expect(await dump()).toEqual(before)
    await admin.hset('bull:orders:first', 'data', '{}')
    await work('orders', { Worker, enough: 3, run: () => 'ok' })
    expect((await adapter.read([address('orders')]))[0]).toMatchObject({ ready: 0, done: 3, delayed: 1 })
  })

  it('leaves alone what is not in the state that was meant', async () => {
    const queue = produce('orders', Queue)
    await queue.add('charge', {}, { jobId: 'waiting' })
    await queue.add('charge', {}, { jobId: 'later', delay: 600_000 })
    const queueAddress = address('orders')
    expect(await adapter.remove(queueAddress, 'dead', ['waiting'])).toEqual([{ id: 'waiting', outcome: 'gone' }])
    expect(await adapter.remove(queueAddress, 'ready', ['later'])).toEqual([{ id: 'later', outcome: 'gone' }])
    expect(await adapter.remove(queueAddress, 'leased', ['waiting'])).toMatchObject([{ outcome: 'failed' }])
    expect(await adapter.snapshot(queueAddress, 'dead', ['waiting'])).toEqual([])
    expect(await adapter.states(queueAddress, ['waiting', 'later'])).toEqual(['ready', 'delayed'])
  })

  it('sends bodies that no JSON parser touches, without writing the queue over', async () => {
    const queue = produce('orders', Queue)
    await queue.waitUntilReady()
    await queue.add('first', {})
    const meta = await admin.hgetall('bull:orders:meta')
    const body = Buffer.from('{"id": 9007199254740993, "a":1, "a":2}')
    const ids = await adapter.send(address('orders'), [
      { name: 'test', body, delayMs: 0, priority: null, attributes: { attempts: '3' } },
      { name: null, body, delayMs: 600_000, priority: null, attributes: { jobId: 'mine' } },
    ])
    expect(ids).toEqual(['2', 'mine'])
    expect((await admin.hgetBuffer('bull:orders:2', 'data'))!.equals(body)).toBe(true)
    expect(await admin.hgetall('bull:orders:meta')).toEqual(meta)
    expect(await adapter.states(address('orders'), ids)).toEqual(['ready', 'delayed'])
    const refused = { name: null, body: Buffer.from('no json'), delayMs: 0, priority: null, attributes: {} }
    await expect(adapter.send(address('orders'), [refused])).rejects.toMatchObject({ code: 'bad-input' })
    await work('orders', { Worker, enough: 2, run: () => 'ok' })
  })
})

describe('looking', () => {
  it('changes nothing: no write command, no script that may write', async () => {
    const queue = produce('orders')
    for (let n = 0; n < 20; n += 1) await queue.add('charge', { n }, n % 3 === 0 ? { delay: 600_000 } : {})
    await work('orders', { enough: 13, run: boom })
    await queue.add('charge', {})
    await queue.close()
    const before = await writeCalls()
    await discovered(adapter)
    await adapter.read([address('orders'), address('nobody')])
    for (const state of ['ready', 'leased', 'delayed', 'dead', 'done'] as const) {
      const { items } = await adapter.browse(address('orders'), { state, cursor: null, limit: 5 })
      for (const { id } of items) await adapter.inspect(address('orders'), id)
      await adapter.states(address('orders'), ['1', '2'])
      await adapter.snapshot(
        address('orders'),
        state,
        items.map(({ id }) => id),
      )
    }
    await adapter.capabilities(address('orders'))
    expect(await writeCalls()).toEqual(before)
  })

  it('works for a user who may read and nothing else, without scripts', async () => {
    await produce('orders').add('charge', { n: 1 })
    await admin.call('ACL', 'SETUSER', 'reader', 'on', '>pw', '~*', '+@read', '+@connection')
    const reader = redisClient(
      { ...loopback(server.port), username: 'reader', password: 'pw' },
      { enableReadyCheck: false },
    )
    closing.push(async () => reader.disconnect())
    await reader.connect()
    const reading = new BullmqAdapter(reader)
    expect((await discovered(reading)).length).toBe(1)
    expect((await reading.read([address('orders')]))[0]).toMatchObject({ ready: 1, enqueuedTotal: 1, trouble: null })
    expect((await reading.read([address('orders')]))[0]!.oldestReadyMs).toBeLessThan(60_000)
    expect((await reading.browse(address('orders'), { state: 'ready', cursor: null, limit: 10 })).items).toHaveLength(1)
    await expect(reading.inspect(address('orders'), '1')).resolves.toMatchObject({ body: { kind: 'whole' } })
    expect(await reading.remove(address('orders'), 'ready', ['1'])).toMatchObject([{ outcome: 'failed' }])
  })

  it('names SCAN when it is denied, and still shows queues that were named', async () => {
    await produce('orders').add('charge', { n: 1 })
    await admin.call('ACL', 'SETUSER', 'blind', 'on', '>pw', '~*', '+@read', '+@connection', '-scan')
    const blind = redisClient(
      { ...loopback(server.port), username: 'blind', password: 'pw' },
      { enableReadyCheck: false },
    )
    closing.push(async () => blind.disconnect())
    await blind.connect()
    const found: Found[] = []
    const reader = new BullmqAdapter(blind, { queues: [address('orders'), address('absent')] })
    const report = await redisFinder(blind, [reader], { clock: systemClock, prefixes: [] }).find({
      found: (queue) => found.push(queue),
      signal: new AbortController().signal,
      pace: 'hurried',
    })
    expect(report.whole).toEqual([])
    expect(report.troubles).toEqual([expect.stringContaining('may not run SCAN')])
    expect(found.map((queue) => queue.address.name)).toEqual(['orders'])
  })

  it('reads the others when one queue has a key of another type, and names it', async () => {
    await produce('good').add('charge', {})
    await produce('bad').add('charge', {})
    await admin.del('bull:bad:wait')
    await admin.set('bull:bad:wait', 'not a list')
    for (const scripts of [true, false]) {
      if (!scripts) {
        await admin.call('ACL', 'SETUSER', 'default', '-evalsha_ro')
        adapter = new BullmqAdapter(client)
      }
      const [good, bad] = await adapter.read([address('good'), address('bad')])
      expect(good).toMatchObject({ ready: 1, trouble: null })
      expect(bad).toMatchObject({ ready: null, dead: null })
      expect(bad!.trouble).toBe('bull:bad:wait holds a string where this layout keeps a list.')
    }
    await admin.call('ACL', 'SETUSER', 'default', '+evalsha_ro')
  })

  it('finds queues under any name and prefix, and nothing else', async () => {
    const names = ['with space', '{braces}', '😀 emoji', 'star*[x]?']
    for (const name of names) await produce(name).add('charge', {})
    await produce('q', Queue6, 'team:a').add('charge', {})
    await admin.hset('bull:paused-by-bull-4:meta', 'paused', 1)
    await admin.set('bull:string:meta', 'x')
    await admin.hset('bull:a:b:meta', 'opts.maxLenEvents', '10000')
    const found = await discovered(adapter)
    expect(found.map(({ address: { prefix, name } }) => [prefix, name]).sort()).toEqual(
      [...names.map((name) => ['bull', name]), ['team:a', 'q'], ['bull', 'a:b']].sort(),
    )
    expect(found.find(({ address: { name } }) => name === 'a:b')!.product).toBe('BullMQ, version unknown')
    const readings = await adapter.read(found.map((queue) => queue.address))
    expect(readings.map(({ ready }) => ready).sort()).toEqual([0, 1, 1, 1, 1, 1])

    expect((await discovered(adapter, ['team:a'])).map((queue) => queue.address)).toEqual([address('q', 'team:a')])
  })

  it('pages 1,000 failed jobs once each while others fail', async () => {
    const queue = produce('orders')
    await queue.addBulk(
      Array.from({ length: 1_000 }, (_, n) => ({ name: 'charge', data: { n }, opts: { jobId: `c-${n}` } })),
    )
    await work('orders', { enough: 1_000, run: boom })
    let extra = 0
    const rows = await allOf(address('orders'), 'dead', async () => {
      await queue.add('charge', {}, { jobId: `x-${extra++}` })
      await work('orders', { enough: 1, run: boom })
    })
    const ids = rows.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.filter((id) => id.startsWith('c-'))).toHaveLength(1_000)
    const times = rows.map(({ finishedAt }) => finishedAt!)
    expect(times).toEqual([...times].sort((a, b) => b - a))
  })

  it('pages many jobs that failed in the same millisecond', async () => {
    for (let n = 0; n < 1_000; n += 1) {
      await admin.zadd('bull:same:failed', 1_700_000_000_000, `id-${n}`)
      await admin.hset(`bull:same:id-${n}`, 'name', 'x')
    }
    const ids = (await allOf(address('same'), 'dead')).map(({ id }) => id)
    expect(ids).toHaveLength(1_000)
    expect(new Set(ids).size).toBe(1_000)
  })

  it('pages waiting jobs next in line first, once each, while workers take and producers add', async () => {
    const queue = produce('orders')
    await queue.addBulk(Array.from({ length: 3_000 }, (_, n) => ({ name: 'n', data: {}, opts: { jobId: `c-${n}` } })))
    await queue.add('n', {}, { jobId: 'p-1', priority: 5 })
    let extra = 0
    const rows = await allOf(address('orders'), 'ready', async () => {
      await queue.add('n', {}, { jobId: `x-${extra++}` })
      await admin.rpop('bull:orders:wait', 37)
    })
    const ids = rows.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const own = ids.filter((id) => id.startsWith('c-')).map((id) => Number(id.slice(2)))
    expect(own).toEqual([...own].sort((a, b) => a - b))
    // Nobody took these while they were looked for.
    expect(own).toEqual(expect.arrayContaining(Array.from({ length: 1_800 }, (_, n) => 1_200 + n)))
    expect(ids.at(-1)).toBe('p-1')
  })

  it('removes who is next in line from a long queue without a long search', async () => {
    await admin.hset('bull:long:meta', 'version', 'bullmq:6.7.0')
    const ids = Array.from({ length: 200_000 }, (_, n) => `j-${n}`)
    for (let at = 0; at < ids.length; at += 5_000) await admin.lpush('bull:long:wait', ...ids.slice(at, at + 5_000))
    const first = ids.slice(0, 100)
    for (const id of first) await admin.hset(`bull:long:${id}`, 'name', 'x', 'data', '{}', 'opts', '{}')
    await admin.config('RESETSTAT')
    const outcomes = await adapter.remove(address('long'), 'ready', first)
    expect(outcomes.every(({ outcome }) => outcome === 'applied')).toBe(true)
    expect(await admin.llen('bull:long:wait')).toBe(199_900)
    expect(await admin.lindex('bull:long:wait', -1)).toBe('j-100')
    const searches = /cmdstat_lrem:calls=(\d+),usec=(\d+)/.exec(await admin.info('commandstats'))!
    // A search through all of it takes some 5 ms; these take microseconds.
    expect(Number(searches[2]) / Number(searches[1])).toBeLessThan(200)
  })

  it('measures a body of 100 MB without pulling it', async () => {
    const queue = produce('orders')
    await queue.add('huge', {}, { jobId: 'huge', delay: 600_000 })
    await admin.hset('bull:orders:huge', 'data', Buffer.alloc(100 * 1024 * 1024, 'x'))
    await admin.config('RESETSTAT')
    const { items } = await adapter.browse(address('orders'), { state: 'delayed', cursor: null, limit: 10 })
    expect(items[0]).toMatchObject({ bytes: 104_857_600, preview: '' })
    const detail = await adapter.inspect(address('orders'), 'huge')
    expect(detail.body).toMatchObject({ kind: 'withheld', bytes: 104_857_600 })
    const sent = Number(/total_net_output_bytes:(\d+)/.exec(await admin.info('stats'))![1])
    expect(sent).toBeLessThan(64 * 1024)
  })

  it('shows a failed parent and refuses to free one by removing its child', async () => {
    const { FlowProducer } = await import('bullmq')
    const flow = new FlowProducer({ connection: { port: server.port } })
    closing.push(() => flow.close())
    const made = await flow.add({
      name: 'parent',
      queueName: 'parents',
      opts: { jobId: 'p' },
      children: [{ name: 'child', queueName: 'children', data: {}, opts: { jobId: 'k' } }],
    })
    expect(made.job.id).toBe('p')
    expect(await adapter.states(address('parents'), ['p'])).toEqual(['delayed'])
    expect((await adapter.read([address('parents')]))[0]).toMatchObject({ ready: 0, delayed: 0, ackedTotal: 0 })
    // Flows write no version: which scripts may touch the queue is then unknown.
    expect((await adapter.capabilities(address('children'))).discard).toMatchObject({ answer: 'no' })
    await expect(adapter.remove(address('children'), 'ready', ['k'])).rejects.toMatchObject({ code: 'unsupported' })
    await admin.hset('bull:children:meta', 'version', 'bullmq:6.7.0')
    expect(await adapter.remove(address('children'), 'ready', ['k'])).toMatchObject([
      { outcome: 'failed', reason: expect.stringContaining('parent') },
    ])
  })

  it('cannot pause, and says why', async () => {
    await produce('orders').add('charge', {})
    expect((await adapter.capabilities(address('orders'))).pause).toMatchObject({ answer: 'no' })
    await expect(adapter.pause(address('orders'))).rejects.toMatchObject({ code: 'unsupported' })
  })
})
