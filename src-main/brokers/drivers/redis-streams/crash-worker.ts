import { pause, systemClock } from '../../../runtime/clock'
import { loopback, redisClient } from '../../clients/redis'
import { RedisStreamsDriver } from './driver'

/**
 * The process that crash.broker.test.ts kills: works a queue for one group with short leases, leaves a mark for each message
 * that it ran, and says so on stdout, one byte per message. Arguments: port, queue, group.
 */
const [, , port, queue = '', group = ''] = process.argv
const connect = () => redisClient(loopback(Number(port)))
const redis = connect()
await redis.connect()
const driver = new RedisStreamsDriver({ redis, connectAnother: connect, group, maxAttempts: () => 1_000 })
const never = new AbortController().signal

for (;;) {
  const { lease } = await driver.lease(queue, { worker: `${process.pid}`, count: 10, leaseMs: 300 })
  if (!lease) {
    await driver.waitForReady(queue, 1_000, never)
    continue
  }
  for (const { id } of lease.messages) {
    await pause(systemClock, 2)
    await redis.hincrby(`ran:${group}`, id, 1)
    process.stdout.write('.')
    await driver.ack(queue, { leaseId: lease.leaseId, ids: [id] })
  }
}
