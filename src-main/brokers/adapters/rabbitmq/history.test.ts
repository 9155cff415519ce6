import { figureOf } from '@shared/model/sample'
import { describe, expect, it } from 'vitest'
import { bandsFor, samplesOf } from './history'

const drawn = { stepMs: 5_000, isDeadLetterQueue: false, isStream: false }
/** As the plugin answers: newest first. */
const details = (...samples: readonly number[]) => ({
  samples: samples.map((sample, index) => ({ sample, timestamp: (index + 1) * 5_000 })).reverse(),
})

describe('the broker’s own record', () => {
  it('becomes depths and rates, oldest first', () => {
    const row = {
      messages_ready_details: details(4, 9, 7),
      messages_unacknowledged_details: details(0, 1, 2),
      message_stats: {
        publish_details: details(10, 20, 30),
        ack_details: details(5, 5, 15),
        get_no_ack_details: details(0, 5, 5),
      },
    }
    const samples = samplesOf(row, drawn)
    expect(samples.map(({ at, stepMs }) => [at, stepMs])).toEqual([
      [5_000, 5_000],
      [10_000, 5_000],
      [15_000, 5_000],
    ])
    expect(samples.map((each) => figureOf(each, 'ready'))).toEqual([4, 9, 7])
    expect(samples.map((each) => figureOf(each, 'leased'))).toEqual([0, 1, 2])
    expect(samples.map((each) => figureOf(each, 'inPerSecond'))).toEqual([null, 2, 2])
    expect(samples.map((each) => figureOf(each, 'outPerSecond'))).toEqual([null, 1, 2])
    expect(samples.map((each) => figureOf(each, 'oldestReadyMs'))).toEqual([null, null, null])
  })

  it('takes the zeros for unknown that stand before the first figure, and no others', () => {
    const row = { messages_ready_details: details(0, 0, 3, 0), message_stats: { publish_details: details(0, 0, 3, 3) } }
    const samples = samplesOf(row, drawn)
    expect(samples.map((each) => figureOf(each, 'ready'))).toEqual([3, 0])
    expect(samplesOf({ messages_ready_details: details(0, 0, 0) }, drawn)).toEqual([])
    expect(samplesOf({}, drawn)).toEqual([])
  })

  it('knows no rate across a restart, and none of what a stream’s readers acknowledge', () => {
    const row = {
      messages_ready_details: details(1, 1, 1),
      message_stats: { publish_details: details(50, 3, 8), ack_details: details(1, 2, 3) },
    }
    const samples = samplesOf(row, { ...drawn, isStream: true })
    expect(samples.map((each) => figureOf(each, 'inPerSecond'))).toEqual([null, null, 1])
    expect(samples.map((each) => figureOf(each, 'outPerSecond'))).toEqual([null, null, null])
  })

  it('counts what waits in a dead-letter queue as dead', () => {
    const [sample] = samplesOf({ messages_ready_details: details(6) }, { ...drawn, isDeadLetterQueue: true })
    expect([figureOf(sample, 'ready'), figureOf(sample, 'dead')]).toEqual([0, 6])
  })

  it('is asked for as finely as it reaches back', () => {
    const minutes = (reach: number) => bandsFor([600, 3_600, 86_400], reach * 60_000).map(({ stepMs }) => stepMs)
    expect(minutes(5)).toEqual([5_000])
    expect(minutes(60)).toEqual([5_000, 60_000])
    expect(minutes(120)).toEqual([5_000, 60_000, 1_800_000])
    expect(minutes(10_000)).toEqual([5_000, 60_000, 1_800_000])
    expect(bandsFor([], 60_000)).toEqual([])
  })
})
