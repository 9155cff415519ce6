import type { QueueAddress } from '@shared/model/queue'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loopback, type RedisClient, redisClient } from '../../clients/redis'
import { enqueued } from '../../testing/enqueued'
import { startRedis, type TestRedis } from '../../testing/redis-server'
import { census } from './conservation'
import { RedisDriver } from './driver'
import { queueKeys } from './keys'
import { RedisReader } from './reader'
import { bodiesOf, existing } from './stored-bodies'

let server: TestRedis
let redis: RedisClient
let driver: RedisDriver
/** Another process. */
let other: RedisDriver

const driverOn = (client: RedisClient) =>
  new RedisDriver({ redis: client, connectAnother: () => redisClient(loopback(server.port)), maxAttempts: () => 3 })

beforeAll(async () => {
  server = await startRedis()
  redis = redisClient(loopback(server.port))
  await redis.connect()
  driver = driverOn(redis)
  other = driverOn(redis)
})

afterAll(async () => {
  await driver.close()
  await other.close()
  redis.disconnect()
  await server.stop()
})

let counter = 0
const fresh = () => `parcels ${counter++}`
const batch = (count: number, bytes = 5) =>
  Array.from({ length: count }, (_, index) => ({ body: `${index}`.padEnd(bytes, '.') }))
const asking = (count: number) => ({ worker: 'w', count, leaseMs: 60_000 })
const error = { name: 'E', message: 'm', stack: null }
const idsOf = (messages: readonly { readonly id: string }[]) => messages.map(({ id }) => id)
const problemsOf = async (queue: string) => (await census(redis, queueKeys('qe', queue))).problems

/** How many messages stand alone, and how many parcels there are. */
async function heldOf(queue: string) {
  const { payload, parcels } = queueKeys('qe', queue)
  return { alone: await redis.hlen(payload), parcels: await redis.hlen(parcels) }
}

describe('a batch of plain messages', () => {
  it.each([5, 2_000])('is one value from enqueue to ack, at %i bytes each', async (bytes) => {
    const queue = fresh()
    const ids = await enqueued(driver, queue, batch(100, bytes))
    expect(await heldOf(queue)).toEqual({ alone: 0, parcels: 1 })
    const lease = (await driver.lease(queue, asking(100))).lease!
    expect(idsOf(lease.messages)).toEqual(ids)
    expect(lease.messages.map(({ body }) => String(body))).toEqual(batch(100, bytes).map(({ body }) => body))
    expect(await driver.stats(queue)).toMatchObject({ ready: 0, leased: 100 })
    expect(await heldOf(queue)).toEqual({ alone: 0, parcels: 1 })
    expect(await driver.ack(queue, { leaseId: lease.leaseId, ids })).toEqual(ids.map(() => 'applied'))
    expect(await heldOf(queue)).toEqual({ alone: 0, parcels: 0 })
    expect(await driver.stats(queue)).toMatchObject({ ready: 0, leased: 0, ackedTotal: 100 })
    expect(await problemsOf(queue)).toEqual([])
  })

  it('keeps its bytes, whatever they are', async () => {
    const queue = fresh()
    const bodies = ['', 'ü€😀', '{"n":12345678901234567890}', Buffer.from([0, 255, 13, 10, 128]), 'a', 'b', 'c', '\0']
    await driver.enqueue(
      queue,
      bodies.map((body) => ({ body })),
    )
    const page = await driver.looking.browse(queue, { state: 'ready', cursor: null, limit: 20 })
    const lease = (await driver.lease(queue, asking(3))).lease!
    const rest = (await driver.lease(queue, asking(20))).lease!
    const expected = bodies.map((body) => Buffer.from(body as string))
    expect(page.items.map(({ body }) => Buffer.from(body))).toEqual(expected)
    expect([...lease.messages, ...rest.messages].map(({ body }) => Buffer.from(body))).toEqual(expected)
  })

  it('is parted by whoever takes less, and each goes its own way', async () => {
    const queue = fresh()
    const ids = await enqueued(driver, queue, batch(20))
    const lease = (await driver.lease(queue, asking(6))).lease!
    expect(idsOf(lease.messages)).toEqual(ids.slice(0, 6))
    expect(await heldOf(queue)).toEqual({ alone: 20, parcels: 0 })
    expect(await redis.lrange(queueKeys('qe', queue).ready[5]!, 0, -1)).toEqual([`${ids[6]}*14`])
    expect(await driver.ack(queue, { leaseId: lease.leaseId, ids: ids.slice(0, 2) })).toEqual(['applied', 'applied'])
    const failures = ids.slice(2, 4).map((id) => ({ id, error, retryInMs: 0 }))
    expect(await driver.nack(queue, lease.leaseId, failures)).toEqual(['applied', 'applied'])
    expect(await driver.stats(queue)).toMatchObject({ ready: 16, leased: 2, ackedTotal: 2 })
    const rest = (await driver.lease(queue, asking(100))).lease!
    expect(idsOf(rest.messages)).toEqual([...ids.slice(6), ids[2], ids[3]])
    expect(await problemsOf(queue)).toEqual([])
  })

  it('is left closed where half of a lease is filled without it, and the next is woken for it', async () => {
    const queue = fresh()
    const ids = await enqueued(driver, queue, [...batch(100), ...batch(100)])
    await redis.del(queueKeys('qe', queue).wake)
    const lease = (await driver.lease(queue, asking(150))).lease!
    expect(idsOf(lease.messages)).toEqual(ids.slice(0, 100))
    expect(await heldOf(queue)).toEqual({ alone: 0, parcels: 2 })
    expect(await redis.llen(queueKeys('qe', queue).wake)).toBe(1)
    const turn = await driver.turn(queue, { leaseId: lease.leaseId, ids: ids.slice(0, 100) }, asking(150))
    expect(idsOf(turn.next!.messages)).toEqual(ids.slice(100))
    expect(await problemsOf(queue)).toEqual([])
  })

  it('is acked as a whole only by who still holds the whole', async () => {
    const queue = fresh()
    const ids = await enqueued(driver, queue, [...batch(100), ...batch(50)])
    const lease = (await driver.lease(queue, asking(150))).lease!
    expect(await heldOf(queue)).toEqual({ alone: 0, parcels: 2 })
    const back = [{ id: ids[7]!, error, retryInMs: 0 }]
    expect(await other.nack(queue, lease.leaseId, back)).toEqual(['applied'])
    expect(await heldOf(queue)).toEqual({ alone: 100, parcels: 1 })
    const outcomes = await driver.ack(queue, { leaseId: lease.leaseId, ids })
    expect(outcomes).toEqual(ids.map((id) => (id === ids[7] ? 'stale' : 'applied')))
    expect(await driver.stats(queue)).toMatchObject({ ready: 1, leased: 0, ackedTotal: 149 })
    expect(await problemsOf(queue)).toEqual([])
  })

  it('comes back one by one when its lease runs out, at most so many a call', async () => {
    const queue = fresh()
    const ids = await enqueued(driver, queue, batch(40))
    const lease = (await driver.lease(queue, asking(40))).lease!
    await redis.zadd(queueKeys('qe', queue).leases, 1, lease.leaseId)
    expect(await driver.recover(queue, 15)).toMatchObject({ requeued: 15, died: 0 })
    expect(await driver.stats(queue)).toMatchObject({ ready: 15, leased: 25 })
    expect(await driver.recover(queue, 100)).toMatchObject({ requeued: 25, died: 0 })
    expect(await driver.ack(queue, { leaseId: lease.leaseId, ids })).toEqual(ids.map(() => 'stale'))
    const again = (await driver.lease(queue, asking(40))).lease!
    expect(again.messages.every(({ attempt }) => attempt === 2)).toBe(true)
    expect(await problemsOf(queue)).toEqual([])
  })

  it('is handed out whole, though its lease ran out and was taken back in part meanwhile', async () => {
    const queue = fresh()
    await driver.enqueue(queue, batch(20, 2_000))
    const slow = Object.create(redis) as RedisClient
    slow.hgetBuffer = (async (key: string, field: string) => {
      await redis.zadd(
        queueKeys('qe', queue).leases,
        1,
        (await redis.zrange(queueKeys('qe', queue).leases, 0, '0'))[0]!,
      )
      await other.recover(queue, 5)
      return redis.hgetBuffer(key, field)
    }) as unknown as typeof redis.hgetBuffer
    const lease = (await driverOn(slow).lease(queue, asking(20))).lease!
    expect(lease.messages).toHaveLength(20)
    expect(await driver.stats(queue)).toMatchObject({ ready: 5, leased: 15, ackedTotal: 0 })
  })

  it('is purged message by message, by no more than were asked for', async () => {
    const queue = fresh()
    await driver.enqueue(queue, batch(250))
    expect(await driver.purge(queue, 'ready', { before: null, limit: 130 })).toMatchObject({ moved: 130 })
    expect(await driver.stats(queue)).toMatchObject({ ready: 120 })
    expect(await problemsOf(queue)).toEqual([])
  })

  it('lets single ones be cancelled, edited and moved', async () => {
    const queue = fresh()
    const ids = await enqueued(driver, queue, batch(30))
    expect(await driver.mending.cancel(queue, ids.slice(0, 2))).toEqual(['applied', 'applied'])
    expect(
      await driver.mending.edit(queue, { id: ids[3]!, seen: Buffer.from('3....'), body: Buffer.from('new') }),
    ).toBe('applied')
    expect(await driver.mending.changePriority(queue, [ids[10]!, ids[11]!, ids[29]!], 2)).toEqual(
      Array.from({ length: 3 }, () => 'applied'),
    )
    expect(await problemsOf(queue)).toEqual([])
    const { messages } = (await driver.lease(queue, asking(100))).lease!
    const left = ids.filter((_, index) => ![0, 1, 10, 11, 29].includes(index))
    expect(idsOf(messages)).toEqual([ids[10], ids[11], ids[29], ...left])
    expect(String(messages[4]!.body)).toBe('new')
  })

  it('knows a message by its id alone, not by other texts that are the same number', async () => {
    const queue = fresh()
    const [id] = await enqueued(driver, queue, batch(10))
    for (const text of [`0${id}`, `${id}.0`, ` ${id}`, `${Number(id).toExponential()}`]) {
      expect(await driver.mending.cancel(queue, [text])).toEqual(['gone'])
      expect(await driver.looking.find(queue, text)).toBeUndefined()
      expect(await driver.notes.setProgress(queue, text, '1')).toBe(false)
    }
    expect(await heldOf(queue)).toEqual({ alone: 0, parcels: 1 })
  })

  it('parts as many parcels a call as a call may, however many are meant', async () => {
    const queue = fresh()
    const ids: string[] = []
    for (let at = 0; at < 60; at++) ids.push((await enqueued(driver, queue, batch(8)))[3]!)
    expect(await driver.mending.cancel(queue, ids)).toEqual(ids.map(() => 'applied'))
    expect(await driver.stats(queue)).toMatchObject({ ready: 60 * 7 })
    expect(await problemsOf(queue)).toEqual([])
  })
})

describe('looking at messages in parcels', () => {
  it('needs no scripts and no writes, and parts nothing', async () => {
    const queue = fresh()
    const address: QueueAddress = { layout: 'engine', prefix: 'qe', name: queue }
    const ids = await enqueued(driver, queue, batch(120))
    await driver.lease(queue, asking(100))
    await redis.call('ACL', 'SETUSER', 'looker', 'on', '>secret', '~*', '-@all', '+@read', '+ping', '+info')
    const client = redisClient({ ...loopback(server.port), username: 'looker', password: 'secret' })
    await client.connect()
    const reader = new RedisReader(client)
    const ready = await reader.browse(address, { state: 'ready', cursor: null, limit: 15 })
    expect(ready).toMatchObject({ total: 20, nextCursor: expect.any(String) })
    const rest = await reader.browse(address, { state: 'ready', cursor: ready.nextCursor, limit: 15 })
    expect(idsOf([...ready.items, ...rest.items])).toEqual(ids.slice(100))
    const leased = await reader.browse(address, { state: 'leased', cursor: null, limit: 200 })
    expect(idsOf(leased.items)).toEqual(ids.slice(0, 100))
    expect(leased.items[3]).toMatchObject({ bytes: 5, preview: '3....' })
    expect(await reader.states(address, [ids[0]!, ids[119]!, `${Number(ids[119]) + 1}`])).toEqual([
      'leased',
      'ready',
      null,
    ])
    expect((await reader.inspect(address, ids[110]!)).body).toMatchObject({ kind: 'whole', bytes: 5 })
    expect((await reader.snapshot(address, 'ready', [ids[110]!])).map(({ body }) => String(body))).toEqual(['110..'])
    const [reading] = await reader.read([address])
    expect(reading).toMatchObject({ ready: 20, leased: 100, trouble: null })
    client.disconnect()
    await reader.close()
    expect(await heldOf(queue)).toEqual({ alone: 0, parcels: 2 })
  })

  it('finds what is parted while it looks', async () => {
    for (const look of [bodiesOf, existing]) {
      const queue = fresh()
      const ids = await enqueued(driver, queue, batch(20))
      // Between the question for fields and the one for parcels.
      const parting = Object.create(redis) as RedisClient
      parting.hstrlen = (async () => {
        await other.lease(queue, asking(1))
        return 0
      }) as unknown as typeof redis.hstrlen
      const found = await look(parting, queueKeys('qe', queue), [ids[2]!, '12'])
      expect(found instanceof Set ? [...found] : [String((found as Buffer[])[0]), (found as Buffer[])[1]]).toEqual(
        found instanceof Set ? [ids[2]] : ['2....', null],
      )
    }
  })

  it('goes on after a cursor whose message was taken with half of its place', async () => {
    const queue = fresh()
    const ids = await enqueued(driver, queue, batch(60))
    const first = await driver.looking.browse(queue, { state: 'ready', cursor: null, limit: 10 })
    await driver.lease(queue, asking(25))
    const next = await driver.looking.browse(queue, { state: 'ready', cursor: first.nextCursor, limit: 10 })
    expect(idsOf(next.items)).toEqual(ids.slice(25, 35))
    await driver.mending.changePriority(queue, [ids[34]!], 9)
    const last = await driver.looking.browse(queue, { state: 'ready', cursor: next.nextCursor, limit: 100 })
    expect(idsOf(last.items)).toEqual([...ids.slice(35), ids[34]])
  })
})
