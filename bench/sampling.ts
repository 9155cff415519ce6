import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { BullmqAdapter } from '../src-main/brokers/adapters/bullmq/adapter'
import { boardHandler } from '../src-main/brokers/adapters/bullmq/testing/bull-board'
import { loopback, type RedisClient, redisClient } from '../src-main/brokers/clients/redis'
import { RedisReader } from '../src-main/brokers/drivers/redis/reader'
import { redisFinder } from '../src-main/brokers/finder'
import type { Found, Reader } from '../src-main/brokers/reader'
import { Engine } from '../src-main/engine/engine'
import { systemClock } from '../src-main/runtime/clock'
import { callTimesUs, longestUs, median, type Row, type Scenario } from './scenario'

const samplesPerRound = 40
const boardSamplesPerRound = 5

const queuesOfEach = 500

/** Well above any command inside a script of ours, and below each script. */
const shortestOwnCallUs = 50

/**
 * What it costs to look at 1,000 queues: 500 of the engine and 500 of BullMQ, every other one with work waiting and
 * delayed, the rest at rest with a past; and BullMQ's own counts and bull-board's own handler on the same BullMQ queues.
 */
export const sampling: Scenario = {
  name: 'sampling',
  async run({ port, side, rounds, say }) {
    const client = redisClient(loopback(port))
    await client.connect()
    await seedEngine(port, queuesOfEach)
    const bullmq = await seedBullmq(port, queuesOfEach)
    try {
      const ways = await waysOf(client, bullmq.queues)
      for (const way of ways) for (let n = 0; n < 3; n += 1) await way.run()
      const measured = ways.map((): Measure[] => [])
      for (let round = 0; round < rounds; round += 1) {
        for (const [index, way] of ways.entries()) measured[index]!.push(await measure(side, way))
        say(`  round ${round + 1}: ${measured.map((own) => own.at(-1)!.wallMs.toFixed(1)).join(' / ')} ms`)
      }
      return rowsOf(ways, measured)
    } finally {
      await bullmq.close()
      client.disconnect()
    }
  },
}

async function waysOf(client: RedisClient, queues: readonly Queue[]): Promise<readonly Way[]> {
  const readers: readonly Reader[] = [new RedisReader(client), new BullmqAdapter(client)]
  const found: Found[] = []
  await redisFinder(client, readers, { clock: systemClock, prefixes: [] }).find({
    found: (queue) => found.push(queue),
    signal: new AbortController().signal,
    pace: 'hurried',
  })
  const of = (reader: Reader) => found.flatMap(({ address }) => (address.layout === reader.layout ? [address] : []))
  const [engines, bulls] = readers.map(of)
  if (engines?.length !== queuesOfEach || bulls?.length !== queuesOfEach) throw new Error('not every queue was found')

  const ask = async () => {
    const readings = (await Promise.all(readers.map((reader) => reader.read(of(reader))))).flat()
    if (readings.some((reading) => reading.trouble !== null || reading.ready === null))
      throw new Error('a queue was unreadable')
  }
  const board = boardHandler(queues)
  const ways: readonly Way[] = [
    {
      what: 'Sampling 1,000 queues of both layouts',
      ours: true,
      promised: true,
      queues: 2 * queuesOfEach,
      times: samplesPerRound,
      run: ask,
    },
    {
      what: 'Sampling 500 engine queues',
      ours: true,
      queues: queuesOfEach,
      times: samplesPerRound,
      run: () => readers[0]!.read(engines),
    },
    {
      what: ownBullmq,
      ours: true,
      queues: queuesOfEach,
      times: samplesPerRound,
      run: () => readers[1]!.read(bulls),
    },
    {
      what: 'getJobCounts() of the same BullMQ queues',
      queues: queuesOfEach,
      times: boardSamplesPerRound,
      run: () => Promise.all(queues.map((queue) => queue.getJobCounts())),
    },
    {
      what: boardOff,
      queues: queuesOfEach,
      times: boardSamplesPerRound,
      run: () => board(false),
    },
    {
      what: boardAsItComes,
      queues: queuesOfEach,
      times: boardSamplesPerRound,
      run: () => board(true),
    },
  ]
  return ways
}

function rowsOf(ways: readonly Way[], measured: readonly (readonly Measure[])[]): readonly Row[] {
  const rows = ways.flatMap(({ what, promised }, index): readonly Row[] => {
    const figures = figuresOf(measured[index]!)
    const { wallMs, redisUsPerQueue, nodeUsPerQueue, longestCallUs } = figures
    const redis = `${redisUsPerQueue.toFixed(1)} us per queue`
    const node = `${nodeUsPerQueue.toFixed(1)} us per queue`
    const longest = `${(longestCallUs / 1000).toFixed(2)} ms`
    const wall = `${wallMs.toFixed(1)} ms`
    const row = { target: null, met: null, values: { ...figures } }
    if (!promised) return [{ ...row, what, figure: `${wall}; Redis ${redis}, Node ${node}, longest call ${longest}` }]
    const fastest = (us: number) => ` (fastest round ${us.toFixed(1)})`
    return [
      { ...row, what, figure: wall },
      {
        what: `${what}: Redis CPU`,
        target: 'at most 5 us per queue',
        figure: redis + fastest(figures.fastestRedisUsPerQueue),
        met: redisUsPerQueue <= 5,
        values: { redisUsPerQueue },
      },
      {
        what: `${what}: Node CPU`,
        target: 'at most 3 us per queue',
        figure: node + fastest(figures.fastestNodeUsPerQueue),
        met: nodeUsPerQueue <= 3,
        values: { nodeUsPerQueue },
      },
      {
        what: `${what}: longest call`,
        target: 'at most 1 ms',
        figure: longest,
        met: longestCallUs <= 1_000,
        values: { longestCallUs },
      },
    ]
  })
  const own = measured[ways.findIndex(({ what }) => what === ownBullmq)]!
  const against = (board: string, target: number | null): Row => {
    const theirs = measured[ways.findIndex(({ what }) => what === board)]!
    const ratio = median(theirs.map(({ wallMs }, round) => wallMs / own[round]!.wallMs))
    return {
      what: `Less wall time than ${board}`,
      target: target === null ? null : `at least ${target}x`,
      figure: `${ratio.toFixed(1)}x`,
      met: target === null ? null : ratio >= target,
      values: { ratio },
    }
  }
  return [...rows, against(boardOff, null), against(boardAsItComes, 10)]
}

const ownBullmq = 'Sampling 500 BullMQ queues'
const boardOff = 'bull-board’s handler without its worker lists'
const boardAsItComes = 'bull-board’s handler as it comes'

interface Way {
  readonly what: string
  readonly queues: number
  readonly times: number
  /** The promised bounds hold for this one. */
  readonly promised?: true
  /** Asked by the product: its script calls are long, and are timed without the commands inside them. */
  readonly ours?: true
  readonly run: () => Promise<unknown>
}

/** Per sample of all its queues; times of the server are its own counts. */
interface Measure {
  readonly wallMs: number
  /** CPU of the server's main thread: commands, parsing and sockets. */
  readonly redisUsPerQueue: number
  /** CPU of this process, all threads. */
  readonly nodeUsPerQueue: number
  /** Each script call of one sample, from the server's slow log, in order. */
  readonly callsUs: readonly number[]
}

async function measure(side: Redis, way: Way): Promise<Measure> {
  // Logging every command costs the server time: apart from what is measured below.
  const callTimes = await callTimesUs(side, way.run, way.ours ? shortestOwnCallUs : 0)
  const serverBefore = await serverCpuUs(side)
  const nodeBefore = process.cpuUsage()
  const began = performance.now()
  for (let n = 0; n < way.times; n += 1) await way.run()
  const wallMs = (performance.now() - began) / way.times
  const node = process.cpuUsage(nodeBefore)
  const serverAfter = await serverCpuUs(side)
  const per = way.times * way.queues
  return {
    wallMs,
    redisUsPerQueue: (serverAfter - serverBefore) / per,
    nodeUsPerQueue: (node.user + node.system) / per,
    callsUs: callTimes,
  }
}

async function serverCpuUs(side: Redis): Promise<number> {
  const info = await side.info('cpu')
  const seconds = (name: string) => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1] ?? 0)
  return (seconds('used_cpu_user_main_thread') + seconds('used_cpu_sys_main_thread')) * 1e6
}

function figuresOf(measures: readonly Measure[]) {
  const of = (pick: (measure: Measure) => number) => median(measures.map(pick))
  return {
    fastestRedisUsPerQueue: Math.min(...measures.map((measure) => measure.redisUsPerQueue)),
    fastestNodeUsPerQueue: Math.min(...measures.map((measure) => measure.nodeUsPerQueue)),
    wallMs: of((measure) => measure.wallMs),
    redisUsPerQueue: of((measure) => measure.redisUsPerQueue),
    nodeUsPerQueue: of((measure) => measure.nodeUsPerQueue),
    longestCallUs: longestUs(measures.map((measure) => measure.callsUs)),
  }
}

/** The engine is closed again: its promoters and recoverers would run while others are measured. */
async function seedEngine(port: number, count: number): Promise<void> {
  const engine = await Engine.open({ redis: { port } })
  for (let n = 0; n < count; n += 1) {
    const queue = engine.queue<{ n: number }>(`engine-${n}`)
    await queue.enqueueBatch(Array.from({ length: 20 }, (_, id) => ({ n: id })))
    if (n % 2 === 0) await queue.enqueue({ n }, { delayMs: 3_600_000 })
    else for (const message of await queue.lease({ count: 20 })) await message.ack()
  }
  await engine.close()
}

async function seedBullmq(
  port: number,
  count: number,
): Promise<{ readonly queues: readonly Queue[]; close(): Promise<void> }> {
  // One connection for all of them, as a service would have it; bull-board asks through the same.
  const connection = new Redis(port, { maxRetriesPerRequest: null })
  const queues = Array.from({ length: count }, (_, n) => new Queue(`bull-${n}`, { connection }))
  await Promise.all(
    queues.map((queue, index) =>
      index % 2 === 0
        ? queue.addBulk([
            ...Array.from({ length: 20 }, (_, n) => ({ name: 'job', data: { n } })),
            { name: 'later', data: {}, opts: { delay: 3_600_000 } },
          ])
        : queue.waitUntilReady(),
    ),
  )
  // What jobs that ended long ago leave behind.
  const past = connection.pipeline()
  for (let n = 0; n < count; n += 1) {
    past.zadd(`bull:bull-${n}:failed`, Date.now(), 'failed-1', Date.now(), 'failed-2')
    past.zadd(`bull:bull-${n}:completed`, ...Array.from({ length: 20 }, (_, id) => [Date.now(), `done-${id}`]).flat())
    past.incrby(`bull:bull-${n}:id`, 1_000)
  }
  await past.exec()
  return {
    queues,
    async close() {
      await Promise.all(queues.map((queue) => queue.close()))
      connection.disconnect()
    },
  }
}
