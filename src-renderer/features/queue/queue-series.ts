import type { QueueKey } from '@shared/model/queue'
import { figureOf, type Mark, type Metric, type Sample } from '@shared/model/sample'
import { useCallback, useEffect, useMemo, useState } from 'react'
import type { ChartPoint } from '../../charts/chart-point'
import { useConsole, useEnvironment, useFeed } from '../../stores/console'
import { useAnswer } from '../use-answer'

export const ranges = [
  { value: '5m', label: '5 min', ms: 300_000 },
  { value: '1h', label: '1 h', ms: 3_600_000 },
  { value: '24h', label: '24 h', ms: 86_400_000 },
  { value: '7d', label: '7 d', ms: 604_800_000 },
] as const
export type Range = (typeof ranges)[number]['value']

export interface QueueSeries {
  readonly samples: readonly Sample[]
  readonly marks: readonly Mark[]
  readonly from: number
  readonly to: number
  readonly stepMs: number
}

interface SeriesOptions {
  readonly environmentId: string
  readonly queue: QueueKey
  readonly range: Range
}

/** Points asked of history: about two per pixel of a chart. */
const historyPoints = 600
const refreshAtLeastMs = 10_000
const noSamples: readonly Sample[] = []
const noMarks: readonly Mark[] = []

/** The figures of one queue over a range: five minutes live from the feed, more from history. */
export function useQueueSeries({ environmentId, queue, range }: SeriesOptions): QueueSeries {
  const live = useLiveSeries(environmentId, queue)
  const past = useHistory({ environmentId, queue, range })
  return range === '5m' ? live : past
}

function useLiveSeries(environmentId: string, queue: QueueKey): QueueSeries {
  const { feeds } = useConsole()
  useEffect(() => feeds.watch(environmentId, queue), [feeds, environmentId, queue])
  const window = useFeed(environmentId, (feed) => feed.windows.get(queue)) ?? noSamples
  const marks = useFeed(environmentId, (feed) => feed.marks.get(queue)) ?? noMarks
  const { state } = useEnvironment(environmentId)
  const stepMs = state?.sampleEveryMs ?? 1000
  return useMemo(() => {
    const to = window.at(-1)?.at ?? Date.now()
    const from = to - ranges[0].ms
    return { samples: window.filter((sample) => sample.at >= from), marks, from, to, stepMs }
  }, [window, marks, stepMs])
}

function useHistory({ environmentId, queue, range }: SeriesOptions): QueueSeries {
  const { client } = useConsole()
  const span = ranges.find((candidate) => candidate.value === range)!.ms
  const [to, setTo] = useState(() => Date.now())
  // The chart moves on when its newest bucket could have changed, not more often.
  useEffect(() => {
    setTo(Date.now())
    if (range === '5m') return
    const timer = setInterval(() => setTo(Date.now()), Math.max(refreshAtLeastMs, span / historyPoints))
    return () => clearInterval(timer)
  }, [range, span])
  const ask = useCallback(
    async (signal: AbortSignal): Promise<QueueSeries> => {
      const from = to - span
      if (range === '5m') return { samples: noSamples, marks: noMarks, from, to, stepMs: 1000 }
      const series = await client.queues.history({ environmentId, queue, from, to, points: historyPoints }, { signal })
      return { ...series, from, to }
    },
    [client, environmentId, queue, range, span, to],
  )
  const { value } = useAnswer(ask)
  const [kept, setKept] = useState<{ readonly range: Range; readonly series: QueueSeries } | null>(null)
  useEffect(() => {
    if (value) setKept({ range, series: value })
  }, [value, range])
  // While the next answer is on its way the last one of the same range stays.
  return useMemo(
    () =>
      kept?.range === range
        ? kept.series
        : { samples: noSamples, marks: noMarks, from: to - span, to, stepMs: span / historyPoints },
    [kept, range, to, span],
  )
}

/** Samples as a chart's points: some metrics of each, in the order asked for. */
export const pointsOf = (samples: readonly Sample[], metrics: readonly Metric[]): readonly ChartPoint[] =>
  samples.map((sample) => ({ at: sample.at, values: metrics.map((metric) => chartValue(sample, metric)) }))

/** An empty queue has no oldest message: on a chart that is an age of zero, known, and not a gap. */
function chartValue(sample: Sample, metric: Metric): number | null {
  const value = figureOf(sample, metric)
  return value === null && metric === 'oldestReadyMs' && figureOf(sample, 'ready') === 0 ? 0 : value
}
