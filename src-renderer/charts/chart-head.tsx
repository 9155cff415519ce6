import { useStore } from 'zustand'
import { Dot } from '../design/dot'
import type { LineChartProps } from './chart-props'
import { nearest } from './chart-rows'
import { crosshair } from './crosshair'
import { timeLabel } from './ticks'

type HeadProps = Pick<LineChartProps, 'title' | 'series' | 'points' | 'stepMs' | 'format' | 'from' | 'to'>

/** Title and the figures: of the instant under the pointer, else the newest. What a chart shows can so be read, not only seen. */
export function ChartHead({ title, series, points, stepMs, format, from, to }: HeadProps) {
  const at = useStore(crosshair, (state) => (state.at !== null && state.at >= from && state.at <= to ? state.at : null))
  const point = at === null ? points.at(-1) : nearest(points, at, stepMs * 2)
  return (
    <figcaption className="px-3 pt-2">
      <div className="flex h-5 items-baseline justify-between gap-2">
        <h2 className="font-medium text-12">{title}</h2>
        {at !== null && <span className="tabular text-11 text-muted">{timeLabel(at, 1000)}</span>}
      </div>
      <ul className="flex h-5 gap-2 overflow-hidden text-11">
        {series.map(({ label, tone, shape }, index) => (
          <li key={label} className="flex shrink-0 items-center gap-1 text-muted">
            <Dot shape={shape} tone={tone} className="size-2" />
            {label}
            <span className="tabular text-ink">{format(point?.values[index] ?? null)}</span>
          </li>
        ))}
      </ul>
    </figcaption>
  )
}
