import { loopback, redisClient } from '../brokers/clients/redis'
import { EventBus } from './event-bus'

/**
 * The process that event-bus.broker.test.ts kills: subscribes with a group and says on stdout which event it has begun, one
 * line each; every second one it never finishes. Arguments: port, type, group.
 */
const [, , port, type = '', group = ''] = process.argv
const connect = () => redisClient(loopback(Number(port)))
const redis = connect()
await redis.connect()
const bus = new EventBus({ redis, connectAnother: connect })
await bus.subscribe<{ readonly n: number }>(
  type,
  ({ data }) => {
    process.stdout.write(`${data.n}\n`)
    return data.n % 2 === 0 ? undefined : new Promise(() => {})
  },
  { group, leaseMs: 300, maxAttempts: 100 },
)
