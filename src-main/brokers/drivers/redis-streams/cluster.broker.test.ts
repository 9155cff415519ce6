import { expect, vi } from 'vitest'
import { loopback, redisClient } from '../../clients/redis'
import { describeDriver } from '../../testing/driver-conformance'
import { freePort, startRedis } from '../../testing/redis-server'
import { redisStreamsAbilities } from './abilities'
import { RedisStreamsDriver } from './driver'

/** One node that holds every slot: the cluster's client and its rules, without the wait for gossip. */
describeDriver({
  name: 'redis-streams',
  abilities: redisStreamsAbilities,
  async openWorld() {
    // Alone it does not know its own address, and its bus would want a port 10,000 above.
    const bus = String(await freePort())
    const server = await startRedis([
      ...['--cluster-enabled', 'yes', '--cluster-port', bus],
      ...['--cluster-announce-ip', '127.0.0.1'],
    ])
    const admin = redisClient(loopback(server.port))
    await admin.connect()
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    await vi.waitFor(async () => expect(await admin.call('CLUSTER', 'INFO')).toContain('cluster_state:ok'), 10_000)
    admin.disconnect()
    const nodes = [{ host: '127.0.0.1', port: server.port }]
    const connectAnother = () => redisClient({ ...loopback(server.port), topology: { kind: 'cluster', nodes } })
    const redis = connectAnother()
    await redis.connect()
    const open = (group?: string) => new RedisStreamsDriver({ redis, connectAnother, maxAttempts: () => 3, group })
    const driver = open()
    let queues = 0
    return {
      driver,
      freshQueue: () => `in slot ${queues++}`,
      openGroup: open,
      async close() {
        await driver.close()
        redis.disconnect()
        await server.stop()
      },
    }
  },
})
