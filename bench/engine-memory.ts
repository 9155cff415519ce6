import { Queue, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import { bury, error235 } from './burying'
import { engine } from './contenders/engine'
import type { Row, Scenario } from './scenario'
import { bodyOf } from './throughput'

const messages = 100_000
const body = bodyOf(200)

/** What a message of 200 bytes costs in Redis, everything included: waiting, and dead with an error of 235 bytes. */
export const engineMemory: Scenario = {
  name: 'engine-memory',
  async run(bench) {
    const { port, side, clear } = bench
    const own = await engine.open(bench, 'memory')
    const before = await usedBytes(side)
    for (let at = 0; at < messages; at += 500) await own.enqueueBatch(Array.from({ length: 500 }, () => body))
    const waiting = ((await usedBytes(side)) - before) / messages
    await bury(port, 'memory', error235())
    const dead = ((await usedBytes(side)) - before) / messages
    await own.close()
    await clear()
    const connection = { port, host: '127.0.0.1' }
    const queue = new Queue('memory', { connection })
    const bullBefore = await usedBytes(side)
    for (let at = 0; at < messages; at += 1_000)
      await queue.addBulk(Array.from({ length: 1_000 }, () => ({ name: 'job', data: body })))
    const bullWaiting = ((await usedBytes(side)) - bullBefore) / messages
    const worker = new Worker('memory', () => Promise.reject(error235()), { connection, concurrency: 100 })
    await new Promise<void>((resolve) => {
      let failed = 0
      worker.on('failed', () => {
        if (++failed === messages) resolve()
      })
    })
    await worker.close()
    const bullDead = ((await usedBytes(side)) - bullBefore) / messages
    await queue.close()
    const row = (what: string, most: number, ours: number, theirs: number): Row => ({
      what,
      target: `<= ${most * 100} % of BullMQ's`,
      figure: `${((ours / theirs) * 100).toFixed(1)} % (${ours.toFixed(0)} to ${theirs.toFixed(0)} B)`,
      met: ours / theirs <= most,
      values: { bytes: ours, bullBytes: theirs, share: ours / theirs },
    })
    return [
      row('Redis bytes per waiting message of 200 B', 0.38, waiting, bullWaiting),
      row('Redis bytes per dead letter with an error of 235 B', 0.47, dead, bullDead),
    ]
  },
}

/** Without client buffers and the buffer of the append-only file, which belong to no message. */
async function usedBytes(side: Redis): Promise<number> {
  const stats = (await side.call('MEMORY', 'STATS')) as readonly unknown[]
  const figure = (name: string) => Number(stats[stats.indexOf(name) + 1] ?? 0)
  return figure('total.allocated') - figure('clients.normal') - figure('aof.buffer')
}
