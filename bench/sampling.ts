import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter as BoardAdapter } from '@bull-board/api/bullMQAdapter'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { BullmqAdapter } from '../src-main/brokers/adapters/bullmq/adapter'
import { loopback, redisClient } from '../src-main/brokers/clients/redis'
import { RedisReader } from '../src-main/brokers/drivers/redis/reader'
import type { Found, Reader } from '../src-main/brokers/reader'
import { Engine } from '../src-main/engine/engine'

/** One way of asking, per sample of all its queues. Medians of the rounds; times of the server are its own counts. */
export interface SamplingRow {
  readonly what: string
  readonly queues: number
  readonly wallMs: number
  /** CPU of the server's main thread: commands, parsing and sockets. */
  readonly redisUsPerQueue: number
  /** CPU of this process, all threads. */
  readonly nodeUsPerQueue: number
  /** Longest single command or script of a round, from the server's slow log; the median of the rounds. */
  readonly longestCallUs: number
}

export interface SamplingOptions {
  readonly port: number
  readonly queuesOfEach?: number
  readonly rounds?: number
}

const samplesPerRound = 40
const boardSamplesPerRound = 5

/**
 * What it costs to look at 1,000 queues: 500 of the engine and 500 of BullMQ, every other one with work waiting and
 * delayed, the rest at rest with a past; and BullMQ's own counts and bull-board's own handler on the same BullMQ queues, in
 * the same run, taking turns. The server is the caller's, empty and of its own.
 */
export async function sampling({
  port,
  queuesOfEach = 500,
  rounds = 7,
}: SamplingOptions): Promise<readonly SamplingRow[]> {
  const admin = new Redis(port)
  const client = redisClient(loopback(port))
  await client.connect()
  await seedEngine(port, queuesOfEach)
  const queues = await seedBullmq(port, queuesOfEach)
  const readers: readonly Reader[] = [new RedisReader(client), new BullmqAdapter(client)]
  const found: Found[] = []
  for (const reader of readers) await reader.discover((queue) => found.push(queue), new AbortController().signal)
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
    { what: 'Queuescope, both layouts', queues: 2 * queuesOfEach, times: samplesPerRound, run: ask },
    {
      what: 'Queuescope, engine queues',
      queues: queuesOfEach,
      times: samplesPerRound,
      run: () => readers[0]!.read(engines),
    },
    {
      what: 'Queuescope, BullMQ queues',
      queues: queuesOfEach,
      times: samplesPerRound,
      run: () => readers[1]!.read(bulls),
    },
    {
      what: 'BullMQ getJobCounts() of each',
      queues: queuesOfEach,
      times: boardSamplesPerRound,
      run: () => Promise.all(queues.map((queue) => queue.getJobCounts())),
    },
    {
      what: 'bull-board handler, workers off',
      queues: queuesOfEach,
      times: boardSamplesPerRound,
      run: () => board(false),
    },
    {
      what: 'bull-board handler, as it comes',
      queues: queuesOfEach,
      times: boardSamplesPerRound,
      run: () => board(true),
    },
  ]
  for (const way of ways) for (let n = 0; n < 3; n += 1) await way.run()
  const measured = ways.map((): Measure[] => [])
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, way] of ways.entries()) measured[index]!.push(await measure(admin, way))
  }
  await Promise.all(queues.map((queue) => queue.close()))
  client.disconnect()
  admin.disconnect()
  return ways.map(({ what, queues: count }, index) => ({ what, queues: count, ...medians(measured[index]!) }))
}

/** How many times less wall time than bull-board's handler, on the same BullMQ queues. */
export function boardRatio(rows: readonly SamplingRow[]): { readonly workersOff: number; readonly asItComes: number } {
  const wall = (what: string) => rows.find((row) => row.what === what)?.wallMs ?? Number.NaN
  const own = wall('Queuescope, BullMQ queues')
  return {
    workersOff: wall('bull-board handler, workers off') / own,
    asItComes: wall('bull-board handler, as it comes') / own,
  }
}

interface Way {
  readonly what: string
  readonly queues: number
  readonly times: number
  readonly run: () => Promise<unknown>
}

type Measure = Omit<SamplingRow, 'what' | 'queues'>

async function measure(admin: Redis, way: Way): Promise<Measure> {
  await admin.config('SET', 'slowlog-log-slower-than', '0')
  await admin.config('SET', 'slowlog-max-len', '20000')
  await admin.call('SLOWLOG', 'RESET')
  await way.run()
  const entries = (await admin.call('SLOWLOG', 'GET', '-1')) as readonly (readonly [number, number, number, string[]])[]
  const own = entries.filter(([, , , [name]]) => !/^(slowlog|config|info)$/i.test(name ?? ''))
  // Logging every command costs the server time: not while it is measured.
  await admin.config('SET', 'slowlog-log-slower-than', '-1')

  const serverBefore = await serverCpuUs(admin)
  const nodeBefore = process.cpuUsage()
  const began = performance.now()
  for (let n = 0; n < way.times; n += 1) await way.run()
  const wallMs = (performance.now() - began) / way.times
  const node = process.cpuUsage(nodeBefore)
  const serverAfter = await serverCpuUs(admin)
  const per = way.times * way.queues
  return {
    wallMs,
    redisUsPerQueue: (serverAfter - serverBefore) / per,
    nodeUsPerQueue: (node.user + node.system) / per,
    longestCallUs: Math.max(0, ...own.map(([, , us]) => us)),
  }
}

async function serverCpuUs(admin: Redis): Promise<number> {
  const info = await admin.info('cpu')
  const seconds = (name: string) => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1] ?? 0)
  return (seconds('used_cpu_user_main_thread') + seconds('used_cpu_sys_main_thread')) * 1e6
}

function medians(measures: readonly Measure[]): Measure {
  const median = (pick: (measure: Measure) => number) =>
    measures.map(pick).sort((a, b) => a - b)[Math.floor(measures.length / 2)] ?? Number.NaN
  return {
    wallMs: median((measure) => measure.wallMs),
    redisUsPerQueue: median((measure) => measure.redisUsPerQueue),
    nodeUsPerQueue: median((measure) => measure.nodeUsPerQueue),
    longestCallUs: median((measure) => measure.longestCallUs),
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

async function seedBullmq(port: number, count: number): Promise<readonly Queue[]> {
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
  const [first] = queues
  const close = first!.close.bind(first!)
  first!.close = async () => {
    await close()
    connection.disconnect()
  }
  return queues
}

/** bull-board's handler of its queue list, without a web server around it. */
function boardHandler(queues: readonly Queue[]): (showWorkers: boolean) => Promise<unknown> {
  type Route = { readonly route: string | readonly string[]; readonly handler: (request: unknown) => Promise<unknown> }
  let boards: unknown
  let routes: readonly Route[] = []
  const serverAdapter = {
    setQueues: (given: unknown) => {
      boards = given
      return serverAdapter
    },
    setApiRoutes: (given: readonly Route[]) => {
      routes = given
      return serverAdapter
    },
    setViewsPath: () => serverAdapter,
    setStaticPath: () => serverAdapter,
    setEntryRoute: () => serverAdapter,
    setErrorHandler: () => serverAdapter,
    setUIConfig: () => serverAdapter,
  }
  createBullBoard({
    queues: queues.map((queue) => new BoardAdapter(queue)),
    serverAdapter: serverAdapter as unknown as Parameters<typeof createBullBoard>[0]['serverAdapter'],
    options: { uiBasePath: '.', uiConfig: {} },
  })
  const list = routes.find(({ route }) => [route].flat().includes('/api/queues'))
  if (!list) throw new Error('bull-board has no route for its queue list any more')
  return async (showWorkers) => {
    const answer = (await list.handler({ queues: boards, query: {}, params: {}, uiConfig: { showWorkers } })) as {
      readonly body?: { readonly queues?: readonly unknown[] }
    }
    if (answer.body?.queues?.length !== queues.length) throw new Error('bull-board did not list every queue')
  }
}
