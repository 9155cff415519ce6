import type { QueueInfo } from '@shared/model/queue'
import { type Metric, metrics } from '@shared/model/sample'
import { describe, expect, it } from 'vitest'
import { attentionOf } from './attention'

const queue = (name: string, more: Partial<QueueInfo> = {}): QueueInfo => ({
  key: `engine/qe/${name}`,
  layout: 'engine',
  prefix: 'qe',
  name,
  product: 'Engine',
  paused: false,
  trouble: null,
  ...more,
})
const sample = (figures: Partial<Record<Metric, number | null>>) => ({
  at: 0,
  values: metrics.map((name) => (name in figures ? figures[name]! : 0)),
})
const wordsFor = (info: QueueInfo, figures: Partial<Record<Metric, number | null>>) =>
  attentionOf({ queues: new Map([[info.key, info]]), samples: new Map([[info.key, sample(figures)]]) })[0]

describe('what needs you', () => {
  it('is nothing while everything moves', () => {
    expect(wordsFor(queue('a'), { ready: 20, leased: 3, oldestReadyMs: 900 })).toBeUndefined()
  })

  it('names a queue without a worker', () => {
    expect(wordsFor(queue('a'), { ready: 1204, oldestReadyMs: 241_000 })).toMatchObject({
      severity: 'wrong',
      words: 'no worker takes anything: 1\u2009204 waiting, the oldest for 4m 1s',
    })
  })

  it('does not blame workers for what is unknown', () => {
    expect(wordsFor(queue('a'), { ready: 5, leased: null, outPerSecond: null, oldestReadyMs: 100_000 })).toBeUndefined()
  })

  it('leads from dead letters to their screen', () => {
    expect(wordsFor(queue('a'), { dead: 412 })).toMatchObject({ severity: 'wrong', next: 'dead-letters' })
    expect(wordsFor(queue('a'), { dead: 1 })).toMatchObject({ severity: 'watch', words: '1 dead letter' })
  })

  it('says when an old queue drains, or that it does not', () => {
    const old = { ready: 1000, leased: 1, oldestReadyMs: 900_000 }
    expect(wordsFor(queue('a'), { ...old, inPerSecond: 1, outPerSecond: 11 })?.words).toContain(
      'drains in about 1m 40s',
    )
    expect(wordsFor(queue('a'), { ...old, inPerSecond: 9, outPerSecond: 2 })?.words).toContain('more comes in')
  })

  it('puts what is wrong before what is to be watched', () => {
    const infos = [
      queue('a'),
      queue('b', { trouble: 'WRONGTYPE: a string where a list is expected' }),
      queue('c', { paused: true }),
    ]
    const samples = new Map([
      ['engine/qe/a', sample({ dead: 3 })],
      ['engine/qe/c', sample({ ready: 50 })],
    ])
    const found = attentionOf({ queues: new Map(infos.map((info) => [info.key, info])), samples })
    expect(found.map((one) => one.name)).toEqual(['b', 'c', 'a'])
  })
})
