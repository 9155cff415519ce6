import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { Engine } from '../src-main/engine/engine'
import type { Scenario } from './scenario'

const messages = 30_000
const data = { text: 'a'.repeat(189) }

/** What a waiting message of 200 bytes costs in Redis, everything included. */
export const engineMemory: Scenario = {
  name: 'engine-memory',
  async run({ port, side, clear }) {
    const engine = await Engine.open({ redis: { port } })
    const own = engine.queue<typeof data>('memory')
    const ours = await growth(side, () => own.enqueueBatch(Array.from({ length: messages }, () => data)))
    await engine.close()
    await clear()
    const queue = new Queue('memory', { connection: { port, host: '127.0.0.1' } })
    const theirs = await growth(side, async () => {
      for (let at = 0; at < messages; at += 1_000)
        await queue.addBulk(Array.from({ length: 1_000 }, () => ({ name: 'job', data })))
    })
    await queue.close()
    const share = ours / theirs
    return [
      {
        what: 'Redis bytes per waiting message of 200 B',
        target: "<= 45 % of BullMQ's",
        figure: `${(share * 100).toFixed(0)} % (${ours.toFixed(0)} to ${theirs.toFixed(0)} B)`,
        met: share <= 0.45,
        values: { bytes: ours, bullBytes: theirs, share },
      },
    ]
  },
}

async function growth(side: Redis, fill: () => Promise<unknown>): Promise<number> {
  const before = await usedBytes(side)
  await fill()
  return ((await usedBytes(side)) - before) / messages
}

/** Without client buffers and the buffer of the append-only file, which belong to no message. */
async function usedBytes(side: Redis): Promise<number> {
  const stats = (await side.call('MEMORY', 'STATS')) as readonly unknown[]
  const figure = (name: string) => Number(stats[stats.indexOf(name) + 1] ?? 0)
  return figure('total.allocated') - figure('clients.normal') - figure('aof.buffer')
}
