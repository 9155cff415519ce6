import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loopback, type RedisClient, redisClient } from '../../clients/redis'
import type { Snapshot } from '../../remedies'
import { enqueued } from '../../testing/enqueued'
import { startRedis, type TestRedis } from '../../testing/redis-server'
import { RedisDriver } from './driver'
import { digestOf } from './inspection'
import { expectedTypes, queueKeys } from './keys'
import { RedisReader } from './reader'

let server: TestRedis
let redis: RedisClient
let driver: RedisDriver
let reader: RedisReader

beforeAll(async () => {
  server = await startRedis()
  redis = redisClient(loopback(server.port))
  await redis.connect()
  driver = new RedisDriver({ redis, connectAnother: () => redisClient(loopback(server.port)), maxAttempts: () => 3 })
  reader = new RedisReader(redis)
})

afterAll(async () => {
  await reader.close()
  await driver.close()
  redis.disconnect()
  await server.stop()
})

/** Comparing megabytes element by element takes the test runner minutes. */
const digests = (fields: Record<string, Buffer>) =>
  Object.fromEntries(Object.entries(fields).map(([id, bytes]) => [id, digestOf(bytes)]))

let counter = 0
const fresh = (name = `reader ${counter++}`): QueueAddress => ({ layout: 'engine', prefix: 'qe', name })
const bodies = (count: number, prefix = 'm') =>
  Array.from({ length: count }, (_, index) => ({ body: Buffer.from(`${prefix}${index}`) }))
const error = { name: 'TypeError', message: 'no such thing\nsecond line', stack: 'TypeError: no such thing\n  at x' }
const request = { worker: 'w', count: 1_000, leaseMs: 60_000 }

/** Enqueues and buries; answers the ids, oldest death first. */
async function bury(queue: QueueAddress, messages: Parameters<RedisDriver['enqueue']>[1]): Promise<readonly string[]> {
  await driver.enqueue(queue.name, messages)
  const lease = (await driver.lease(queue.name, request)).lease!
  const ids = lease.messages.map((message) => message.id)
  await driver.nack(
    queue.name,
    lease.leaseId,
    ids.map((id) => ({ id, error, retryInMs: undefined })),
  )
  return ids
}

async function pages(queue: QueueAddress, state: MessageState, limit: number, between: () => Promise<unknown>) {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const page = await reader.browse(queue, { state, cursor, limit })
    ids.push(...page.items.map((item) => item.id))
    cursor = page.nextCursor
    if (cursor) await between()
  } while (cursor)
  return ids
}

describe('reading', () => {
  it('finds queues under any name, and reads them', async () => {
    const names = ['plain', 'a:b', 'with spaces', '{braces}', '}{', '100%', '%7B', '🙂 emoji', 'ü\u0000\n', '*?[x]\\']
    for (const name of names) await driver.enqueue(name, bodies(2))
    const found: string[] = []
    await reader.discover((queue) => found.push(queue.address.name), new AbortController().signal)
    expect(found).toEqual(expect.arrayContaining(names))
    const readings = await reader.read(names.map((name) => fresh(name)))
    expect(readings.map((reading) => [reading.ready, reading.enqueuedTotal, reading.trouble])).toEqual(
      names.map(() => [2, 2, null]),
    )
    const keys = names.map((name) => queueKeys('qe', name).payload)
    expect(new Set(keys).size).toBe(names.length)
  })

  it('counts every state, priorities and waits, alike by script and by plain commands', async () => {
    const queue = fresh()
    await driver.enqueue(queue.name, [
      ...bodies(5),
      { body: Buffer.from('x'), priority: 1 },
      { body: Buffer.from('y'), delayMs: 60_000 },
    ])
    await driver.lease(queue.name, { ...request, count: 2 })
    const [byScript] = await reader.read([queue])
    const denied = redisClient({ ...loopback(server.port), username: 'looker', password: 'pw' })
    await redis.call(
      'ACL',
      'SETUSER',
      'looker',
      'on',
      '>pw',
      '~*',
      '+@read',
      '+@connection',
      '-@scripting',
      '+info',
      '+time',
    )
    await denied.connect()
    const plain = new RedisReader(denied)
    const [byCommands] = await plain.read([queue])
    denied.disconnect()
    expect(byScript).toMatchObject({
      ready: 4,
      leased: 2,
      delayed: 1,
      dead: 0,
      enqueuedTotal: 7,
      ackedTotal: 0,
      paused: false,
    })
    expect(byScript?.waitBuckets?.reduce((sum, count) => sum + count, 0)).toBe(2)
    expect({ ...byCommands, oldestReadyMs: 0 }).toEqual({ ...byScript, oldestReadyMs: 0 })
    expect(Math.abs(byCommands!.oldestReadyMs! - byScript!.oldestReadyMs!)).toBeLessThan(1_000)
  })

  it('names the key of the wrong type and reads the other queues', async () => {
    for (const plain of [false, true]) {
      const one = plain
        ? new RedisReader(redisClient({ ...loopback(server.port), username: 'looker', password: 'pw' }))
        : reader
      if (plain) await (one as unknown as { redis: RedisClient }).redis.connect()
      for (const index of [0, 1, 2, 3, 4, 5, 6]) {
        const good = fresh()
        const bad = fresh()
        await driver.enqueue(good.name, bodies(1))
        const keys = queueKeys('qe', bad.name)
        const read = [keys.state, keys.payload, keys.delayed, keys.dead, keys.removed, keys.waits, keys.ready[5]!]
        const key = read[index]!
        const wrong = index === 5 ? 'list' : 'string'
        if (key === keys.removed) await redis.hset(keys.state, 'holes', '1')
        if (wrong === 'list') await redis.rpush(key, 'x')
        else await redis.set(key, 'x')
        const [first, second, third] = await one.read([good, bad, good])
        const expected = expectedTypes(keys).find(([name]) => name === key)?.[1]
        expect(second?.trouble).toBe(`The key ${key} holds a ${wrong} where a ${expected} belongs.`)
        expect([first?.ready, third?.ready, second?.ready]).toEqual([1, 1, null])
      }
      if (plain) (one as unknown as { redis: RedisClient }).redis.disconnect()
    }
  })

  it('keeps the order of many queues, each of another kind, with unreadable ones among them', async () => {
    const queues = await Promise.all(
      Array.from({ length: 120 }, async (_, index) => {
        const queue = fresh()
        const { state, delayed } = queueKeys('qe', queue.name)
        if (index % 5 === 1) await redis.set(index % 2 ? state : delayed, 'x')
        if (index % 5 === 2) await driver.enqueue(queue.name, bodies(index))
        if (index % 5 === 3) {
          await driver.enqueue(queue.name, [{ body: Buffer.from('x'), priority: index % 10 }, ...bodies(index)])
          await driver.setPaused(queue.name, true)
        }
        if (index % 5 === 4) {
          await driver.enqueue(queue.name, bodies(2))
          const lease = (await driver.lease(queue.name, request)).lease!
          await driver.ack(queue.name, { leaseId: lease.leaseId, ids: lease.messages.map(({ id }) => id) })
        }
        return queue
      }),
    )
    const readings = await reader.read(queues)
    const seen = readings.map(({ ready, paused, ackedTotal, waitBuckets, trouble }) => [
      ready,
      paused,
      ackedTotal,
      waitBuckets?.reduce((sum, count) => sum + count, 0) ?? null,
      trouble !== null,
    ])
    expect(seen).toEqual(
      queues.map((_, index) => {
        switch (index % 5) {
          case 0:
            return [0, false, 0, 0, false]
          case 1:
            return [null, null, null, null, true]
          case 2:
            return [index, false, 0, 0, false]
          case 3:
            return [index + 1, true, 0, 0, false]
          default:
            return [0, false, 2, 2, false]
        }
      }),
    )
  })

  it('pages through the dead, newest first, while more die', async () => {
    const queue = fresh()
    const ids = await bury(queue, bodies(120))
    const seen = await pages(queue, 'dead', 25, () => bury(queue, bodies(3, 'late')))
    expect(seen).toEqual([...ids].reverse())
  })

  it('pages through the ready without repeating or skipping while heads are taken', async () => {
    const queue = fresh()
    const ids = await enqueued(driver, queue.name, bodies(300))
    const seen = await pages(queue, 'ready', 40, () => driver.lease(queue.name, { ...request, count: 17 }))
    expect(seen).toEqual(ids)
  })

  it('goes on behind a row that was taken itself', async () => {
    const queue = fresh()
    const ids = await enqueued(driver, queue.name, bodies(100))
    const first = await reader.browse(queue, { state: 'ready', cursor: null, limit: 10 })
    await driver.lease(queue.name, { ...request, count: 50 })
    const second = await reader.browse(queue, { state: 'ready', cursor: first.nextCursor, limit: 10 })
    expect(second.items.map((item) => item.id)).toEqual(ids.slice(50, 60))
  })

  it('pages through many delayed messages of one and the same due time', async () => {
    const queue = fresh()
    const ids = await enqueued(
      driver,
      queue.name,
      bodies(250).map((message) => ({ ...message, delayMs: 60_000 })),
    )
    expect(await pages(queue, 'delayed', 60, async () => undefined)).toEqual(ids)
    const page = await reader.browse(queue, { state: 'delayed', cursor: null, limit: 60 })
    await driver.purge(queue.name, 'delayed', { before: null, limit: 70 })
    const next = await reader.browse(queue, { state: 'delayed', cursor: page.nextCursor, limit: 60 })
    expect(next.items.map((item) => item.id)).toEqual(ids.slice(70, 130))
  })

  it('shows what is leased', async () => {
    const queue = fresh()
    const ids = await enqueued(driver, queue.name, bodies(30))
    for (let n = 0; n < 3; n++) await driver.lease(queue.name, { ...request, count: 10 })
    expect(await pages(queue, 'leased', 7, async () => undefined)).toEqual(ids)
    expect((await reader.browse(queue, { state: 'leased', cursor: null, limit: 5 })).total).toBe(30)
  })

  it('tells everything about a dead letter, and measures what is too large', async () => {
    const queue = fresh()
    const body = Buffer.from([0xff, 0xfe, 0, 1])
    const [id] = await bury(queue, [{ body, attributes: { name: 'mail', trace: 't1' }, maxAttempts: 9 }])
    const detail = await reader.inspect(queue, id!)
    expect(detail).toMatchObject({
      summary: {
        state: 'dead',
        attempts: 1,
        maxAttempts: 9,
        bytes: 4,
        name: 'mail',
        error: 'TypeError: no such thing',
      },
      body: { kind: 'whole', base64: body.toString('base64'), digest: digestOf(body) },
      error: { name: 'TypeError', stack: error.stack },
      history: [{ event: 'died', attempt: 1 }],
    })
    const [large] = await enqueued(driver, queue.name, [{ body: Buffer.alloc(9 * 1024 * 1024, 1) }])
    expect((await reader.inspect(queue, large!)).body).toMatchObject({ kind: 'withheld', bytes: 9 * 1024 * 1024 })
    expect((await reader.browse(queue, { state: 'ready', cursor: null, limit: 5 })).items[0]).toMatchObject({
      preview: '',
      bytes: 9 * 1024 * 1024,
    })
    await expect(reader.inspect(queue, '12345')).rejects.toMatchObject({ code: 'gone' })
  })
})

describe('mending', () => {
  it('snapshots, removes and restores each state byte for byte', async () => {
    const odd = [
      Buffer.alloc(0),
      Buffer.from([0xff, 0, 0xfe]),
      Buffer.from('{"a":9007199254740993}'),
      Buffer.alloc(3_000_000, 5),
    ]
    for (const state of ['dead', 'delayed', 'ready'] as const) {
      const queue = fresh()
      const messages = odd.map((body, index) => ({
        body,
        attributes: { index: String(index) },
        priority: index,
        ...(state === 'delayed' ? { delayMs: 60_000 + index } : {}),
      }))
      const ids = state === 'dead' ? await bury(queue, messages) : await enqueued(driver, queue.name, messages)
      const keys = queueKeys('qe', queue.name)
      const image = async () => [
        digests(await redis.hgetallBuffer(keys.payload)),
        digests(await redis.hgetallBuffer(keys.meta)),
        await redis.zrange(keys.dead, 0, '-1', 'WITHSCORES'),
        await redis.zrange(keys.delayed, 0, '-1', 'WITHSCORES'),
        await Promise.all(keys.ready.map((key) => redis.lrange(key, 0, -1))),
        (await reader.read([queue]))[0]?.ready,
      ]
      const before = await image()
      const snapshots = await reader.snapshot(queue, state, [...ids, '999'])
      expect(snapshots.map((each) => Buffer.from(odd[Number(ids.indexOf(each.id))]!).equals(each.body))).toEqual([
        true,
        true,
        true,
        true,
      ])
      expect((await reader.restore(queue, snapshots)).map((each) => each.outcome)).toEqual(ids.map(() => 'changed'))
      expect((await reader.remove(queue, state, [...ids, '999'])).map((each) => each.outcome)).toEqual([
        ...ids.map(() => 'applied'),
        'gone',
      ])
      expect((await reader.read([queue]))[0]).toMatchObject({ ready: 0, leased: 0, delayed: 0, dead: 0 })
      expect((await reader.restore(queue, snapshots)).map((each) => each.outcome)).toEqual(ids.map(() => 'applied'))
      expect(await image()).toEqual(before)
      expect(await reader.states(queue, ids)).toEqual(ids.map(() => state))
    }
  })

  it('restores one message of each own id, also when two that had it are put back together', async () => {
    const queue = fresh()
    const snapshots: Snapshot[] = []
    for (const body of ['first', 'second']) {
      const ids = await enqueued(driver, queue.name, [{ body, ownId: 'x', delayMs: 60_000 }])
      snapshots.push(...(await reader.snapshot(queue, 'delayed', ids)))
      await reader.remove(queue, 'delayed', ids)
    }
    const outcomes = await reader.restore(queue, snapshots)
    expect(outcomes.map((each) => each.outcome)).toEqual(['applied', 'changed'])
  })

  it('removes from the middle of the ready, leases pass over it, and restore puts it back in its place', async () => {
    const queue = fresh()
    const ids = await enqueued(driver, queue.name, bodies(6))
    const [kept] = await reader.snapshot(queue, 'ready', [ids[2]!])
    await reader.remove(queue, 'ready', [ids[2]!, ids[4]!])
    expect((await reader.read([queue]))[0]).toMatchObject({ ready: 4, leased: 0 })
    expect((await reader.browse(queue, { state: 'ready', cursor: null, limit: 10 })).items).toHaveLength(4)
    expect(await reader.restore(queue, [kept!])).toMatchObject([{ outcome: 'applied' }])
    const lease = (await driver.lease(queue.name, request)).lease!
    expect(lease.messages.map((message) => message.id)).toEqual([ids[0], ids[1], ids[2], ids[3], ids[5]])
    expect((await reader.read([queue]))[0]).toMatchObject({ ready: 0, leased: 5 })
  })

  it('leaves alone what a worker holds', async () => {
    const queue = fresh()
    const ids = await enqueued(driver, queue.name, bodies(3))
    await driver.lease(queue.name, { ...request, count: 2 })
    expect((await reader.remove(queue, 'ready', ids)).map((each) => each.outcome)).toEqual(['gone', 'gone', 'applied'])
    expect((await reader.remove(queue, 'leased', ids))[0]).toMatchObject({ outcome: 'failed' })
    const digest = digestOf(Buffer.from('m0'))
    const change = { id: ids[0]!, state: 'ready' as const, body: Buffer.from('new'), expectedDigest: digest }
    expect(await reader.edit(queue, change)).toMatchObject({ outcome: 'gone' })
    expect(await reader.states(queue, ids)).toEqual(['leased', 'leased', null])
  })

  it('edits only what was seen', async () => {
    const queue = fresh()
    const [id] = await bury(queue, bodies(1))
    const seen = digestOf(Buffer.from('m0'))
    const change = { id: id!, state: 'dead' as const, body: Buffer.alloc(3_000_000, 9), expectedDigest: seen }
    expect(await reader.edit(queue, change)).toMatchObject({ outcome: 'applied' })
    expect(await reader.edit(queue, { ...change, body: Buffer.from('again') })).toMatchObject({ outcome: 'changed' })
    expect(await reader.edit(queue, { ...change, id: '77' })).toMatchObject({ outcome: 'gone' })
    expect(await reader.replay(queue, [id!, id!, '77'])).toMatchObject([
      { outcome: 'applied' },
      { outcome: 'gone' },
      { outcome: 'gone' },
    ])
    const lease = (await driver.lease(queue.name, request)).lease!
    expect(lease.messages[0]?.body).toHaveLength(3_000_000)
    expect(lease.messages[0]?.attempt).toBe(1)
  })

  it('lets one of two consoles replay a message, never both', async () => {
    const queue = fresh()
    const ids = await bury(queue, bodies(50))
    const [a, b] = await Promise.all([reader.replay(queue, ids), new RedisReader(redis).replay(queue, ids)])
    const applied = [...a, ...b].filter((each) => each.outcome === 'applied')
    expect(new Set(applied.map((each) => each.id)).size).toBe(50)
    expect(applied).toHaveLength(50)
    expect((await reader.read([queue]))[0]).toMatchObject({ ready: 50, dead: 0 })
  })

  it('sends, pauses and resumes; refuses what a queue cannot hold', async () => {
    const queue = fresh()
    const outgoing = { name: 'mail', body: Buffer.from('x'), delayMs: 0, priority: null, attributes: {} }
    const [id] = await reader.send(queue, [outgoing])
    expect((await reader.inspect(queue, id!)).summary).toMatchObject({ name: 'mail', state: 'ready' })
    await expect(reader.send(queue, [{ ...outgoing, priority: 10 }])).rejects.toMatchObject({ code: 'bad-input' })
    await expect(reader.send(fresh(''), [outgoing])).rejects.toMatchObject({ code: 'bad-input' })
    await reader.pause(queue)
    expect((await reader.read([queue]))[0]?.paused).toBe(true)
    await reader.resume(queue)
    expect((await reader.read([queue]))[0]?.paused).toBe(false)
  })
})
