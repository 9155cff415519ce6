import { queueKey } from '@shared/model/queue'
import { Redis } from 'ioredis'
import { systemClock } from '../../runtime/clock'
import { loopback, type RedisClient, redisClient } from '../clients/redis'
import { redisFinder } from '../finder'
import type { Found, Reader } from '../reader'
import { startRedis, type TestRedis } from './redis-server'
import { redisWriteWatch, type WriteWatch } from './write-watch'

/** A real redis-server with two connections to it as the console makes them: one that may do all, one that may only read. */
export interface RedisStage {
  readonly server: TestRedis
  /** For the test's own doing: not the console's. */
  readonly admin: Redis
  readonly client: RedisClient
  readonly readingClient: RedisClient
  readonly writes: WriteWatch
  /** The walk itself goes by the reading user, for either reader. */
  discover(reader: Reader): Promise<readonly Found[]>
  stop(): Promise<void>
}

const readingUser = { username: 'reader', password: 'may-only-read' }

/** What the reading user may do: read, scan, INFO, and what any connection needs to come up. */
const readingRules = ['+@read', '+scan', '+info', '+ping', '+hello', '+auth', '+select', '+client|setname']

export async function startRedisStage(args: readonly string[] = []): Promise<RedisStage> {
  const server = await startRedis(args)
  const admin = new Redis(server.port)
  const { username, password } = readingUser
  await admin.call(
    'ACL',
    'SETUSER',
    username,
    'on',
    `>${password}`,
    'resetkeys',
    '~*',
    'resetchannels',
    '-@all',
    ...readingRules,
  )
  // Known since Redis 7.2: an older server has nothing to allow.
  await admin.call('ACL', 'SETUSER', username, '+client|setinfo').catch(() => undefined)
  const client = redisClient(loopback(server.port))
  const readingClient = redisClient({ ...loopback(server.port), username, password })
  await Promise.all([client.connect(), readingClient.connect()])
  return {
    server,
    admin,
    client,
    readingClient,
    writes: await redisWriteWatch(admin),
    async discover(reader) {
      const found = new Map<string, Found>()
      await redisFinder(readingClient, [reader], { clock: systemClock, prefixes: [] }).find({
        found: (queue) => found.set(queueKey(queue.address), queue),
        signal: new AbortController().signal,
        pace: 'hurried',
      })
      return [...found.values()]
    },
    async stop() {
      client.disconnect()
      readingClient.disconnect()
      admin.disconnect()
      await server.stop()
    },
  }
}
