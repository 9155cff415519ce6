import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loopback, type RedisClient, redisClient } from '../../clients/redis'
import type { LeasedMessage } from '../../driver-messages'
import { startRedis, type TestRedis } from '../../testing/redis-server'
import { RedisStreamsDriver, type RedisStreamsDriverOptions } from './driver'

let server: TestRedis
let redis: RedisClient
const opened: RedisStreamsDriver[] = []

beforeAll(async () => {
  server = await startRedis()
  redis = redisClient(loopback(server.port))
  await redis.connect()
})

afterAll(async () => {
  for (const driver of opened) await driver.close()
  redis.disconnect()
  await server.stop()
})

function open(options: Partial<RedisStreamsDriverOptions> = {}): RedisStreamsDriver {
  const driver = new RedisStreamsDriver({
    redis,
    connectAnother: () => redisClient(loopback(server.port)),
    maxAttempts: () => 3,
    ...options,
  })
  opened.push(driver)
  return driver
}

let counter = 0
const fresh = () => `plain ${counter++}`
const request = { worker: 'w', count: 10, leaseMs: 60_000 }
const textOf = ({ body }: LeasedMessage) => Buffer.from(body).toString('utf8')
const error = { name: 'E', message: 'm', stack: null }

async function leaseOf(driver: RedisStreamsDriver, queue: string, more = {}) {
  const { lease } = await driver.lease(queue, { ...request, ...more })
  return { leaseId: lease?.leaseId ?? '', messages: lease?.messages ?? [] }
}

describe('a stream that others produce into', () => {
  it('gives out what plain XADD brought, before and after the first look', async () => {
    const queue = fresh()
    const stream = `qs:{${queue}}:stream`
    const driver = open()
    const first = await redis.xadd(stream, '*', 'body', 'ours to be', 'source', 'shop')
    expect((await driver.stats(queue)).ready).toBe(1)
    const { leaseId, messages } = await leaseOf(driver, queue)
    expect(messages.map(textOf)).toEqual(['ours to be'])
    expect(messages[0]).toMatchObject({ id: first, attempt: 1, maxAttempts: 3, attributes: { source: 'shop' } })
    await redis.xadd(stream, '*', 'order', '17', 'paid', 'yes')
    await redis.xadd(stream, '*', 'raw', Buffer.from([0xff, 0x00]))
    const next = await leaseOf(driver, queue)
    expect(next.messages.map(textOf)).toEqual(['{"order":"17","paid":"yes"}', '{"raw":{"base64":"/wA="}}'])
    expect(await driver.ack(queue, { leaseId, ids: [first!] })).toEqual(['applied'])
    expect((await driver.stats(queue)).enqueuedTotal).toBe(3)
  })

  it('works on a stream under a name of theirs, and leaves what it has acked to them', async () => {
    const name = `app:events:${counter++}`
    const driver = open({ streamKey: () => name, bodyField: 'payload' })
    await redis.xadd(name, '1-1', 'payload', 'a', 'type', 'created')
    await redis.xadd(name, '1-2', 'payload', 'b')
    const { leaseId, messages } = await leaseOf(driver, 'events')
    expect(messages.map(({ id }) => id)).toEqual(['1-1', '1-2'])
    expect(messages.map(textOf)).toEqual(['a', 'b'])
    // Ids that are no times say nothing about ages.
    expect(messages[0]!.enqueuedAt).toBeGreaterThan(Date.UTC(2020, 0, 1))
    expect(await driver.ack('events', { leaseId, ids: ['1-1', '1-2'] })).toEqual(['applied', 'applied'])
    expect(await redis.xlen(name)).toBe(2)
    expect(await driver.stats('events')).toMatchObject({ ready: 0, leased: 0, oldestReadyMs: null })
    const [outcome] = await driver.enqueue('events', [{ body: 'c' }])
    expect(outcome?.outcome).toBe('added')
    expect(String(await redis.xrevrange(name, '+', '-', 'COUNT', 1))).toContain('payload,c')
    expect(await redis.sismember('qs:queues', 'events')).toBe(0)
  })

  it('retries, buries and replays what plain producers sent under the id that it has', async () => {
    const queue = fresh()
    const driver = open()
    const id = (await redis.xadd(`qs:{${queue}}:stream`, '*', 'n', '1'))!
    for (const retryInMs of [0, 0, undefined]) {
      const { leaseId, messages } = await leaseOf(driver, queue)
      expect(messages.map((message) => message.id)).toEqual([id])
      expect(await driver.nack(queue, leaseId, [{ id, error, retryInMs }])).toEqual(['applied'])
    }
    const letter = await driver.looking.find(queue, id)
    expect(letter).toMatchObject({ id, state: 'dead', attempts: 3, error })
    expect(letter?.history).toHaveLength(3)
    expect(await driver.dead.replayIds(queue, [id])).toEqual([true])
    expect((await leaseOf(driver, queue)).messages.map(textOf)).toEqual(['{"n":"1"}'])
  })

  it('wakes who waits, for plain entries and for retries that became due', async () => {
    const queue = fresh()
    const driver = open()
    const never = new AbortController().signal
    const woken = driver.waitForReady(queue, 20_000, never)
    // The shared connection serves others meanwhile.
    expect((await driver.stats(queue)).ready).toBe(0)
    await redis.xadd(`qs:{${queue}}:stream`, '*', 'n', '1')
    await woken
    const { leaseId, messages } = await leaseOf(driver, queue)
    const again = driver.waitForReady(queue, 20_000, never)
    await driver.nack(queue, leaseId, [{ id: messages[0]!.id, error, retryInMs: 0 }])
    await again
    // Something is ready already: nobody waits for it.
    await driver.waitForReady(queue, 20_000, never)
  })

  it('does not run in circles while paused, and wakes at the end of the pause', async () => {
    const queue = fresh()
    const driver = open()
    await redis.xadd(`qs:{${queue}}:stream`, '*', 'n', '1')
    await driver.pausing.setPaused(queue, true)
    let isOver = false
    const waiting = driver.waitForReady(queue, 20_000, new AbortController().signal).then(() => {
      isOver = true
    })
    for (let n = 0; n < 20; n++) await driver.stats(queue)
    expect(isOver).toBe(false)
    await driver.pausing.setPaused(queue, false)
    await waiting
  })

  it('takes over what a plain consumer of its group holds and has forgotten, and counts that attempt', async () => {
    const queue = fresh()
    const stream = `qs:{${queue}}:stream`
    const driver = open({ adoptAfterMs: 30 })
    await driver.join(queue)
    await redis.xadd(stream, '*', 'n', '1')
    const deleted = (await redis.xadd(stream, '*', 'n', '2'))!
    await redis.xreadgroup('GROUP', 'engine', 'random-7f3a', 'COUNT', 10, 'STREAMS', stream, '>')
    expect(await driver.looking.browse(queue, { state: 'leased', cursor: null, limit: 10 })).toMatchObject({
      items: [],
    })
    await redis.xdel(stream, deleted)
    await expect.poll(async () => (await driver.recover(queue, 100)).requeued, { timeout: 5_000 }).toBe(1)
    const { leaseId, messages } = await leaseOf(driver, queue)
    expect(messages.map(textOf)).toEqual(['{"n":"1"}'])
    expect(messages[0]!.attempt).toBe(2)
    expect(await driver.lost(queue)).toEqual([deleted])
    await driver.ack(queue, { leaseId, ids: [messages[0]!.id] })
    const [, , pending] = ((await redis.xinfo('GROUPS', stream)) as unknown[][])[0]!.slice(3)
    expect(pending).toBe(0)
  })

  it('gives out again what a group that was set back shall see again, each in one place', async () => {
    const name = `app:rewound:${counter++}`
    const driver = open({ streamKey: () => name })
    for (const body of ['a', 'b', 'c', 'd']) await redis.xadd(name, '*', 'body', body)
    const { leaseId, messages } = await leaseOf(driver, name)
    const [a, b, c, d] = messages.map(({ id }) => id)
    await driver.ack(name, { leaseId, ids: [a!] })
    await driver.nack(name, leaseId, [
      { id: b!, error, retryInMs: undefined },
      { id: c!, error, retryInMs: 0 },
    ])
    await redis.xgroup('SETID', name, 'engine', '0')
    const again = await leaseOf(driver, name)
    expect(again.messages.map(({ id, attempt }) => [id, attempt]).sort()).toEqual([
      [a, 1],
      [b, 2],
      [c, 2],
      [d, 1],
    ])
    expect(await driver.ack(name, { leaseId, ids: [d!] })).toEqual(['stale'])
    expect(await driver.ack(name, { leaseId: again.leaseId, ids: [a!, b!, c!, d!] })).toHaveLength(4)
    expect(await driver.stats(name)).toMatchObject({ ready: 0, leased: 0, dead: 0, lost: 0 })
  })

  it('keeps what is its own when a plain consumer claims it', async () => {
    const queue = fresh()
    const stream = `qs:{${queue}}:stream`
    const driver = open({ adoptAfterMs: 1 })
    await redis.xadd(stream, '*', 'n', '1')
    const { leaseId, messages } = await leaseOf(driver, queue)
    await redis.call('XCLAIM', stream, 'engine', 'thief', 0, messages[0]!.id)
    await expect
      .poll(async () => {
        await driver.recover(queue, 10)
        return String(((await redis.xpending(stream, 'engine', '-', '+', 10)) as string[][])[0]?.[1])
      })
      .toBe('qs')
    expect(await driver.stats(queue)).toMatchObject({ leased: 1, ready: 0 })
    expect(await driver.ack(queue, { leaseId, ids: [messages[0]!.id] })).toEqual(['applied'])
  })
})
