import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Bench, median, percentile, type Row, type Scenario } from './scenario'

/** What a latency process is told, and what it answers: waits in milliseconds. */
export interface LatencyTask {
  readonly role: 'produce' | 'work'
  readonly contender: string
  readonly port: number
  readonly queue: string
  readonly perSecond: number
  readonly count: number
}

const secondsEach = 3

/** From the call of enqueue to the start of the handler, producer and worker each in a process of its own. */
export const engineLatency: Scenario = {
  name: 'engine-latency',
  async run(bench) {
    const contests = [
      { contender: 'engine', perSecond: 5_000 },
      { contender: 'BullMQ', perSecond: 5_000 },
      { contender: 'engine', perSecond: 500 },
      { contender: 'bee-queue', perSecond: 500 },
    ]
    const rounds: (readonly (readonly number[])[])[] = []
    for (let round = 0; round < bench.rounds; round++) {
      const waits: (readonly number[])[] = []
      for (const { contender, perSecond } of contests) waits.push(await waitsOf(bench, contender, perSecond))
      rounds.push(waits)
      bench.say(
        `  ${contests.map(({ contender, perSecond }, at) => `${contender} ${perSecond}/s p50 ${percentile(waits[at]!, 0.5).toFixed(2)} p99 ${percentile(waits[at]!, 0.99).toFixed(2)} ms`).join(', ')}`,
      )
    }
    const row = (share: number, at: number, least: number, what: string): Row => {
      const of = (round: readonly (readonly number[])[], index: number) => percentile(round[index]!, share)
      const lower = median(rounds.map((round) => of(round, at + 1) / of(round, at)))
      const [ours, theirs] = [at, at + 1].map((index) => median(rounds.map((round) => of(round, index)))) as [
        number,
        number,
      ]
      return {
        what: `enqueue to start at ${contests[at]!.perSecond}/s, p${share * 100}, ${what}`,
        target: least === 1 ? 'not above' : `${least}x lower`,
        figure: `${lower.toFixed(1)}x lower (${ours.toFixed(2)} to ${theirs.toFixed(2)} ms)`,
        met: lower >= least,
        values: { lower, ms: ours, peerMs: theirs },
      }
    }
    return [row(0.5, 0, 4, 'beside BullMQ'), row(0.99, 0, 10, 'beside BullMQ'), row(0.5, 2, 1, 'beside bee-queue')]
  },
}

let counter = 0

async function waitsOf({ port }: Bench, contender: string, perSecond: number): Promise<readonly number[]> {
  const common = { contender, port, queue: `latency-${counter++}`, perSecond, count: perSecond * secondsEach }
  const worker = spawn()
  worker.send({ ...common, role: 'work' } satisfies LatencyTask)
  await once(worker, 'message')
  const producer = spawn()
  producer.send({ ...common, role: 'produce' } satisfies LatencyTask)
  const [[waits]] = (await Promise.all([once(worker, 'message'), once(producer, 'message')])) as [[number[]], unknown]
  for (const child of [worker, producer]) child.disconnect()
  // The first tenth warms both processes up.
  return waits.slice(waits.length / 10)
}

const spawn = () =>
  fork(fileURLToPath(new URL('latency-process.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] })
