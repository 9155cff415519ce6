import { Queue, Worker } from 'bullmq'
import { loopback, redisClient } from '../src-main/brokers/clients/redis'
import { RedisDriver } from '../src-main/brokers/drivers/redis/driver'
import { Engine } from '../src-main/engine/engine'
import { type Bench, median, perSecond, type Row, type Scenario } from './scenario'
import { bodyOf } from './throughput'

const messages = 4_000
const body = bodyOf(200)

/** One awaited call at a time, where batching can help nobody: both sides pay the way to Redis and back. */
export const engineSerial: Scenario = {
  name: 'engine-serial',
  async run(bench) {
    const rounds: { readonly ours: Serial; readonly theirs: Serial }[] = []
    for (let round = 0; round < bench.rounds; round++) {
      await bench.clear()
      rounds.push({ ours: await engine(bench), theirs: await bullmq(bench) })
    }
    const row = (what: string, pick: (serial: Serial) => number): Row => {
      const ratio = median(rounds.map(({ ours, theirs }) => pick(ours) / pick(theirs)))
      const [rate, bullRate] = [
        median(rounds.map(({ ours }) => pick(ours))),
        median(rounds.map(({ theirs }) => pick(theirs))),
      ]
      return {
        what,
        target: 'not slower than BullMQ',
        figure: `${ratio.toFixed(2)}x (${perSecond(rate)} to ${perSecond(bullRate)})`,
        met: ratio >= 1,
        values: { ratio, rate, bullRate },
      }
    }
    return [
      row('strictly serial: enqueue', ({ enqueue }) => enqueue),
      row('strictly serial: lease to ack', ({ work }) => work),
    ]
  },
}

interface Serial {
  readonly enqueue: number
  readonly work: number
}

let counter = 0

async function engine({ port }: Bench): Promise<Serial> {
  const name = `serial ${counter++}`
  const own = await Engine.open({ redis: { port } })
  const queue = own.queue<typeof body>(name)
  const enqueue = await rateOf(() => queue.enqueue(body))
  await own.close()
  const redis = redisClient(loopback(port))
  await redis.connect()
  const driver = new RedisDriver({ redis, connectAnother: () => redisClient(loopback(port)), maxAttempts: () => 3 })
  const request = { worker: 'bench', count: 1, leaseMs: 30_000 }
  // As a worker of concurrency 1 does: the ack of one takes the next.
  let lease = (await driver.lease(name, request)).lease
  const work = await rateOf(async () => {
    if (!lease) return
    const finished = { leaseId: lease.leaseId, ids: [lease.messages[0]!.id] }
    lease = (await driver.turn(name, finished, request)).next
  })
  await driver.close()
  redis.disconnect()
  return { enqueue, work }
}

async function bullmq({ port }: Bench): Promise<Serial> {
  const name = `serial-${counter++}`
  const connection = { port, host: '127.0.0.1' }
  const queue = new Queue(name, { connection })
  await queue.waitUntilReady()
  const enqueue = await rateOf(() => queue.add('job', body))
  const from = performance.now()
  const seconds = await new Promise<number>((resolve, reject) => {
    let done = 0
    const worker = new Worker(
      name,
      async () => {
        if (++done === messages) {
          resolve((performance.now() - from) / 1000)
          setImmediate(() => worker.close().catch(reject))
        }
      },
      { connection, concurrency: 1, removeOnComplete: { count: 0 } },
    )
  })
  await queue.close()
  return { enqueue, work: messages / seconds }
}

async function rateOf(act: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  for (let n = 0; n < messages; n++) await act()
  return messages / ((performance.now() - from) / 1000)
}
