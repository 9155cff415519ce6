import { afterAll, beforeAll, expect, it } from 'vitest'
import { loopback, type RedisClient, redisClient } from '../../clients/redis'
import { startRedis, type TestRedis } from '../../testing/redis-server'
import { type TcpProxy, tcpProxy } from '../../testing/tcp-proxy'
import { census } from './conservation'
import { RedisDriver } from './driver'
import { queueKeys } from './keys'
import { enqueue } from './scripts/enqueue'
import { ack } from './scripts/plain-lease'
import { richAck } from './scripts/rich-lease'
import { nack } from './scripts/settle'

let server: TestRedis
let proxy: TcpProxy
let redis: RedisClient
let calm: RedisDriver

beforeAll(async () => {
  server = await startRedis()
  proxy = await tcpProxy(server.port)
  redis = redisClient(loopback(server.port))
  await redis.connect()
  calm = driverOn(redis)
  for (const { text } of [enqueue, ack, richAck, nack]) await redis.script('LOAD', text)
})

afterAll(async () => {
  redis.disconnect()
  await proxy.close()
  await server.stop()
})

const driverOn = (client: RedisClient) =>
  new RedisDriver({ redis: client, connectAnother: () => redisClient(loopback(server.port)), maxAttempts: () => 3 })

/** Does `act` on a connection that breaks in the middle of the answer to the script named `sha`. */
async function halfHeard(sha: string, act: (driver: RedisDriver) => Promise<unknown>): Promise<void> {
  const client = redisClient(loopback(proxy.port), { retryStrategy: () => null })
  await client.connect()
  const sprung = proxy.cutAt(sha, 'mid-reply')
  await expect(act(driverOn(client))).rejects.toMatchObject({ code: 'outcome-unknown' })
  await sprung
  client.disconnect()
}

const bodiesOf = async (name: string) => {
  const { problems, bodies } = await census(redis, queueKeys('qe', name))
  expect(problems).toEqual([])
  return bodies.size
}

it.each([
  ['an id of its own', { ownId: 'x' }],
  ['a dedup key', { dedup: { key: 'x', windowMs: 60_000 } }],
])('adds a message with %s once, when the answer was half heard and it is sent again', async (name, named) => {
  const send = (driver: RedisDriver) => driver.enqueue(name, [{ body: 'b', ...named }])
  await halfHeard(enqueue.sha, send)
  expect(await bodiesOf(name)).toBe(1)
  expect(await send(calm)).toMatchObject([{ outcome: 'duplicate' }])
  expect(await bodiesOf(name)).toBe(1)
})

it.each([
  ['ack', ack.sha, undefined],
  ['ack of a rich queue', richAck.sha, { count: 1, ageMs: 60_000 }],
])('settles by %s once: said again it is stale', async (name, sha, keep) => {
  await calm.enqueue(name, [{ body: 'b' }])
  const { leaseId, messages } = (await calm.lease(name, { worker: 'w', count: 1, leaseMs: 60_000 })).lease!
  const finished = { leaseId, ids: [messages[0]!.id], keep }
  await halfHeard(sha, (driver) => driver.ack(name, finished))
  expect(await bodiesOf(name)).toBe(keep ? 1 : 0)
  expect(await calm.ack(name, finished)).toEqual(['stale'])
  expect((await calm.stats(name)).ackedTotal).toBe(1)
})

it('settles by nack once: said again it is stale', async () => {
  await calm.enqueue('nack', [{ body: 'b' }])
  const { leaseId, messages } = (await calm.lease('nack', { worker: 'w', count: 1, leaseMs: 60_000 })).lease!
  const failures = [{ id: messages[0]!.id, error: { name: 'E', message: 'm', stack: null }, retryInMs: undefined }]
  await halfHeard(nack.sha, (driver) => driver.nack('nack', leaseId, failures))
  expect(await bodiesOf('nack')).toBe(1)
  expect(await calm.nack('nack', leaseId, failures)).toEqual(['stale'])
  expect(await calm.stats('nack')).toMatchObject({ dead: 1, diedTotal: 1 })
})
