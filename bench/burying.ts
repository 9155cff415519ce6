import { loopback, redisClient } from '../src-main/brokers/clients/redis'
import { RedisDriver } from '../src-main/brokers/drivers/redis/driver'

/** An error whose name, message and stack have 235 bytes together. */
export function error235(): Error {
  const error = new TypeError("Cannot read properties of undefined (reading 'total')")
  const head = `${error.name}: ${error.message}\n`
  const frame = '    at charge (/srv/app/billing/charge.js:41:17)\n'
  error.stack = head + frame.repeat(3)
  const size = error.name.length + error.message.length + error.stack.length
  error.stack = error.stack.slice(0, error.stack.length - (size - 235))
  return error
}

/** Makes dead letters of all that is ready. */
export async function bury(port: number, queue: string, thrown: Error): Promise<void> {
  const redis = redisClient(loopback(port))
  await redis.connect()
  const driver = new RedisDriver({ redis, connectAnother: () => redisClient(loopback(port)), maxAttempts: () => 1 })
  const error = { name: thrown.name, message: thrown.message, stack: thrown.stack ?? null }
  for (;;) {
    const { lease } = await driver.lease(queue, { worker: 'bench', count: 50, leaseMs: 60_000 })
    if (!lease) break
    const failures = lease.messages.map(({ id }) => ({ id, error, retryInMs: undefined }))
    await driver.nack(queue, lease.leaseId, failures)
  }
  await driver.close()
  redis.disconnect()
}
