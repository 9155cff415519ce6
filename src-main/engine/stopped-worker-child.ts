import { once } from 'node:events'
import { Engine } from './engine'

/**
 * The process that stopped-worker.broker.test.ts stops: leases one message, says so, acks it when told to, and says what
 * came of it. Arguments: port, queue, lease ms.
 */
const [, , port, name, leaseMs] = process.argv
const engine = await Engine.open({ redis: { port: Number(port) } })
const [message] = await engine.queue(name!).lease({ waitMs: 5_000, leaseMs: Number(leaseMs) })
if (!message) throw new Error('nothing to lease')
process.stdout.write(`leased ${message.leaseId}\n`)
await once(process.stdin, 'data')
process.stdout.write(`${await message.ack()}\n`)
process.stdin.destroy()
await engine.close()
