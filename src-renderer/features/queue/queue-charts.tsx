import { layoutFacts, precisionOf } from '@shared/model/known-layouts'
import type { Layout, QueueKey } from '@shared/model/queue'
import { figureOf, type Metric, type Sample } from '@shared/model/sample'
import { useMemo } from 'react'
import type { ChartSeries, LineChartProps } from '../../charts/chart-props'
import { LineChart } from '../../charts/line-chart'
import { compact, rate } from '../../design/number-format'
import { duration } from '../../design/time-format'
import { useFeed } from '../../stores/console'
import { statesOf, stateWord } from '../layout-words'
import { stateLook } from '../state-mark'
import { pointsOf, type QueueSeries, type Range, recordMarks, useQueueSeries } from './queue-series'

interface ChartKind
  extends Pick<LineChartProps, 'title' | 'stacked' | 'scale' | 'whole' | 'duration' | 'format' | 'empty'> {
  readonly metrics: readonly Metric[]
  readonly series: readonly ChartSeries[]
}

type DepthState = 'dead' | 'leased' | 'ready' | 'delayed'

/** A queue that takes others' dead letters is as deep as they are many: what waits in it is dead, and nothing is ready or comes later. */
const depthStates = (takesDeadLetters: boolean): readonly DepthState[] =>
  takesDeadLetters ? ['dead', 'leased'] : ['leased', 'ready', 'delayed']

/** What a layout's queues are drawn with: its own states, in its own words. */
const kindsOf = (layout: Layout | undefined, takesDeadLetters: boolean): readonly ChartKind[] => {
  const states = depthStates(takesDeadLetters).filter((state) => statesOf(layout).includes(state))
  return [depthKind(states, layout), ...others]
}

const depthKind = (states: readonly DepthState[], layout: Layout | undefined): ChartKind => ({
  title: 'Depth',
  metrics: states,
  series: states.map((state) => ({
    label: stateWord(layout, state),
    tone: stateLook[state].tone,
    shape: stateLook[state].shape,
  })),
  stacked: true,
  whole: true,
  format: compact,
  empty: 'Nothing was sampled in this range yet.',
})

const others: readonly ChartKind[] = [
  {
    title: 'In and out, per second',
    metrics: ['inPerSecond', 'outPerSecond'],
    series: [
      { label: 'In', tone: 'slate', shape: 'ring' },
      { label: 'Out', tone: 'green', shape: 'disc' },
    ],
    format: rate,
    empty: 'Rates need two samples; they come with the next one.',
  },
  {
    title: 'Wait, log scale',
    metrics: ['waitP50Ms', 'waitP95Ms', 'waitP99Ms'],
    series: [
      { label: 'p50', tone: 'slate', shape: 'disc' },
      { label: 'p95', tone: 'blue', shape: 'diamond' },
      { label: 'p99', tone: 'violet', shape: 'triangle' },
    ],
    scale: 'log',
    duration: true,
    format: duration,
    empty: 'Nothing was leased in this range, so there is no wait to show.',
  },
  {
    title: 'Oldest ready',
    metrics: ['oldestReadyMs'],
    series: [{ label: 'Age', tone: 'amber', shape: 'ring' }],
    duration: true,
    format: duration,
    empty: 'Nothing was waiting in this range.',
  },
]

interface QueueChartsProps {
  readonly environmentId: string
  readonly queue: QueueKey
  readonly range: Range
}

/** Four charts, one time axis, one crosshair. */
export function QueueCharts({ environmentId, queue, range }: QueueChartsProps) {
  const series = useQueueSeries({ environmentId, queue, range })
  const layout = useFeed(environmentId, (feed) => feed.queues.get(queue)?.layout)
  const takesDeadLetters = useFeed(
    environmentId,
    (feed) => (feed.queues.get(queue)?.deadLetterSources?.length ?? 0) > 0,
  )
  const kinds = useMemo(() => kindsOf(layout, takesDeadLetters), [layout, takesDeadLetters])
  return (
    <section
      aria-label="Charts"
      className="@container shrink-0 border-line border-b [&_figure]:border-line [&_figure]:border-l"
    >
      <div className="grid @[840px]:grid-cols-4 grid-cols-2 overflow-hidden [&>figure]:-ml-px">
        {kinds.map((kind) => (
          <QueueChart key={kind.title} kind={kind} series={series} reason={untold(layout, kind)} />
        ))}
      </div>
    </section>
  )
}

/** Said where a layout never tells what a chart would draw. */
function untold(layout: Layout | undefined, { metrics }: ChartKind): string | null {
  if (!layout || !metrics.every((metric) => precisionOf(layout, metric) === 'unknown')) return null
  return `${layoutFacts[layout].product} does not tell this.`
}

const ageUntold = 'Messages waited here; how old they are is not told.'

/** Something waits and no sample knows how long: that is not the same as nothing waiting. */
const isAgeUntold = ({ metrics }: ChartKind, samples: readonly Sample[]): boolean =>
  metrics.includes('oldestReadyMs') && samples.some((sample) => (figureOf(sample, 'ready') ?? 0) > 0)

interface QueueChartProps {
  readonly kind: ChartKind
  readonly series: QueueSeries
  /** Why there will never be anything to draw. */
  readonly reason: string | null
}

function QueueChart({ kind, series, reason }: QueueChartProps) {
  const points = useMemo(() => pointsOf(series.samples, kind.metrics), [series.samples, kind.metrics])
  const marks = useMemo(() => [...recordMarks(series.samples), ...series.marks], [series.samples, series.marks])
  const { metrics: _, ...looks } = kind
  return (
    <LineChart
      {...looks}
      points={points}
      from={series.from}
      to={series.to}
      stepMs={series.stepMs}
      marks={marks}
      empty={reason ?? (isAgeUntold(kind, series.samples) ? ageUntold : kind.empty)}
    />
  )
}
