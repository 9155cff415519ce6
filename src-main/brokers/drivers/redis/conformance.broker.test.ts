import { loopback, redisClient } from '../../clients/redis'
import { describeDriver } from '../../testing/driver-conformance'
import { startRedis } from '../../testing/redis-server'
import { redisAbilities } from './abilities'
import { RedisDriver } from './driver'

describeDriver({
  name: 'redis',
  abilities: redisAbilities,
  async openWorld() {
    const server = await startRedis()
    const connectAnother = () => redisClient(loopback(server.port))
    const redis = connectAnother()
    await redis.connect()
    const driver = new RedisDriver({ redis, connectAnother, maxAttempts: () => 3 })
    let queues = 0
    return {
      driver,
      freshQueue: () => `conformance ${queues++}`,
      async close() {
        await driver.close()
        redis.disconnect()
        await server.stop()
      },
    }
  },
})
