import { describe, expect, it } from 'vitest'
import type { DriverStats } from '../brokers/driver-messages'
import { expositionOf } from './exposition'
import { QueueMeter } from './meter'

const stats: DriverStats = {
  ready: 3,
  delayed: 0,
  leased: 1,
  dead: null,
  done: 7,
  enqueuedTotal: 11,
  ackedTotal: 5,
  diedTotal: 0,
  replayedTotal: null,
  failedTotal: 2,
  oldestReadyMs: 1_500,
  paused: false,
  approximate: false,
  groups: [
    { name: 'a', lag: 4, leased: 0 },
    { name: 'b', lag: null, leased: 0 },
  ],
}

/** As a Prometheus server reads it: comments by family, then name, labels and value. */
function parse(text: string) {
  const types = new Map<string, string>()
  const samples: { name: string; labels: Record<string, string>; value: number }[] = []
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const type = /^# TYPE (\S+) (gauge|counter|histogram)$/.exec(line)
    if (type) types.set(type[1]!, type[2]!)
    if (line.startsWith('#')) continue
    const [, name = '', inner = '', value = ''] =
      /^([a-z_]+)\{((?:[a-z]+="(?:[^"\\\n]|\\.)*",?)*)\} (\S+)$/.exec(line) ?? []
    expect([line, name]).not.toEqual([line, ''])
    const labels = Object.fromEntries(
      [...inner.matchAll(/([a-z]+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [
        label,
        text!.replace(/\\(.)/g, (_, mark: string) => (mark === 'n' ? '\n' : mark)),
      ]),
    )
    samples.push({ name, labels, value: Number(value) })
  }
  return { types, samples }
}

describe('the exposition', () => {
  const meter = new QueueMeter()
  for (const ms of [0.4, 3, 3, 900]) meter.runs.add(ms)
  meter.acked = 4
  meter.failed = 2
  meter.dead = 1
  const here = { acked: 4, failed: 2, dead: 1 } as never
  const name = 'a "b" \\ c\nd'
  const { types, samples } = parse(expositionOf([{ queue: name, broker: stats, trouble: null, here, meter }]))
  const find = (wanted: string, labels: Record<string, string> = {}) =>
    samples.filter(
      (each) => each.name === wanted && Object.entries(labels).every(([key, value]) => each.labels[key] === value),
    )

  it('names each queue, whatever its name holds', () => {
    expect(new Set(samples.map(({ labels }) => labels.queue))).toEqual(new Set([name]))
  })

  it('gives each family its type, and no sample for what is unknown', () => {
    expect(Object.fromEntries(types)).toMatchObject({
      queue_depth: 'gauge',
      queue_messages_processed_total: 'counter',
      queue_message_run_seconds: 'histogram',
    })
    expect(find('queue_depth').map(({ labels, value }) => [labels.state, value])).toEqual([
      ['ready', 3],
      ['delayed', 0],
      ['leased', 1],
      ['done', 7],
    ])
    expect(find('queue_consumer_lag').map(({ labels, value }) => [labels.group, value])).toEqual([['a', 4]])
    expect(find('queue_oldest_message_age_seconds')[0]?.value).toBe(1.5)
    expect(find('queue_messages_processed_total', { outcome: 'retried' })[0]?.value).toBe(1)
  })

  it('gives histograms that only grow and end in their count', () => {
    const buckets = find('queue_message_run_seconds_bucket')
    const counts = buckets.map(({ value }) => value)
    expect([...counts].sort((a, b) => a - b)).toEqual(counts)
    expect(buckets.at(-1)).toMatchObject({ labels: { le: '+Inf' }, value: 4 })
    expect(find('queue_message_run_seconds_bucket', { le: '0.001' })[0]?.value).toBe(1)
    expect(find('queue_message_run_seconds_bucket', { le: '0.004' })[0]?.value).toBe(3)
    expect(find('queue_message_run_seconds_count')[0]?.value).toBe(4)
    expect(find('queue_message_run_seconds_sum')[0]?.value).toBeCloseTo(0.9064)
  })

  it('says that a queue could not be read, and nothing else of it', () => {
    const silent = parse(expositionOf([{ queue: 'q', broker: null, trouble: 'away', here: null, meter: undefined }]))
    expect(silent.samples).toEqual([{ name: 'queue_up', labels: { queue: 'q' }, value: 0 }])
  })
})
