import { memo, useMemo } from 'react'
import { Area, ComposedChart, Line, XAxis, YAxis } from 'recharts'
import { toneVar } from '../design/tone'
import { ChartHead } from './chart-head'
import { ChartOverlay } from './chart-overlay'
import type { LineChartProps } from './chart-props'
import { chartRows, extent } from './chart-rows'
import { downsample, withGaps } from './downsample'
import { plot } from './plot'
import { useStaggered } from './stagger'
import { durationTicks, logTicks, timeLabel, timeTicks, valueTicks } from './ticks'
import { useWidth } from './use-width'

/** Recharts, wrapped once: fixed size, no animation, one time axis, gaps as gaps, drawn one chart per frame. */
export const LineChart = memo(function LineChart(props: LineChartProps) {
  const [ref, width] = useWidth<HTMLDivElement>()
  const known = props.points.some((point) => point.values.some((value) => value !== null))
  return (
    <figure className="min-w-0">
      <ChartHead {...props} />
      <div ref={ref} className="relative" style={{ height: plot.height }}>
        {known && width > 0 && (
          <>
            <Lines {...props} width={width} />
            <ChartOverlay {...props} width={width} />
          </>
        )}
        {!known && <p className="px-3 pt-8 text-12 text-faint">{props.empty}</p>}
      </div>
    </figure>
  )
})

function Lines(props: LineChartProps & { readonly width: number }) {
  const drawn = useStaggered(props)
  const {
    series,
    stacked = false,
    scale = 'linear',
    whole = false,
    duration = false,
    from,
    to,
    stepMs,
    width,
    format,
  } = drawn
  const inner = Math.max(1, width - plot.left - plot.right)
  const rows = useMemo(() => {
    const few = downsample(withGaps(drawn.points, stepMs), from, to, Math.ceil(inner / 2))
    return chartRows(few, stacked)
  }, [drawn.points, stepMs, from, to, inner, stacked])
  const { low, high } = useMemo(() => extent(drawn.points, stacked), [drawn.points, stacked])
  const valueAxis =
    scale === 'log' ? logTicks(low, high, duration) : duration ? durationTicks(high) : valueTicks(high, whole)
  const time = timeTicks(from, to, Math.max(2, Math.floor(inner / 50)))
  const common = {
    isAnimationActive: false,
    dot: false,
    activeDot: false,
    connectNulls: false,
    type: 'linear',
  } as const
  return (
    <ComposedChart
      width={width}
      height={plot.height}
      data={rows as unknown as ChartData}
      margin={{ top: plot.top, right: plot.right, bottom: 0, left: 0 }}
      accessibilityLayer={false}
      style={{ pointerEvents: 'none' }}
    >
      <XAxis
        dataKey="at"
        type="number"
        domain={[from, to]}
        ticks={time.ticks.filter((at) => ((to - at) / (to - from)) * inner >= edgeLabel)}
        tickFormatter={(at: number) => timeLabel(at, time.stepMs)}
        height={plot.bottom}
        allowDataOverflow
        interval={0}
        tick={tickLook}
        tickLine={false}
        axisLine={{ stroke: 'var(--line-strong)' }}
      />
      <YAxis
        width={plot.left}
        domain={[valueAxis[0]!, valueAxis.at(-1)!]}
        ticks={[...valueAxis]}
        scale={scale}
        allowDataOverflow
        interval={0}
        // On one line: the axis breaks at blanks.
        tickFormatter={(value: number) => format(value).replace('.0', '').replaceAll(' ', '\u00a0')}
        tick={tickLook}
        tickLine={false}
        axisLine={false}
      />
      {series.map(({ label, tone }, index) =>
        stacked ? (
          <Area key={label} {...common} dataKey={`s${index}`} stroke="none" fill={toneVar(tone)} fillOpacity={0.45} />
        ) : (
          <Line key={label} {...common} dataKey={`s${index}`} stroke={toneVar(tone)} strokeWidth={1.5} />
        ),
      )}
      {(stacked ? series.slice(-1) : series).map(({ label, tone }, index) => (
        <Line
          key={`${label} end`}
          {...common}
          dataKey={`d${stacked ? series.length - 1 : index}`}
          stroke={stacked ? 'var(--muted)' : toneVar(tone)}
          strokeWidth={1.5}
          strokeDasharray="2 2"
        />
      ))}
    </ComposedChart>
  )
}

/** Half a label: nearer to the right edge than this it would be cut. */
const edgeLabel = 10

type ChartData = Record<string, unknown>[]

const tickLook = { fill: 'var(--faint)', fontSize: 11 } as const
