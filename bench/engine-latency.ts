import { Queue, Worker } from 'bullmq'
import { Engine } from '../src-main/engine/engine'
import { type Bench, median, percentile, type Scenario } from './scenario'

const perSecondSent = 500
const secondsEach = 2

/** From the call of enqueue to the start of the handler, at 500 messages a second, one process. */
export const engineLatency: Scenario = {
  name: 'engine-latency',
  async run(bench) {
    const ours: (readonly number[])[] = []
    const theirs: (readonly number[])[] = []
    for (let round = 0; round < Math.min(bench.rounds, 3); round++) {
      ours.push(await engine(bench))
      theirs.push(await bull(bench))
    }
    const of = (rounds: readonly (readonly number[])[], share: number) =>
      median(rounds.map((values) => percentile(values, share)))
    return [0.5, 0.99].map((share) => {
      const mine = of(ours, share)
      const bulls = of(theirs, share)
      return {
        what: `enqueue to start at ${perSecondSent}/s, p${share * 100}`,
        target: null,
        figure: `${mine.toFixed(2)} ms (BullMQ ${bulls.toFixed(2)} ms)`,
        met: null,
        values: { ms: mine, bullMs: bulls },
      }
    })
  },
}

async function engine({ port }: Bench): Promise<readonly number[]> {
  const own = await Engine.open({ redis: { port } })
  const queue = own.queue<number>('latency')
  const waits: number[] = []
  own.worker(queue, async ({ data }) => void waits.push(performance.now() - data), { concurrency: 100 })
  await paced(() => queue.enqueue(performance.now()), waits)
  await own.close()
  return waits
}

async function bull({ port }: Bench): Promise<readonly number[]> {
  const connection = { port, host: '127.0.0.1' }
  const queue = new Queue('latency', { connection })
  const waits: number[] = []
  const worker = new Worker('latency', async (job) => void waits.push(performance.now() - job.data.at), {
    connection,
    concurrency: 100,
    removeOnComplete: { count: 0 },
  })
  await worker.waitUntilReady()
  await paced(() => queue.add('job', { at: performance.now() }), waits)
  await worker.close()
  await queue.close()
  return waits
}

/** Sends at even intervals, whatever the answers do, and resolves when all have started. */
async function paced(send: () => Promise<unknown>, waits: readonly number[]): Promise<void> {
  const count = perSecondSent * secondsEach
  const from = performance.now()
  let sent = 0
  await new Promise<void>((resolve, reject) => {
    const tick = setInterval(() => {
      const due = Math.min(Math.floor(((performance.now() - from) / 1000) * perSecondSent), count)
      for (; sent < due; sent++) send().catch(reject)
      if (waits.length >= count) {
        clearInterval(tick)
        resolve()
      }
    }, 1)
  })
}
