import type { QueueKey } from '@shared/model/queue'
import { figureOf, type Mark, type Metric, type Sample } from '@shared/model/sample'
import { useCallback, useEffect, useMemo, useState } from 'react'
import type { ChartMark, ChartPoint } from '../../charts/chart-point'
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

interface GroupSeriesOptions extends SeriesOptions {
  readonly group: string
}

interface Span {
  readonly from: number
  readonly to: number
  readonly points: number
}

/** Points asked of history: about two per pixel of a chart. */
const historyPoints = 600
const refreshAtLeastMs = 10_000
const refreshLiveMs = 3_000
const noSamples: readonly Sample[] = []
const noMarks: readonly Mark[] = []

/** The figures of one queue over a range: five minutes live from the feed, more from history. */
export function useQueueSeries({ environmentId, queue, range }: SeriesOptions): QueueSeries {
  const live = useLiveSeries(environmentId, queue)
  const { client } = useConsole()
  const load = useCallback(
    (span: Span, signal: AbortSignal) => client.queues.history({ environmentId, queue, ...span }, { signal }),
    [client, environmentId, queue],
  )
  const past = useHistory(range === '5m' ? null : load, { range, refreshMs: refreshAtLeastMs })
  return range === '5m' ? live : past
}

/** Lag (as ready) and pending (as leased) of one consumer group over a range. */
export function useGroupSeries({ environmentId, queue, group, range }: GroupSeriesOptions): QueueSeries {
  const { client } = useConsole()
  const load = useCallback(
    (span: Span, signal: AbortSignal) =>
      client.queues.groupHistory({ environmentId, queue, group, ...span }, { signal }),
    [client, environmentId, queue, group],
  )
  return useHistory(load, { range, refreshMs: range === '5m' ? refreshLiveMs : refreshAtLeastMs })
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

type LoadSeries = (span: Span, signal: AbortSignal) => Promise<Pick<QueueSeries, 'samples' | 'marks' | 'stepMs'>>

/** `load` null: not now. */
function useHistory(
  load: LoadSeries | null,
  { range, refreshMs }: { readonly range: Range; readonly refreshMs: number },
): QueueSeries {
  const span = ranges.find((candidate) => candidate.value === range)!.ms
  const [to, setTo] = useState(() => Date.now())
  const isOff = load === null
  // The chart moves on when its newest bucket could have changed, not more often.
  useEffect(() => {
    setTo(Date.now())
    if (isOff) return
    const timer = setInterval(() => setTo(Date.now()), Math.max(refreshMs, span / historyPoints))
    return () => clearInterval(timer)
  }, [isOff, refreshMs, span])
  const ask = useCallback(
    async (signal: AbortSignal): Promise<QueueSeries> => {
      const from = to - span
      if (!load) return { samples: noSamples, marks: noMarks, from, to, stepMs: 1000 }
      return { ...(await load({ from, to, points: historyPoints }, signal)), from, to }
    },
    [load, span, to],
  )
  const { value } = useAnswer(ask)
  const [kept, setKept] = useState<{ readonly load: LoadSeries | null; range: Range; series: QueueSeries } | null>(null)
  useEffect(() => {
    if (value) setKept({ load, range, series: value })
  }, [value, load, range])
  // While the next answer is on its way the last one of the same range stays.
  return useMemo(
    () =>
      kept?.range === range && kept.load === load
        ? kept.series
        : { samples: noSamples, marks: noMarks, from: to - span, to, stepMs: span / historyPoints },
    [kept, load, range, to, span],
  )
}

/** Samples as a chart's points: some metrics of each, in the order asked for. */
export const pointsOf = (samples: readonly Sample[], metrics: readonly Metric[]): readonly ChartPoint[] =>
  samples.map((sample) => ({
    at: sample.at,
    values: metrics.map((metric) => chartValue(sample, metric)),
    ...(sample.stepMs !== undefined && { stepMs: sample.stepMs }),
  }))

/** Where the broker's own record ends and our own samples go on. */
export const recordMarks = (samples: readonly Sample[]): readonly ChartMark[] =>
  samples.flatMap(({ at, stepMs }, index) =>
    index > 0 && stepMs === undefined && samples[index - 1]?.stepMs !== undefined
      ? [{ at, label: 'Watched from here on; before that, as the broker itself kept it' }]
      : [],
  )

/** An empty queue has no oldest message: on a chart that is an age of zero, known, and not a gap. */
function chartValue(sample: Sample, metric: Metric): number | null {
  const value = figureOf(sample, metric)
  return value === null && metric === 'oldestReadyMs' && figureOf(sample, 'ready') === 0 ? 0 : value
}
