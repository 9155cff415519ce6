import type { GroupPage } from '@shared/model/group'
import type { QueueAddress } from '@shared/model/queue'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loopback, type RedisClient, redisClient } from '../../clients/redis'
import { startRedis, type TestRedis } from '../../testing/redis-server'
import { RedisDriver } from './driver'
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

let counter = 0
const fresh = (): QueueAddress => ({ layout: 'engine', prefix: 'qe', name: `parts ${counter++}` })
const inGroup = (group: string, count = 1) => Array.from({ length: count }, () => ({ body: Buffer.from('{}'), group }))
const request = { worker: 'w', count: 1, leaseMs: 60_000 }
const error = { name: 'Error', message: 'no', stack: null }

async function allGroups(queue: QueueAddress, limit: number, between: () => Promise<unknown> = async () => undefined) {
  const names: string[] = []
  let page: GroupPage
  let cursor: string | null = null
  do {
    page = await reader.groups(queue, { cursor, limit })
    names.push(...page.items.map(({ name }) => name))
    cursor = page.nextCursor
    if (cursor) await between()
  } while (cursor)
  return names
}

describe('groups of a queue', () => {
  it('are none where no message has one', async () => {
    const queue = fresh()
    await driver.enqueue(queue.name, [{ body: Buffer.from('{}') }])
    expect(await reader.groups(queue, { cursor: null, limit: 10 })).toEqual({ items: [], nextCursor: null, total: 0 })
  })

  it('say what waits, since when, and which message holds the others back', async () => {
    const queue = fresh()
    const before = Date.now()
    await driver.enqueue(queue.name, [...inGroup('a', 3), ...inGroup('b'), ...inGroup('order 7 / ü~:')])
    const first = (await driver.lease(queue.name, request)).lease!
    const second = (await driver.lease(queue.name, request)).lease!
    const [ofA] = first.messages
    const [ofB] = second.messages
    await driver.nack(queue.name, second.leaseId, [{ id: ofB!.id, error, retryInMs: 60_000 }])
    const { items, total } = await reader.groups(queue, { cursor: null, limit: 10 })
    expect(total).toBe(3)
    expect(items).toEqual([
      {
        name: 'a',
        ready: 2,
        oldestReadyAt: expect.any(Number),
        holder: { id: ofA!.id, state: 'leased', dueAt: null },
        heldUntil: null,
      },
      {
        name: 'b',
        ready: 0,
        oldestReadyAt: null,
        holder: { id: ofB!.id, state: 'delayed', dueAt: expect.any(Number) },
        heldUntil: null,
      },
      { name: 'order 7 / ü~:', ready: 1, oldestReadyAt: expect.any(Number), holder: null, heldUntil: null },
    ])
    expect(Math.abs(items[0]!.oldestReadyAt! - before)).toBeLessThan(5_000)
    expect(Math.abs(items[1]!.holder!.dueAt! - before - 60_000)).toBeLessThan(5_000)
  })

  it('say until when a limit lets nothing begin', async () => {
    const queue = fresh()
    await driver.enqueue(queue.name, inGroup('slow', 2))
    const limited = { ...request, groupLimit: { max: 1, perMs: 60_000 } }
    const lease = (await driver.lease(queue.name, limited)).lease!
    await driver.ack(queue.name, { leaseId: lease.leaseId, ids: [lease.messages[0]!.id] })
    const [slow] = (await reader.groups(queue, { cursor: null, limit: 10 })).items
    expect(slow).toMatchObject({ name: 'slow', ready: 1, holder: null })
    expect(slow!.heldUntil! - Date.now()).toBeGreaterThan(50_000)
  })

  it('come page by page, each once, while they are worked on', async () => {
    const queue = fresh()
    const names = Array.from({ length: 250 }, (_, n) => `g${String(n).padStart(3, '0')}`)
    await driver.enqueue(
      queue.name,
      names.flatMap((name) => inGroup(name, 2)),
    )
    const seen = await allGroups(queue, 30, () => driver.lease(queue.name, { ...request, count: 7 }))
    expect(seen).toEqual(names)
  })

  it('are looked at in bounded pieces, and more than are counted is said', async () => {
    const queue = fresh()
    for (let at = 0; at < 11_000; at += 1_000)
      await driver.enqueue(
        queue.name,
        Array.from({ length: 1_000 }, (_, n) => ({ body: Buffer.from('{}'), group: `g${at + n}` })),
      )
    await redis.config('RESETSTAT')
    const page = await reader.groups(queue, { cursor: null, limit: 50 })
    expect(page).toMatchObject({ total: null, nextCursor: expect.any(String) })
    expect(page.items).toHaveLength(50)
    const stats = await redis.info('commandstats')
    expect(Number(stats.match(/cmdstat_lrange:calls=(\d+)/)?.[1])).toBe(10)
  })

  it('refuse a cursor that is none of theirs', async () => {
    await expect(reader.groups(fresh(), { cursor: 'dead 5', limit: 5 })).rejects.toMatchObject({ code: 'bad-input' })
  })
})

describe('schedules of a queue', () => {
  it('are told as the engine stored them', async () => {
    const queue = fresh()
    const given = {
      cron: '30 2 * * *',
      timeZone: 'Europe/Vienna',
      data: { report: 'daily' },
      catchUp: 'all',
      options: { group: 'eu', delayMs: 5_000 },
    }
    const definition = JSON.stringify({ given, timing: { cron: given.cron, timeZone: given.timeZone, endAt: 9e12 } })
    await driver.schedules.put(queue.name, { key: 'nightly', nextAt: 2e12, definition })
    await driver.schedules.put(queue.name, {
      key: 'beat',
      nextAt: 1e12,
      definition: JSON.stringify({ given: { everyMs: 1_000, data: 'x'.repeat(500) }, timing: { everyMs: 1_000 } }),
    })
    const [beat, nightly] = await reader.schedules(queue)
    expect(nightly).toEqual({
      key: 'nightly',
      nextAt: 2e12,
      cron: '30 2 * * *',
      everyMs: null,
      timeZone: 'Europe/Vienna',
      catchUp: 'all',
      endsAt: 9e12,
      preview: '{"report":"daily"}',
      options: [
        { name: 'group', value: 'eu' },
        { name: 'delayMs', value: '5000' },
      ],
    })
    expect(beat).toMatchObject({ everyMs: 1_000, cron: null, timeZone: null, catchUp: 'one' })
    expect(beat!.preview).toHaveLength(120)
  })

  it('are shown also where their definition cannot be read', async () => {
    const queue = fresh()
    for (const [index, definition] of ['no json', '[]', '{"given":3}', '{"given":{"cron":5,"options":[]}}'].entries())
      await driver.schedules.put(queue.name, { key: `k${index}`, nextAt: 1e12 + index, definition })
    const found = await reader.schedules(queue)
    expect(found.map(({ key, cron, everyMs }) => [key, cron, everyMs])).toEqual(
      [0, 1, 2, 3].map((index) => [`k${index}`, null, null]),
    )
    expect(found[0]).toMatchObject({ catchUp: null, preview: '', options: [] })
  })
})
