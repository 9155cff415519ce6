import {
  CloudWatchClient,
  type GetMetricDataCommandInput,
  type GetMetricDataCommandOutput,
} from '@aws-sdk/client-cloudwatch'
import { figureOf } from '@shared/model/sample'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../../runtime/manual-clock'
import { CloudWatchFigures } from './cloud-watch'
import { periodFor } from './cloud-watch-history'
import { Denials } from './denials'

const minute = 60_000
const orders = { layout: 'sqs', prefix: '', name: 'orders' } as const

/** The client of AWS's SDK, answered before anything is sent: CloudWatch itself cannot be had here. */
function setUp(answer: (input: GetMetricDataCommandInput) => Partial<GetMetricDataCommandOutput>) {
  const asked: GetMetricDataCommandInput[] = []
  const client = new CloudWatchClient({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  })
  client.middlewareStack.add(
    () => async (args) => {
      const input = args.input as GetMetricDataCommandInput
      asked.push(input)
      return { output: { $metadata: {}, ...answer(input) }, response: {} }
    },
    { step: 'initialize', priority: 'high' },
  )
  const clock = manualClock()
  const denials = new Denials()
  return { asked, clock, denials, figures: new CloudWatchFigures(client, { clock, denials }) }
}

describe('figures of CloudWatch', () => {
  it('are asked once a minute for all queues, the newest that is written counts', async () => {
    const { asked, clock, figures } = setUp(() => ({
      MetricDataResults: [
        { Id: 'age0', Values: [90, 30] },
        { Id: 'sent0', Values: [120] },
        { Id: 'deleted0', Values: [] },
      ],
    }))
    const expected = new Map([['orders', { oldestReadyMs: 90_000, inPerSecond: 2, outPerSecond: null }]])
    expect(await figures.of([orders])).toEqual(expected)
    await clock.advance(30_000)
    expect(await figures.of([orders])).toEqual(expected)
    expect(asked).toHaveLength(1)
    await clock.advance(30_000)
    await figures.of([orders])
    expect(asked).toHaveLength(2)
    expect(asked[0]!.MetricDataQueries).toHaveLength(3)
  })

  it('are off once they were refused, which is named', async () => {
    const { asked, clock, denials, figures } = setUp(() => {
      throw Object.assign(new Error('no'), { name: 'AccessDeniedException' })
    })
    expect(await figures.of([orders])).toEqual(new Map())
    expect(denials.all).toEqual([expect.stringContaining('cloudwatch:GetMetricData')])
    await clock.advance(10 * minute)
    expect(await figures.of([orders])).toEqual(new Map())
    expect(await figures.history({ queue: 'orders', isDeadLetterQueue: false, from: 0, to: 1 })).toEqual([])
    expect(asked).toHaveLength(1)
  })
})

describe('the past of a queue, by CloudWatch', () => {
  it('is one sample for each time, unknown where a metric says nothing, and asked once a minute', async () => {
    const { asked, clock, figures } = setUp(() => ({
      MetricDataResults: [
        { Id: 'visible', Timestamps: [new Date(minute), new Date(2 * minute)], Values: [5, 7] },
        { Id: 'sent', Timestamps: [new Date(2 * minute)], Values: [30] },
        { Id: 'age', Timestamps: [new Date(minute)], Values: [12] },
      ],
    }))
    const span = { queue: 'orders', isDeadLetterQueue: false, from: clock.now() - 60 * minute, to: clock.now() }
    const samples = await figures.history(span)
    expect(
      samples.map((sample) => [
        sample.at,
        sample.stepMs,
        figureOf(sample, 'ready'),
        figureOf(sample, 'inPerSecond'),
        figureOf(sample, 'oldestReadyMs'),
        figureOf(sample, 'dead'),
      ]),
    ).toEqual([
      [minute, minute, 5, null, 12_000, null],
      [2 * minute, minute, 7, 0.5, null, null],
    ])
    await figures.history({ ...span, from: span.from + 3_000, to: span.to + 3_000 })
    expect(asked).toHaveLength(1)
    const [dead] = await figures.history({ ...span, isDeadLetterQueue: true })
    expect([figureOf(dead, 'ready'), figureOf(dead, 'dead')]).toEqual([0, 5])
  })

  it('is no finer than AWS keeps it, and than a chart draws', () => {
    const now = 400 * 86_400_000
    const daysAgo = (days: number, forDays = days) => ({
      from: now - days * 86_400_000,
      to: now - (days - forDays) * 86_400_000,
    })
    expect(periodFor(daysAgo(1 / 24), now)).toBe(minute)
    expect(periodFor(daysAgo(1), now)).toBe(3 * minute)
    expect(periodFor(daysAgo(20, 0.1), now)).toBe(5 * minute)
    expect(periodFor(daysAgo(100, 0.1), now)).toBe(60 * minute)
  })
})
