import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { loopback, redisClient } from '../src-main/brokers/clients/redis'
import { RedisDriver } from '../src-main/brokers/drivers/redis/driver'
import { Engine } from '../src-main/engine/engine'
import { type Bench, median, perSecond, type Row, type Scenario } from './scenario'

const deadLetters = 100_000
const data = { text: 'a'.repeat(189) }

interface Replayed {
  readonly rate: number
  /** Longest round trip of a second client's PING meanwhile. */
  readonly pauseMs: number
}

/** 100,000 dead letters back to ready, by replay-all and by retryJobs, with a second client watching how long it has to wait. */
export const engineReplay: Scenario = {
  name: 'engine-replay',
  async run({ port, clear, say, rounds }) {
    say('  burying 100,000 here')
    const engine = await Engine.open({ redis: { port } })
    const own = engine.queue<typeof data>('replay')
    await own.enqueueBatch(Array.from({ length: deadLetters }, () => data))
    const ours: Replayed[] = []
    for (let round = 0; round < Math.min(rounds, 3); round++) {
      await bury(port, 'replay')
      ours.push(await watched(port, () => own.dead.replay('all')))
    }
    await engine.close()
    await clear()
    say('  and there')
    const queue = new Queue('replay', { connection: { port, host: '127.0.0.1' } })
    await fail(queue, port)
    const theirs = await watched(port, () => queue.retryJobs())
    await queue.close()
    const rate = median(ours.map((each) => each.rate))
    const pauseMs = median(ours.map((each) => each.pauseMs))
    const ratio = rate / theirs.rate
    const rows: readonly Row[] = [
      {
        what: 'replay of 100,000 dead letters',
        target: '>= 5x BullMQ',
        figure: `${ratio.toFixed(1)}x (${perSecond(rate)} to ${perSecond(theirs.rate)})`,
        met: ratio >= 5,
        values: { ratio, rate, bullRate: theirs.rate },
      },
      {
        what: 'longest pause of a second client meanwhile',
        target: null,
        figure: `${pauseMs.toFixed(1)} ms (BullMQ ${theirs.pauseMs.toFixed(1)} ms)`,
        met: null,
        values: { pauseMs, bullPauseMs: theirs.pauseMs },
      },
    ]
    return rows
  },
}

async function bury(port: number, name: string): Promise<void> {
  const redis = redisClient(loopback(port))
  await redis.connect()
  const driver = new RedisDriver({ redis, connectAnother: () => redisClient(loopback(port)), maxAttempts: () => 1 })
  const { name: error, message, stack = null } = new TypeError('Cannot read properties of undefined')
  for (;;) {
    const { lease } = await driver.lease(name, { worker: 'bench', count: 100, leaseMs: 60_000 })
    if (!lease) break
    const failures = lease.messages.map(({ id }) => ({
      id,
      error: { name: error, message, stack },
      retryInMs: undefined,
    }))
    await driver.nack(name, lease.leaseId, failures)
  }
  await driver.close()
  redis.disconnect()
}

async function fail(queue: Queue, port: number): Promise<void> {
  for (let at = 0; at < deadLetters; at += 1_000)
    await queue.addBulk(Array.from({ length: 1_000 }, () => ({ name: 'job', data })))
  const worker = new Worker(
    queue.name,
    async () => {
      throw new TypeError('Cannot read properties of undefined')
    },
    { connection: { port, host: '127.0.0.1' }, concurrency: 100 },
  )
  await new Promise<void>((resolve) => {
    let failed = 0
    worker.on('failed', () => {
      if (++failed === deadLetters) resolve()
    })
  })
  await worker.close()
}

async function watched(port: Bench['port'], replay: () => Promise<unknown>): Promise<Replayed> {
  const second = new Redis({ port, host: '127.0.0.1' })
  await second.ping()
  let over = false
  let pauseMs = 0
  const probe = (async () => {
    while (!over) {
      const from = performance.now()
      await second.ping()
      pauseMs = Math.max(pauseMs, performance.now() - from)
    }
  })()
  const from = performance.now()
  await replay()
  const rate = deadLetters / ((performance.now() - from) / 1000)
  over = true
  await probe
  second.disconnect()
  return { rate, pauseMs }
}
