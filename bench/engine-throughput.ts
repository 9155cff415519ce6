import { beeQueue } from './contenders/bee-queue'
import { bull } from './contenders/bull'
import { bullmq } from './contenders/bullmq'
import type { Contender } from './contenders/contender'
import { engine } from './contenders/engine'
import { rawLists } from './contenders/raw-lists'
import { type Bench, median, perSecond, type Row, type Scenario } from './scenario'
import { type Load, type Measured, throughput } from './throughput'

/** Each takes about a second, so that all meet the machine in the same mood. */
const contests: readonly (readonly [key: string, contender: Contender, load: Load])[] = [
  ['batches', engine, { messages: 300_000, bytes: 200, batch: 100 }],
  ['bullmq batches', bullmq, { messages: 20_000, bytes: 200, batch: 100 }],
  ['singles', engine, { messages: 200_000, bytes: 200, batch: 1 }],
  ['bullmq singles', bullmq, { messages: 20_000, bytes: 200, batch: 1 }],
  ['bee singles', beeQueue, { messages: 40_000, bytes: 200, batch: 1 }],
  ['bull singles', bull, { messages: 20_000, bytes: 200, batch: 1 }],
  ['raw', rawLists, { messages: 500_000, bytes: 200, batch: 100 }],
  ['2 KB', engine, { messages: 150_000, bytes: 2_000, batch: 100 }],
  ['bullmq 2 KB', bullmq, { messages: 15_000, bytes: 2_000, batch: 100 }],
  ['raw 2 KB', rawLists, { messages: 200_000, bytes: 2_000, batch: 100 }],
  ['16 KB', engine, { messages: 30_000, bytes: 16_000, batch: 100 }],
  ['raw 16 KB', rawLists, { messages: 40_000, bytes: 16_000, batch: 100 }],
]

/** Enqueue to ack of no-op handlers, the engine beside its peers and beside the raw limit. */
export const engineThroughput: Scenario = {
  name: 'engine-throughput',
  async run(bench) {
    const rounds: Readonly<Record<string, Measured>>[] = []
    // The first round warms everything up.
    for (let round = 0; round <= bench.rounds; round++) {
      const measured = await contest(bench)
      if (round > 0) rounds.push(measured)
    }
    const of = (pick: (round: Readonly<Record<string, Measured>>) => number) => median(rounds.map(pick))
    const faster = (what: string, least: number | null, ours: string, theirs: string): Row => {
      const ratio = of((round) => round[ours]!.rate / round[theirs]!.rate)
      const [rate, peer] = [ours, theirs].map((key) => of((round) => round[key]!.rate)) as [number, number]
      const cpu = (key: string) =>
        `${of((round) => round[key]!.redisUs).toFixed(1)} + ${of((round) => round[key]!.nodeUs).toFixed(1)}`
      return {
        what,
        target: least === null ? null : `>= ${least}x`,
        figure: `${ratio.toFixed(1)}x (${perSecond(rate)} to ${perSecond(peer)}; Redis + Node us ${cpu(ours)} to ${cpu(theirs)})`,
        met: least === null ? null : ratio >= least,
        values: {
          ratio,
          rate,
          peer,
          redisUs: of((round) => round[ours]!.redisUs),
          nodeUs: of((round) => round[ours]!.nodeUs),
          peerRedisUs: of((round) => round[theirs]!.redisUs),
          peerNodeUs: of((round) => round[theirs]!.nodeUs),
        },
      }
    }
    const share = (what: string, least: number, ours: string, raw: string): Row => {
      const part = of((round) => round[ours]!.rate / round[raw]!.rate)
      return {
        what,
        target: `>= ${least * 100} %`,
        figure: `${(part * 100).toFixed(0)} % (of ${perSecond(of((round) => round[raw]!.rate))})`,
        met: part >= least,
        values: { share: part, rawRate: of((round) => round[raw]!.rate) },
      }
    }
    const cpu = of((round) => round.batches!.redisUs / round['bullmq batches']!.redisUs)
    return [
      faster('batches of 100, beside BullMQ', 20, 'batches', 'bullmq batches'),
      faster('single calls, beside BullMQ', 12, 'singles', 'bullmq singles'),
      faster('single calls, beside bee-queue', 6, 'singles', 'bee singles'),
      faster('single calls, beside Bull', null, 'singles', 'bull singles'),
      faster('batches of 2 KB bodies, beside BullMQ', 12, '2 KB', 'bullmq 2 KB'),
      {
        what: 'Redis CPU per message, of what BullMQ takes',
        target: '<= 5 %',
        figure: `${(cpu * 100).toFixed(1)} % (${of((round) => round.batches!.redisUs).toFixed(2)} to ${of((round) => round['bullmq batches']!.redisUs).toFixed(1)} us)`,
        met: cpu <= 0.05,
        values: { share: cpu },
      },
      share('share of the raw limit, 200 B', 0.3, 'batches', 'raw'),
      share('share of the raw limit, 2 KB', 0.5, '2 KB', 'raw 2 KB'),
      share('share of the raw limit, 16 KB', 0.65, '16 KB', 'raw 16 KB'),
    ]
  },
}

async function contest(bench: Bench): Promise<Readonly<Record<string, Measured>>> {
  await bench.clear()
  const measured: Record<string, Measured> = {}
  for (const [key, contender, load] of contests) measured[key] = await throughput(bench, contender, load)
  const figures = Object.entries(measured).map(([key, { rate }]) => `${key} ${perSecond(rate)}`)
  bench.say(`  ${figures.join(', ')}`)
  return measured
}
