// npm run bench:crowded: one Redis with 5 million keys, 1,000 queues and a failed set of 10 million, looked at as the console does.
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { openConnection } from '../src-main/brokers/open'
import type { Found, Reader } from '../src-main/brokers/reader'
import { startRedis } from '../src-main/brokers/testing/redis-server'
import type { QueueAddress } from '../src-shared/model/queue'
import { commandsPerSecond } from './redis-commands'

const keys = 5_000_000
const queues = 1_000
const failed = 10_000_000
const slowUs = 1_000
const ticks = 10
const tickMs = 1_000

const server = await startRedis(['--enable-debug-command', 'local', '--slowlog-max-len', '10000'])
const admin = new Redis(server.port)
const say = (text: string) => void process.stderr.write(`${text}\n`)
try {
  say(`filling ${keys} keys, ${queues} queues, ${failed} failed jobs`)
  await admin.call('DEBUG', 'POPULATE', keys, 'session', 32)
  for (let n = 0; n < queues; n += 1) {
    const queue = new Queue(`q${n}`, { connection: { port: server.port } })
    await queue.add('job', { n })
    await queue.close()
  }
  const fill =
    "for i = tonumber(ARGV[1]), tonumber(ARGV[1]) + 99999 do redis.call('ZADD', KEYS[1], 1700000000000 + i, i) end"
  for (let at = 0; at < failed; at += 100_000) await admin.eval(fill, 1, 'bull:q0:failed', at)

  const connection = await openConnection(
    {
      name: 'crowded',
      kind: 'redis',
      tier: 'dev',
      topology: { kind: 'single', host: '127.0.0.1', port: server.port },
      database: 0,
      username: null,
      tls: { enabled: false, caFile: null, verify: true },
    },
    { password: null, mfaCode: () => null },
  )
  await admin.config('SET', 'slowlog-log-slower-than', String(slowUs))
  await admin.slowlog('RESET')
  const found: Found[] = []
  const began = performance.now()
  let first = Number.NaN
  await connection.finder.find({
    found: (queue) => {
      if (found.length === 0) first = performance.now() - began
      found.push(queue)
    },
    signal: new AbortController().signal,
    pace: 'hurried',
  })
  const whole = performance.now() - began
  const addresses = [...new Map(found.map(({ address }) => [address.name, address])).values()]
  const reader = connection.layouts.find(({ layout }) => layout === 'bullmq')!
  await watch(reader, addresses)
  await browseAll(reader, addresses.find(({ name }) => name === 'q0')!)
  const slowest = await longest()
  // Not while commands are timed: who listens to all is told each command of a script, within the script's own time.
  const rate = commandsPerSecond(server.port, tickMs * ticks)
  await watch(reader, addresses)
  const rows = [
    ['queues found', String(addresses.length), String(queues)],
    ['first queue after', `${first.toFixed(0)} ms`, 'under 1 s'],
    ['whole pass', `${(whole / 1_000).toFixed(1)} s`, ''],
    ['commands a second for all queues', (await rate).toFixed(1), '10 at most'],
    ['longest command', `${(slowest.us / 1_000).toFixed(2)} ms (${slowest.command})`, 'under 5 ms'],
  ]
  for (const [what, figure, target] of rows) console.log(`${what!.padEnd(34)}${figure!.padEnd(44)}${target}`)
  await connection.close()
  if (addresses.length !== queues || first >= 1_000 || slowest.us >= 5_000) process.exitCode = 1
} finally {
  admin.disconnect()
  await server.stop()
}

/** Their figures, ten times at the console's own pace. */
async function watch(reader: Reader, addresses: readonly QueueAddress[]): Promise<void> {
  for (let tick = 0; tick < ticks; tick += 1) {
    await reader.read(addresses)
    await new Promise((resolve) => setTimeout(resolve, tickMs))
  }
}

/** Pages from both ends of the list and from its middle, and one message opened. */
async function browseAll(reader: Reader, queue: QueueAddress): Promise<void> {
  let cursor: string | null = null
  for (let page = 0; page < 20; page += 1) {
    const { nextCursor } = await reader.browse(queue, { state: 'dead', cursor, limit: 100 })
    cursor = nextCursor
  }
  await reader.browse(queue, {
    state: 'dead',
    cursor: JSON.stringify(['failed', String(1_700_000_000_000 + failed / 2), String(failed / 2)]),
    limit: 100,
  })
  await reader.states(
    queue,
    Array.from({ length: 1_000 }, (_, n) => String(n)),
  )
}

async function longest(): Promise<{ readonly us: number; readonly command: string }> {
  const log = (await admin.slowlog('GET', 10_000)) as unknown as [number, number, number, string[]][]
  return log
    .map(([, , us, words]) => ({ us, command: words.slice(0, 2).join(' ').slice(0, 30) }))
    .reduce((worst, each) => (each.us > worst.us ? each : worst), { us: 0, command: 'none above 1 ms' })
}
