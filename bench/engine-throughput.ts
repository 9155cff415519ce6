import { Queue, Worker } from 'bullmq'
import { Engine } from '../src-main/engine/engine'
import { type Bench, median, perSecond, type Row, redisCpuUs, type Scenario } from './scenario'

const batch = 100
const concurrency = 100
/** A 200-byte body, as JSON. */
const data = { text: 'a'.repeat(189) }

/** BullMQ gets fewer, so that both take about a second. */
const engineMessages = 150_000
const bullMessages = 15_000

interface Measured {
  readonly rate: number
  readonly redisUs: number
  readonly nodeUs: number
}

/** Enqueue to ack of no-op handlers, producer and worker in one process: in batches of 100, and by single calls, 100 in flight. */
export const engineThroughput: Scenario = {
  name: 'engine-throughput',
  async run(bench) {
    const rounds: Record<'batched' | 'single' | 'bullBatched' | 'bullSingle', Measured>[] = []
    for (let round = 0; round <= bench.rounds; round++) {
      await bench.clear()
      const batched = await engine(bench, batch)
      const single = await engine(bench, 1)
      const bullBatched = await bull(bench, batch)
      const bullSingle = await bull(bench, 1)
      // The first warms everything up.
      if (round === 0) continue
      rounds.push({ batched, single, bullBatched, bullSingle })
      bench.say(
        `  batched ${perSecond(batched.rate)} to ${perSecond(bullBatched.rate)}, single ${perSecond(single.rate)} to ${perSecond(bullSingle.rate)}`,
      )
    }
    const of = (pick: (round: (typeof rounds)[number]) => number) => median(rounds.map(pick))
    const compared = (
      what: string,
      least: number,
      ours: 'batched' | 'single',
      theirs: 'bullBatched' | 'bullSingle',
    ): Row => {
      const ratio = of((round) => round[ours].rate / round[theirs].rate)
      const rate = of((round) => round[ours].rate)
      const bullRate = of((round) => round[theirs].rate)
      return {
        what,
        target: `>= ${least}x BullMQ`,
        figure: `${ratio.toFixed(1)}x (${perSecond(rate)} to ${perSecond(bullRate)})`,
        met: ratio >= least,
        values: {
          ratio,
          rate,
          bullRate,
          redisUs: of((round) => round[ours].redisUs),
          nodeUs: of((round) => round[ours].nodeUs),
          bullRedisUs: of((round) => round[theirs].redisUs),
          bullNodeUs: of((round) => round[theirs].nodeUs),
        },
      }
    }
    const share = of((round) => round.batched.redisUs / round.bullBatched.redisUs)
    return [
      compared('enqueue to ack, batches of 100', 12, 'batched', 'bullBatched'),
      compared('enqueue to ack, single calls', 8, 'single', 'bullSingle'),
      {
        what: 'Redis CPU per message, batches',
        target: null,
        figure: `${(share * 100).toFixed(1)} % of BullMQ's (${of((round) => round.batched.redisUs).toFixed(2)} us)`,
        met: null,
        values: { share },
      },
    ]
  },
}

let counter = 0

async function engine({ port, side }: Bench, size: number): Promise<Measured> {
  const own = await Engine.open({ redis: { port } })
  const queue = own.queue<typeof data>(`bench ${counter++}`)
  const send =
    size === 1 ? () => queue.enqueue(data) : () => queue.enqueueBatch(Array.from({ length: size }, () => data))
  const measured = await measure(side, engineMessages, size, send, (done) => {
    own.worker(queue, async () => done(), { concurrency })
  })
  await own.close()
  return measured
}

async function bull({ port, side }: Bench, size: number): Promise<Measured> {
  const connection = { port, host: '127.0.0.1' }
  const queue = new Queue(`bench-${counter++}`, { connection })
  await queue.waitUntilReady()
  const send =
    size === 1
      ? () => queue.add('job', data)
      : () => queue.addBulk(Array.from({ length: size }, () => ({ name: 'job', data })))
  let worker: Worker | undefined
  const measured = await measure(side, bullMessages, size, send, (done) => {
    worker = new Worker(queue.name, async () => done(), { connection, concurrency, removeOnComplete: { count: 0 } })
  })
  await worker?.close()
  await queue.close()
  return measured
}

/** 4 batches, or 100 single calls, are in flight at any time. */
async function measure(
  side: Bench['side'],
  messages: number,
  size: number,
  send: () => Promise<unknown>,
  work: (done: () => void) => void,
): Promise<Measured> {
  const redisBefore = await redisCpuUs(side)
  const nodeBefore = process.cpuUsage()
  const from = performance.now()
  let left = messages
  await new Promise<void>((resolve, reject) => {
    work(() => {
      if (--left === 0) resolve()
    })
    let sent = 0
    const lane = async () => {
      while (sent < messages) {
        sent += size
        await send()
      }
    }
    for (let lanes = size === 1 ? 100 : 4; lanes > 0; lanes--) lane().catch(reject)
  })
  const seconds = (performance.now() - from) / 1000
  const node = process.cpuUsage(nodeBefore)
  return {
    rate: messages / seconds,
    redisUs: ((await redisCpuUs(side)) - redisBefore) / messages,
    nodeUs: (node.user + node.system) / messages,
  }
}
