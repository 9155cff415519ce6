import type { QueueInfo, QueueKey } from '@shared/model/queue'
import { figureOf, type Sample } from '@shared/model/sample'
import { count, plural, rate } from '../../design/number-format'
import { duration } from '../../design/time-format'

/** A sentence about one queue: what is wrong, by what evidence. */
export interface Attention {
  readonly queue: QueueKey
  readonly name: string
  readonly severity: 'wrong' | 'watch'
  readonly words: string
  /** Where the next step is taken. */
  readonly next: 'queue' | 'dead-letters'
  /** For the order among equals. */
  readonly weight: number
}

/** A queue whose oldest ready message is older is worth a look even while it moves. */
const oldMs = 300_000
/** Ready messages that nobody takes for this long have no worker. */
const untakenMs = 60_000

export interface QueueFigures {
  readonly queues: ReadonlyMap<QueueKey, QueueInfo>
  readonly samples: ReadonlyMap<QueueKey, Sample>
}

/** Everything that needs a person, worst first. At most one sentence per queue: the one that explains the others. */
export function attentionOf({ queues, samples }: QueueFigures): readonly Attention[] {
  const found: Attention[] = []
  for (const queue of queues.values()) {
    const one = sentence(queue, samples.get(queue.key))
    if (one) found.push({ queue: queue.key, name: queue.name, ...one })
  }
  return found.sort((a, b) => rank[a.severity] - rank[b.severity] || b.weight - a.weight || (a.name < b.name ? -1 : 1))
}

const rank = { wrong: 0, watch: 1 } as const

function sentence(queue: QueueInfo, sample: Sample | undefined): Omit<Attention, 'queue' | 'name'> | undefined {
  if (queue.trouble) return { severity: 'wrong', words: queue.trouble, next: 'queue', weight: Number.MAX_VALUE }
  if (!sample) return undefined
  const ready = figureOf(sample, 'ready') ?? 0
  const leased = figureOf(sample, 'leased')
  const dead = figureOf(sample, 'dead') ?? 0
  const oldest = figureOf(sample, 'oldestReadyMs') ?? 0
  const inRate = figureOf(sample, 'inPerSecond')
  const outRate = figureOf(sample, 'outPerSecond')
  if (queue.paused && ready > 0) {
    return { severity: 'watch', words: `paused with ${plural(ready, 'message')} waiting`, next: 'queue', weight: ready }
  }
  if (ready > 0 && leased === 0 && outRate === 0 && oldest >= untakenMs) {
    const words = `no worker takes anything: ${count(ready)} waiting, the oldest for ${duration(oldest)}`
    return { severity: 'wrong', words, next: 'queue', weight: ready }
  }
  if (dead > 0) {
    return {
      severity: dead >= 10 ? 'wrong' : 'watch',
      words: plural(dead, 'dead letter'),
      next: 'dead-letters',
      weight: dead,
    }
  }
  if (oldest >= oldMs) {
    const trend = inRate === null || outRate === null ? '' : `, ${drainWords(ready, inRate, outRate)}`
    return { severity: 'watch', words: `oldest ${duration(oldest)}${trend}`, next: 'queue', weight: oldest }
  }
  return undefined
}

function drainWords(ready: number, inRate: number, outRate: number): string {
  const net = outRate - inRate
  if (net <= 0.01) return `more comes in (${rate(inRate)}/s) than goes out (${rate(outRate)}/s)`
  return `drains in about ${duration((ready / net) * 1000)}`
}
