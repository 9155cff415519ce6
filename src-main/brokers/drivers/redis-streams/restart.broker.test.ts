import { afterAll, beforeAll, expect, it } from 'vitest'
import { loopback, type RedisClient, redisClient } from '../../clients/redis'
import { startRedis, type TestRedis } from '../../testing/redis-server'
import { census } from './conservation'
import { RedisStreamsDriver } from './driver'

let server: TestRedis
let redis: RedisClient

beforeAll(async () => {
  server = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always'])
  redis = redisClient(loopback(server.port))
  await redis.connect()
})

afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

it('stands as it stood after the server was killed: leases, retries, dead letters, two groups', async () => {
  const groups = ['one', 'two'] as const
  const open = (group: string) =>
    new RedisStreamsDriver({
      redis,
      connectAnother: () => redisClient(loopback(server.port)),
      group,
      maxAttempts: () => 3,
    })
  const [one, two] = groups.map(open) as [RedisStreamsDriver, RedisStreamsDriver]
  const queue = 'restart'
  const error = { name: 'E', message: 'm', stack: null }
  for (const driver of [one, two]) await driver.join(queue)
  await one.enqueue(
    queue,
    Array.from({ length: 40 }, (_, n) => ({ body: `b${n}`, ...(n % 8 === 7 ? { delayMs: 60_000 } : {}) })),
  )
  const request = { worker: 'w', count: 12, leaseMs: 60_000 }
  const { lease } = await one.lease(queue, request)
  const [a, b, c, d] = lease!.messages.map(({ id }) => id)
  await one.ack(queue, { leaseId: lease!.leaseId, ids: [a!] })
  await one.nack(queue, lease!.leaseId, [
    { id: b!, error, retryInMs: 0 },
    { id: c!, error, retryInMs: 60_000 },
    { id: d!, error, retryInMs: undefined },
  ])
  const other = (await two.lease(queue, request)).lease!
  await two.ack(queue, { leaseId: other.leaseId, ids: other.messages.map(({ id }) => id) })

  const before = await census(redis, { queue, groups })
  expect(before.problems).toEqual([])
  const stats = await one.stats(queue)
  await server.kill()
  await server.start()
  await expect.poll(() => redis.status, { timeout: 8_000 }).toBe('ready')
  expect(await census(redis, { queue, groups })).toEqual(before)
  expect(await one.stats(queue)).toMatchObject({ ...stats, oldestReadyMs: expect.any(Number) })
  const next = (await one.lease(queue, request)).lease!
  expect(Number(next.leaseId)).toBeGreaterThan(Number(lease!.leaseId))
  expect(await one.ack(queue, { leaseId: lease!.leaseId, ids: [lease!.messages[5]!.id] })).toEqual(['applied'])
})
