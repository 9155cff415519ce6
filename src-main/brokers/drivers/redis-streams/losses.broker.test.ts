import { isFailure } from '@shared/failure'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loopback, type RedisClient, redisClient } from '../../clients/redis'
import type { LeasedMessage } from '../../driver-messages'
import { startRedis, type TestRedis } from '../../testing/redis-server'
import { census } from './conservation'
import { RedisStreamsDriver, type RedisStreamsDriverOptions } from './driver'
import { streamKeys } from './keys'

let server: TestRedis
let redis: RedisClient
let driver: RedisStreamsDriver
const opened: RedisStreamsDriver[] = []

beforeAll(async () => {
  server = await startRedis()
  redis = redisClient(loopback(server.port))
  await redis.connect()
  driver = open()
})

afterAll(async () => {
  for (const each of opened) await each.close()
  redis.disconnect()
  await server.stop()
})

function open(options: Partial<RedisStreamsDriverOptions> = {}): RedisStreamsDriver {
  const more = new RedisStreamsDriver({
    redis,
    connectAnother: () => redisClient(loopback(server.port)),
    maxAttempts: () => 3,
    ...options,
  })
  opened.push(more)
  return more
}

let counter = 0
const fresh = () => `losses ${counter++}`
const request = { worker: 'w', count: 10, leaseMs: 60_000 }
const error = { name: 'E', message: 'm', stack: null }
const streamOf = (queue: string) => streamKeys({ prefix: 'qs', queue, group: 'engine' }).of.stream
const textOf = ({ body }: LeasedMessage) => Buffer.from(body).toString('utf8')

async function put(queue: string, ...bodies: readonly string[]): Promise<readonly string[]> {
  const outcomes = await driver.enqueue(
    queue,
    bodies.map((body) => ({ body })),
  )
  return outcomes.flatMap((each) => (each.outcome === 'added' ? [each.id] : []))
}

async function take(queue: string, count = 10, by = driver) {
  const { lease } = await by.lease(queue, { ...request, count })
  const messages = lease?.messages ?? []
  return { leaseId: lease?.leaseId ?? '', messages, ids: messages.map(({ id }) => id) }
}

const fail = (
  queue: string,
  { leaseId, ids }: { leaseId: string; ids: readonly string[] },
  retryInMs: number | undefined,
) =>
  driver.nack(
    queue,
    leaseId,
    ids.map((id) => ({ id, error, retryInMs })),
  )

/** What several groups agree on, with nothing wrong in it. */
async function sound(queue: string, ...groups: readonly string[]) {
  const image = await census(redis, { queue, groups: groups.length === 0 ? ['engine'] : groups })
  expect(image.problems).toEqual([])
  return image
}

describe('entries that others delete', () => {
  it('keeps dead letters whole when the stream is trimmed to nothing', async () => {
    const queue = fresh()
    const slow = open({ group: 'slow' })
    await slow.join(queue)
    const [id] = await put(queue, 'precious')
    await fail(queue, await take(queue), undefined)
    await redis.xtrim(streamOf(queue), 'MAXLEN', 0)
    expect((await driver.looking.find(queue, id!))?.state).toBe('dead')
    expect(await driver.dead.replayDead(queue, { before: null, limit: 10 })).toEqual({ moved: 1, before: null })
    const again = await take(queue)
    expect(again.messages.map(textOf)).toEqual(['precious'])
    expect(await driver.ack(queue, again)).toEqual(['applied'])
    await sound(queue, 'engine', 'slow')
  })

  it('gets no message stuck whose body is gone: each is passed over, and told', async () => {
    const queue = fresh()
    const ids = await put(queue, 'held', 'retry', 'waits', 'new')
    const held = await take(queue, 1)
    await fail(queue, await take(queue, 1), 0)
    const retry = await take(queue, 1)
    await fail(queue, retry, 0)
    await fail(queue, await take(queue, 2), 0)
    const waits = await take(queue, 1)
    await driver.nack(queue, waits.leaseId, [{ id: waits.ids[0]!, error, retryInMs: 3_600_000 }])
    await redis.xdel(streamOf(queue), ...ids)
    // One in hand is finished as if nothing had happened.
    expect(await driver.ack(queue, held)).toEqual(['applied'])
    expect((await take(queue)).ids).toEqual([])
    expect(await driver.mending.promoteIds(queue, [waits.ids[0]!])).toEqual(['applied'])
    expect((await take(queue)).ids).toEqual([])
    // What was deleted before this group saw it, nobody can know.
    expect(new Set(await driver.lost(queue))).toEqual(new Set(ids.slice(1, 3)))
    expect(await driver.stats(queue)).toMatchObject({ ready: 0, delayed: 0, leased: 0, dead: 0, lost: 2 })
    await sound(queue)
  })

  it('loses no leased message that expires or is buried after its body went, without saying so', async () => {
    const queue = fresh()
    const ids = await put(queue, 'a', 'b')
    const { leaseId } = await take(queue)
    await redis.xdel(streamOf(queue), ...ids)
    expect(await driver.nack(queue, leaseId, [{ id: ids[0]!, error, retryInMs: undefined }])).toEqual(['applied'])
    await redis.zadd(streamKeys({ prefix: 'qs', queue, group: 'engine' }).of.leases, 'XX', 1, leaseId)
    expect(await driver.recover(queue, 10)).toEqual({ requeued: 0, died: 0, nextExpiryAt: null })
    expect(await driver.stats(queue)).toMatchObject({ leased: 0, dead: 0, ready: 0, lost: 2 })
    await sound(queue)
  })

  it('tells the true lag after a trim, and unknown rather than a guess', async () => {
    const queue = fresh()
    const ids = await put(queue, ...Array.from({ length: 6 }, (_, n) => String(n)))
    await take(queue, 2)
    await redis.xtrim(streamOf(queue), 'MINID', ids[5]!)
    expect((await driver.stats(queue)).groups).toEqual([{ name: 'engine', lag: 1, leased: 2 }])
    const holed = fresh()
    const more = await put(holed, ...Array.from({ length: 6 }, (_, n) => String(n)))
    await take(holed, 2)
    // The server itself does not know any more: it is counted.
    await redis.xdel(streamOf(holed), more[3]!)
    expect((await driver.stats(holed)).groups).toEqual([{ name: 'engine', lag: 3, leased: 2 }])
    expect((await driver.stats(holed)).ready).toBe(3)
    // The server has lost count: it takes the deleted one for new for ever.
    const next = fresh()
    const six = await put(next, ...Array.from({ length: 6 }, (_, n) => String(n)))
    await take(next, 2)
    await redis.xdel(streamOf(next), six[2]!)
    await take(next, 1)
    expect((await driver.stats(next)).groups).toEqual([{ name: 'engine', lag: 2, leased: 3 }])
    const many = redis.pipeline()
    for (let n = 0; n < 1_100; n++) many.xadd(streamOf(holed), '*', 'n', n)
    await many.exec()
    expect((await driver.stats(holed)).groups[0]?.lag).toBeNull()
    expect((await driver.stats(holed)).ready).toBeNull()
  })

  it('begins anew when somebody deletes the stream', async () => {
    const queue = fresh()
    await put(queue, 'a')
    const held = await take(queue)
    await redis.del(streamOf(queue))
    expect(await driver.ack(queue, held)).toEqual(['applied'])
    await put(queue, 'b')
    expect((await take(queue)).messages.map(textOf)).toEqual(['b'])
    expect(await driver.stats(queue)).toMatchObject({ leased: 1, ready: 0 })
  })
})

describe('groups', () => {
  it('leaves nothing behind that all have acked, and nothing out that one has not', async () => {
    const queue = fresh()
    const other = open({ group: 'other' })
    await other.join(queue)
    await driver.join(queue)
    await put(queue, 'a', 'b', 'c')
    await driver.ack(queue, await take(queue))
    expect(await redis.xlen(streamOf(queue))).toBe(3)
    const theirs = await take(queue, 2, other)
    await other.ack(queue, theirs)
    expect(await redis.xlen(streamOf(queue))).toBe(1)
    await sound(queue, 'engine', 'other')
    expect(await driver.stats(queue)).toMatchObject({ ready: 0, ackedTotal: 3 })
    expect(await other.stats(queue)).toMatchObject({ ready: 1, ackedTotal: 2 })
    const last = await take(queue, 2, other)
    expect(last.messages.map(textOf)).toEqual(['c'])
    await other.ack(queue, last)
    expect(await redis.xlen(streamOf(queue))).toBe(0)
  })

  it('reads from the first entry on, and makes its group once', async () => {
    const queue = fresh()
    await put(queue, 'before anybody listened')
    const late = open({ group: 'late' })
    await Promise.all([late.join(queue), late.join(queue), take(queue, 1, late)]).then(([, , { messages }]) =>
      expect(messages.map(textOf)).toEqual(['before anybody listened']),
    )
  })

  it('tidies up after a group that was given up', async () => {
    const queue = fresh()
    const gone = open({ group: 'gone' })
    await gone.join(queue)
    await put(queue, ...Array.from({ length: 250 }, (_, n) => String(n)))
    for (let n = 0; n < 250; n += 50) await driver.ack(queue, await take(queue, 50))
    expect(await redis.xlen(streamOf(queue))).toBe(250)
    await redis.xgroup('DESTROY', streamOf(queue), 'gone')
    await driver.recover(queue, 100)
    // A stream is cut in whole nodes of about a hundred entries.
    expect(await redis.xlen(streamOf(queue))).toBeLessThanOrEqual(100)
    expect(await driver.stats(queue)).toMatchObject({ ready: 0, leased: 0 })
  })

  it('leaves no names of workers behind', async () => {
    const queue = fresh()
    await put(queue, ...Array.from({ length: 20 }, (_, n) => String(n)))
    for (let n = 0; n < 20; n++) await driver.lease(queue, { ...request, count: 1, worker: `host:${n}` })
    expect(await redis.xinfo('CONSUMERS', streamOf(queue), 'engine')).toHaveLength(1)
  })
})

describe('trouble', () => {
  it('names the key that holds something else, and changes nothing', async () => {
    const queue = fresh()
    await put(queue, 'a', 'b')
    const held = await take(queue, 1)
    const { of } = streamKeys({ prefix: 'qs', queue, group: 'engine' })
    await redis.set(of.dead, 'somebody’s')
    for (const act of [() => take(queue), () => fail(queue, held, undefined), () => driver.ack(queue, held)]) {
      const failure = await act().catch((thrown: unknown) => thrown)
      expect(isFailure(failure) && [failure.code, failure.subject]).toEqual(['wrong-type', of.dead])
    }
    await redis.del(of.dead)
    const { groups } = await sound(queue)
    expect(groups.get('engine')).toMatchObject({ held: held.ids, again: [], dead: [] })
    await redis.set(of.stream + counter, 'x')
    const odd = open({ streamKey: () => of.stream + counter })
    const refused = await odd.enqueue(queue, [{ body: 'x' }]).catch((thrown: unknown) => thrown)
    expect(isFailure(refused) && refused.code).toBe('wrong-type')
  })

  it('refuses what comes in when memory runs out, and lets what is there be finished', async () => {
    const queue = fresh()
    await put(queue, 'a', 'b', 'c', 'd')
    const held = await take(queue, 3)
    await redis.config('SET', 'maxmemory', '1')
    try {
      for (const more of [{}, { delayMs: 1_000 }]) {
        const failure = await driver.enqueue(queue, [{ body: 'x', ...more }]).catch((thrown: unknown) => thrown)
        expect(isFailure(failure) && failure.message).toContain('out of memory')
      }
      const [a, b, c] = held.ids
      expect(await driver.ack(queue, { leaseId: held.leaseId, ids: [a!] })).toEqual(['applied'])
      expect(await driver.nack(queue, held.leaseId, [{ id: b!, error, retryInMs: undefined }])).toEqual(['applied'])
      expect(await driver.nack(queue, held.leaseId, [{ id: c!, error, retryInMs: 0 }])).toEqual(['applied'])
      const rest = await take(queue)
      expect(rest.ids).toContain(c)
      expect(await driver.ack(queue, rest)).toEqual(['applied', 'applied'])
      expect(await driver.dead.replayIds(queue, [b!])).toEqual([true])
      await driver.ack(queue, await take(queue))
    } finally {
      await redis.config('SET', 'maxmemory', '0')
    }
    expect(await driver.stats(queue)).toMatchObject({ ready: 0, leased: 0, dead: 0, ackedTotal: 4 })
    await sound(queue)
  })

  it('ends a lease early that would carry too many bytes', async () => {
    const queue = fresh()
    const big = Buffer.alloc(600_000, 1)
    await driver.enqueue(
      queue,
      Array.from({ length: 120 }, () => ({ body: big })),
    )
    const first = await take(queue, 120)
    expect(first.ids.length).toBeLessThan(60)
    let left = 120 - first.ids.length
    while (left > 0) {
      const more = await take(queue, 120)
      expect(more.ids.length).toBeGreaterThan(0)
      left -= more.ids.length
      await driver.ack(queue, more)
    }
    expect(left).toBe(0)
  })

  it('says so when Redis is away', async () => {
    const away = redisClient(loopback(1), { retryStrategy: () => null })
    const lonely = open({ redis: away })
    const failure = await lonely.enqueue('q', [{ body: 'x' }]).catch((thrown: unknown) => thrown)
    expect(isFailure(failure) && failure.code).toBe('unreachable')
  })
})
