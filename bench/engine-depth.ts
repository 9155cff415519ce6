import { loopback, redisClient } from '../src-main/brokers/clients/redis'
import { RedisDriver } from '../src-main/brokers/drivers/redis/driver'
import { type Bench, median, redisCpuUs, type Scenario } from './scenario'
import { bodyOf } from './throughput'

const depths = [1_000, 100_000, 10_000_000]
const body = JSON.stringify(bodyOf(200))
const batch = Array.from({ length: 100 }, () => ({ body }))
const measured = 200_000

/** What a message costs Redis, enqueue to ack, while so many others wait: the cost may not grow with the depth. */
export const engineDepth: Scenario = {
  name: 'engine-depth',
  async run(bench) {
    // An append-only file of millions would be rewritten meanwhile, which is no cost of the queue's.
    await bench.side.config('SET', 'appendonly', 'no')
    const costs: number[] = []
    let filled = 0
    for (const depth of depths) {
      await fill(bench, depth - filled)
      filled = depth
      const rounds: number[] = []
      for (let round = 0; round < 3; round++) rounds.push(await costUs(bench))
      costs.push(median(rounds))
      bench.say(`  at ${depth.toLocaleString('en')}: ${costs.at(-1)?.toFixed(2)} us`)
    }
    await bench.clear()
    await bench.side.config('SET', 'appendonly', 'yes')
    const [first, , last] = costs as [number, number, number]
    const rise = last / first - 1
    return [
      {
        what: 'Redis us per message with 1 k, 100 k and 10 M waiting',
        target: 'rises <= 20 %',
        figure: `${costs.map((us) => us.toFixed(2)).join(', ')} us (${(rise * 100).toFixed(0)} %)`,
        met: rise <= 0.2,
        values: Object.fromEntries(depths.map((depth, at) => [String(depth), costs[at]!])),
      },
    ]
  },
}

async function withDriver<Answer>({ port }: Bench, act: (driver: RedisDriver) => Promise<Answer>): Promise<Answer> {
  const redis = redisClient(loopback(port))
  await redis.connect()
  const driver = new RedisDriver({ redis, connectAnother: () => redisClient(loopback(port)), maxAttempts: () => 3 })
  try {
    return await act(driver)
  } finally {
    await driver.close()
    redis.disconnect()
  }
}

const fill = (bench: Bench, count: number): Promise<void> =>
  withDriver(bench, async (driver) => {
    let sent = 0
    const lane = async () => {
      while (sent < count) {
        sent += batch.length
        await driver.enqueue('depth', batch)
      }
    }
    await Promise.all(Array.from({ length: 8 }, lane))
  })

const costUs = (bench: Bench): Promise<number> =>
  withDriver(bench, async (driver) => {
    const before = await redisCpuUs(bench.side)
    const request = { worker: 'bench', count: 100, leaseMs: 60_000 }
    let sent = 0
    const lane = async () => {
      let lease = (await driver.lease('depth', request)).lease
      while (sent < measured) {
        sent += batch.length
        await driver.enqueue('depth', batch)
        if (!lease) continue
        const finished = { leaseId: lease.leaseId, ids: lease.messages.map(({ id }) => id) }
        lease = (await driver.turn('depth', finished, request)).next
      }
      if (lease) await driver.ack('depth', { leaseId: lease.leaseId, ids: lease.messages.map(({ id }) => id) })
    }
    await Promise.all(Array.from({ length: 4 }, lane))
    return ((await redisCpuUs(bench.side)) - before) / measured
  })
