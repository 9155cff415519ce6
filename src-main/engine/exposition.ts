import type { Histogram } from './histogram'
import type { QueueMeter } from './meter'
import type { QueueMetrics } from './metrics'

/** Buckets at 1 ms, 2 ms, ... 2^22 ms (70 min). */
const lowestPower = 0
const highestPower = 22

interface Family {
  readonly name: string
  readonly type: 'gauge' | 'counter' | 'histogram'
  readonly help: string
  readonly samples: readonly string[]
}

type Measured = QueueMetrics & { readonly meter: QueueMeter | undefined }

/**
 * Prometheus' text format 0.0.4. Base units and suffixes as its conventions want them (seconds, _total). Gauges, and the
 * counters that begin with queue_broker_, come from the broker and are the same from every process: take the maximum. The
 * others are this process's own: add them up. What is unknown has no sample, never a zero.
 */
export function expositionOf(queues: readonly Measured[]): string {
  const families: readonly Family[] = [
    gauge('queue_depth', 'Messages of a queue by state.', (each) =>
      (['ready', 'delayed', 'leased', 'dead', 'done'] as const).map((state) => [{ state }, each.broker?.[state]]),
    ),
    gauge('queue_oldest_message_age_seconds', 'Age of the oldest ready message.', ({ broker }) => [
      [{}, broker?.oldestReadyMs == null ? null : broker.oldestReadyMs / 1_000],
    ]),
    gauge('queue_paused', '1 while nothing is leased from the queue.', ({ broker }) => [
      [{}, broker?.paused == null ? null : Number(broker.paused)],
    ]),
    gauge('queue_consumer_lag', 'Messages produced and not yet delivered to a group of consumers.', ({ broker }) =>
      (broker?.groups ?? []).map(({ name, lag }) => [{ group: name }, lag]),
    ),
    gauge('queue_up', '1 when the broker could be asked about the queue.', ({ broker }) => [[{}, broker ? 1 : 0]]),
    counter('queue_broker_messages_total', 'What happened to messages, as the broker counts it.', ({ broker }) => [
      [{ event: 'enqueued' }, broker?.enqueuedTotal],
      [{ event: 'acked' }, broker?.ackedTotal],
      [{ event: 'failed' }, broker?.failedTotal],
      [{ event: 'died' }, broker?.diedTotal],
      [{ event: 'replayed' }, broker?.replayedTotal],
    ]),
    counter('queue_messages_processed_total', 'Attempts that ended in this process, by outcome.', ({ here }) => [
      [{ outcome: 'acked' }, here?.acked],
      [{ outcome: 'retried' }, here ? here.failed - here.dead : null],
      [{ outcome: 'dead' }, here?.dead],
    ]),
    histogram('queue_message_wait_seconds', 'Enqueue to first lease.', ({ meter }) => meter?.waits),
    histogram('queue_message_run_seconds', 'Lease to the end of the handler.', ({ meter }) => meter?.runs),
  ]
  return `${families
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, type, help, samples }) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples.join('\n')}`)
    .join('\n')}\n`

  function gauge(name: string, help: string, read: Read): Family {
    return { name, type: 'gauge', help, samples: samplesOf(name, read) }
  }

  function counter(name: string, help: string, read: Read): Family {
    return { name, type: 'counter', help, samples: samplesOf(name, read) }
  }

  function samplesOf(name: string, read: Read): readonly string[] {
    return queues.flatMap((each) =>
      read(each).flatMap(([labels, value]) =>
        value === null || value === undefined ? [] : [sample(name, { queue: each.queue, ...labels }, value)],
      ),
    )
  }

  function histogram(name: string, help: string, read: (each: Measured) => Histogram | undefined): Family {
    const samples = queues.flatMap((each) => {
      const found = read(each)
      return found ? bucketsOf(name, each.queue, found) : []
    })
    return { name, type: 'histogram', help, samples }
  }
}

type Read = (
  each: Measured,
) => readonly (readonly [labels: Readonly<Record<string, string>>, value: number | null | undefined])[]

function bucketsOf(name: string, queue: string, found: Histogram): readonly string[] {
  const samples: string[] = []
  for (let power = lowestPower; power <= highestPower; power++)
    samples.push(sample(`${name}_bucket`, { queue, le: String(2 ** power / 1_000) }, found.countUpTo(power)))
  samples.push(sample(`${name}_bucket`, { queue, le: '+Inf' }, found.count))
  samples.push(sample(`${name}_sum`, { queue }, found.sumMs / 1_000))
  samples.push(sample(`${name}_count`, { queue }, found.count))
  return samples
}

function sample(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `${name}{${pairs.join(',')}} ${value}`
}

const escaped = (text: string): string => text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')
