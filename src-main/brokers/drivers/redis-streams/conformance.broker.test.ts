import { loopback, redisClient } from '../../clients/redis'
import { describeDriver } from '../../testing/driver-conformance'
import { startRedis } from '../../testing/redis-server'
import { redisStreamsAbilities } from './abilities'
import { RedisStreamsDriver } from './driver'

describeDriver({
  name: 'redis-streams',
  abilities: redisStreamsAbilities,
  async openWorld() {
    const server = await startRedis()
    const connectAnother = () => redisClient(loopback(server.port))
    const redis = connectAnother()
    await redis.connect()
    const open = (group?: string) => new RedisStreamsDriver({ redis, connectAnother, maxAttempts: () => 3, group })
    const driver = open()
    let queues = 0
    return {
      driver,
      freshQueue: () => `conformance ${queues++} {é}`,
      openGroup: open,
      async close() {
        await driver.close()
        redis.disconnect()
        await server.stop()
      },
    }
  },
})
