import { Redis } from 'ioredis'
import { peers } from './peers'

/** The process that the comparison kills or stops. Arguments: peer, port, queue, lock ms, how long a message takes, ms. */
const [, , name, port, queue, lockMs, takesMs] = process.argv
const marks = new Redis(Number(port), '127.0.0.1')
const peer = peers.find((each) => each.name === name)
if (!peer) throw new Error(`no peer ${name}`)
const open = await peer.open(Number(port), queue!)
open.work(
  async (n) => {
    process.stdout.write('<')
    await new Promise((resolve) => setTimeout(resolve, Number(takesMs)))
    await marks.hincrby(`ran:${queue}`, String(n), 1)
    process.stdout.write('.')
  },
  { concurrency: 20, lockMs: Number(lockMs) },
)
