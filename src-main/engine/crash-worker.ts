import { loopback, redisClient } from '../brokers/clients/redis'
import { Engine } from './engine'

/**
 * The process that crash.broker.test.ts kills: works a queue with short leases, leaves a mark for each attempt that it ran,
 * and says so on stdout, one byte per message. The message "poison" kills it by itself. Arguments: port, queue, attempts.
 */
const [, , port, name, maxAttempts = '1000'] = process.argv
const marks = redisClient(loopback(Number(port)))
await marks.connect()
const engine = await Engine.open({ redis: { port: Number(port) } })
const queue = engine.queue(name!, { maxAttempts: Number(maxAttempts) })
engine.worker(
  queue,
  async (message) => {
    if (message.data === 'poison') process.kill(process.pid, 'SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 20 + (Number(message.id) % 40)))
    await marks.hincrby('ran', `${message.id} ${message.attempt}`, 1)
    process.stdout.write('.')
  },
  { concurrency: 40, leaseMs: 400 },
)
