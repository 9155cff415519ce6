import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { loopback, type RedisClient, redisClient } from '../../clients/redis'
import type { LeasedMessage, LeaseRequest, StoredMessage, StoredPage } from '../../driver-messages'
import { enqueued } from '../../testing/enqueued'
import { startRedis, type TestRedis } from '../../testing/redis-server'
import { RedisDriver } from './driver'
import { isId } from './ids'

let server: TestRedis
let redis: RedisClient
let driver: RedisDriver

beforeAll(async () => {
  server = await startRedis()
  redis = redisClient(loopback(server.port))
  await redis.connect()
  driver = new RedisDriver({
    redis,
    connectAnother: () => redisClient(loopback(server.port)),
    maxAttempts: () => 3,
  })
})

afterAll(async () => {
  await driver.close()
  redis.disconnect()
  await server.stop()
})

const body = (text: string) => Buffer.from(text)
const textOf = (message: LeasedMessage) => Buffer.from(message.body).toString('utf8')
const asking = (more: Partial<LeaseRequest> = {}): LeaseRequest => ({
  worker: 'tester',
  count: 10,
  leaseMs: 30_000,
  ...more,
})
const error = { name: 'Boom', message: 'it broke', stack: 'Boom: it broke\n    at somewhere' }

let counter = 0
const fresh = () => `queue ${counter++}`

describe('the Redis driver', () => {
  it('leases what was enqueued, in order, and acks it', async () => {
    const queue = fresh()
    const ids = await enqueued(
      driver,
      queue,
      [body('a'), body('b'), body('c')].map((each) => ({ body: each })),
    )
    expect(ids.every(isId)).toBe(true)
    expect(Number(ids[2])).toBe(Number(ids[0]) + 2)
    const { lease } = await driver.lease(queue, asking({ count: 2 }))
    expect(lease?.messages.map(textOf)).toEqual(['a', 'b'])
    expect(lease?.messages[0]).toMatchObject({ id: ids[0], attempt: 1, maxAttempts: 3 })
    expect(Math.abs(lease!.messages[0]!.enqueuedAt - Date.now())).toBeLessThan(2_000)
    expect(await driver.stats(queue)).toMatchObject({ ready: 1, leased: 2, enqueuedTotal: 3, ackedTotal: 0 })
    expect(await driver.ack(queue, { leaseId: lease!.leaseId, ids: [ids[1]!] })).toEqual(['applied'])
    expect(await driver.ack(queue, { leaseId: lease!.leaseId, ids: [ids[1]!, ids[0]!] })).toEqual(['stale', 'applied'])
    expect(await driver.extend(queue, lease!.leaseId, 1_000)).toBe(false)
    expect(await driver.stats(queue)).toMatchObject({ ready: 1, leased: 0, ackedTotal: 2 })
  })

  it('acks the finished batch and leases the next in one call', async () => {
    const queue = fresh()
    await driver.enqueue(
      queue,
      Array.from({ length: 5 }, (_, index) => ({ body: body(String(index)) })),
    )
    const first = (await driver.lease(queue, asking({ count: 3 }))).lease!
    const turn = await driver.turn(
      queue,
      { leaseId: first.leaseId, ids: first.messages.map((message) => message.id) },
      asking({ count: 3 }),
    )
    expect(turn.outcomes).toEqual(['applied', 'applied', 'applied'])
    expect(turn.next?.messages.map(textOf)).toEqual(['3', '4'])
    expect(Number(turn.next?.leaseId)).toBeGreaterThan(Number(first.leaseId))
    expect(await driver.stats(queue)).toMatchObject({ ready: 0, leased: 2, ackedTotal: 3 })
  })

  it('takes priorities in order, and keeps each through retry, death and replay', async () => {
    const queue = fresh()
    await driver.enqueue(queue, [
      { body: body('usual') },
      { body: body('late'), priority: 9 },
      { body: body('soon'), priority: 0, maxAttempts: 7, attributes: { origin: 'test' } },
    ])
    const lease = (await driver.lease(queue, asking())).lease!
    expect(lease.messages.map(textOf)).toEqual(['soon', 'usual', 'late'])
    expect(lease.messages[0]).toMatchObject({ maxAttempts: 7, attributes: { origin: 'test' } })
    const failures = lease.messages.map((message, index) => ({
      id: message.id,
      error,
      retryInMs: index === 2 ? 0 : undefined,
    }))
    expect(await driver.nack(queue, lease.leaseId, failures)).toEqual(['applied', 'applied', 'applied'])
    expect(await driver.stats(queue)).toMatchObject({ ready: 1, leased: 0, dead: 2, diedTotal: 2 })
    expect(await driver.replayDead(queue, { before: null, limit: 100 })).toEqual({ moved: 2, before: null })
    const again = (await driver.lease(queue, asking())).lease!
    expect(again.messages.map((message) => [textOf(message), message.attempt, message.maxAttempts])).toEqual([
      ['soon', 1, 7],
      ['usual', 1, 3],
      ['late', 2, 3],
    ])
  })

  it('promotes what is due and tells when the next is', async () => {
    const queue = fresh()
    await driver.enqueue(queue, [
      { body: body('soon'), delayMs: 20 },
      { body: body('later'), delayMs: 60_000, priority: 2 },
    ])
    await vi.waitFor(async () => expect((await driver.promote(queue, 100)).moved).toBe(1))
    const { moved, nextDueAt } = await driver.promote(queue, 100)
    expect(moved).toBe(0)
    expect(nextDueAt! - Date.now()).toBeGreaterThan(50_000)
    expect(await driver.stats(queue)).toMatchObject({ ready: 1, delayed: 1 })
  })

  it('takes back an expired lease, refuses its late ack, and buries what ran out of attempts', async () => {
    const queue = fresh()
    const [id] = await enqueued(driver, queue, [{ body: body('x') }])
    for (let attempt = 1; attempt <= 3; attempt++) {
      const lease = (await driver.lease(queue, asking({ leaseMs: 5 }))).lease!
      expect(lease.messages[0]!.attempt).toBe(attempt)
      await vi.waitFor(async () => {
        const { requeued, died } = await driver.recover(queue, 100)
        expect(requeued + died).toBe(1)
        expect(died).toBe(attempt === 3 ? 1 : 0)
      })
      expect(await driver.ack(queue, { leaseId: lease.leaseId, ids: [id!] })).toEqual(['stale'])
    }
    expect(await driver.stats(queue)).toMatchObject({ ready: 0, leased: 0, dead: 1 })
  })

  it('carries bodies of any bytes and size', async () => {
    const queue = fresh()
    const bodies = [
      Buffer.alloc(0),
      Buffer.from([0xff, 0xfe, 0x00, 0x80]),
      Buffer.from('é漢🙂'),
      Buffer.alloc(3 * 1024 * 1024, 7),
    ]
    for (const each of bodies) await driver.enqueue(queue, [{ body: each }])
    await driver.enqueue(queue, [...bodies.map((each) => ({ body: each })), { body: body('z'), priority: 1 }])
    const lease = (await driver.lease(queue, asking({ count: 100 }))).lease!
    const found = lease.messages.map((message) => message.body)
    expect(found.map((each, index) => Buffer.from([body('z'), ...bodies, ...bodies][index]!).equals(each))).toEqual(
      found.map(() => true),
    )
    expect(found).toHaveLength(9)
  })

  it('hands out nothing while paused', async () => {
    const queue = fresh()
    await driver.enqueue(queue, [{ body: body('x') }])
    await driver.setPaused(queue, true)
    expect((await driver.lease(queue, asking())).lease).toBeUndefined()
    expect((await driver.stats(queue)).paused).toBe(true)
    await driver.setPaused(queue, false)
    expect((await driver.lease(queue, asking())).lease?.messages).toHaveLength(1)
  })

  it('wakes an idle worker', async () => {
    const queue = fresh()
    const waiting = driver.waitForReady(queue, 20_000, new AbortController().signal)
    await driver.enqueue(queue, [{ body: body('x') }])
    await waiting
    const stop = new AbortController()
    const aborted = driver.waitForReady(fresh(), 20_000, stop.signal)
    stop.abort()
    await aborted
  })

  it('purges each state in bounded steps and leaves what came after', async () => {
    const queue = fresh()
    await driver.enqueue(
      queue,
      Array.from({ length: 30 }, () => ({ body: body('r') })),
    )
    await driver.enqueue(
      queue,
      Array.from({ length: 30 }, () => ({ body: body('d'), delayMs: 60_000 })),
    )
    const first = await driver.purge(queue, 'ready', { before: null, limit: 20 })
    await driver.enqueue(queue, [{ body: body('new') }])
    expect(first.moved).toBe(20)
    expect(await driver.purge(queue, 'ready', { before: first.before, limit: 20 })).toEqual({ moved: 10, before: null })
    let before: string | null = null
    do before = (await driver.purge(queue, 'delayed', { before, limit: 7 })).before
    while (before !== null)
    expect(await driver.stats(queue)).toMatchObject({ ready: 1, delayed: 0, leased: 0 })
  })

  it('keeps an own id with its newest bearer when the place of an older one is swept', async () => {
    const queue = fresh()
    const [, older] = await enqueued(driver, queue, [{ body: 'first' }, { body: 'old', ownId: 'y' }])
    expect(await driver.mending.cancel(queue, [older!])).toEqual(['applied'])
    const [newer] = await enqueued(driver, queue, [{ body: 'new', ownId: 'y', delayMs: 60_000 }])
    expect((await driver.purge(queue, 'ready', { before: null, limit: 10 })).moved).toBe(1)
    expect(await driver.enqueue(queue, [{ body: 'again', ownId: 'y' }])).toEqual([{ outcome: 'duplicate', id: newer }])
  })

  it('counts a group once that stands in line twice', async () => {
    const queue = fresh()
    for (let round = 0; round < 2; round++) {
      await driver.enqueue(queue, [{ body: 'x', group: 'a' }])
      expect((await driver.purge(queue, 'ready', { before: null, limit: 10 })).moved).toBe(1)
    }
    await driver.enqueue(queue, [{ body: 'y', group: 'a' }, { body: 'z' }])
    expect(await driver.stats(queue)).toMatchObject({ ready: 2, leased: 0 })
  })

  it.each([
    ['of a plain queue', { first: 20, stack: 20 }],
    ['with large bodies', { first: 5_000, stack: 20 }],
    ['with long histories', { first: 20, stack: 4_000 }],
    ['of a rich queue', { first: 20, stack: 20, priority: 2 }],
  ])('shows pages of dead letters %s as each is found alone', async (_, { first, stack, ...special }) => {
    const queue = fresh()
    const bodies = Array.from({ length: 120 }, (_, index) => ({ body: Buffer.alloc(index === 0 ? first : 20, index) }))
    const ids = await enqueued(
      driver,
      queue,
      bodies.map((each) => ({ ...each, attributes: { source: 'tests' }, ...special })),
    )
    const { lease } = await driver.lease(queue, asking({ count: 120 }))
    const failed = lease!.messages.map(({ id }) => ({
      id,
      error: { ...error, stack: 's'.repeat(stack) },
      retryInMs: undefined,
    }))
    for (let at = 0; at < 120; at += 40) await driver.nack(queue, lease!.leaseId, failed.slice(at, at + 40))
    const seen: StoredMessage[] = []
    let cursor: string | null = null
    do {
      const page: StoredPage = await driver.looking.browse(queue, { state: 'dead', cursor, limit: 110 })
      seen.push(...page.items)
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(seen.map(({ id }) => id)).toEqual([...ids].reverse())
    for (const item of seen) {
      const alone = await driver.looking.find(queue, item.id)
      expect(JSON.stringify(item)).toBe(JSON.stringify(alone))
      expect(JSON.parse(JSON.stringify(item))).toMatchObject({
        attempts: 1,
        attributes: { source: 'tests' },
        error: { name: 'Boom', message: 'it broke', stack: 's'.repeat(stack) },
        history: [{ event: 'died' }],
      })
    }
  })
})
