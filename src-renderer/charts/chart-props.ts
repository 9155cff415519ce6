import type { Shape } from '../design/dot'
import type { Tone } from '../design/tone'
import type { ChartMark, ChartPoint } from './chart-point'

export interface ChartSeries {
  readonly label: string
  readonly tone: Tone
  readonly shape: Shape
}

export interface LineChartProps {
  readonly title: string
  readonly series: readonly ChartSeries[]
  /** Oldest first, values in the order of `series`. Replace the array when it changes, never mutate it. */
  readonly points: readonly ChartPoint[]
  readonly from: number
  readonly to: number
  readonly stepMs: number
  readonly stacked?: boolean
  readonly scale?: 'linear' | 'log'
  readonly whole?: boolean
  /** Values are milliseconds: the axis stands at round times. */
  readonly duration?: boolean
  readonly marks?: readonly ChartMark[]
  readonly format: (value: number | null) => string
  /** In place of the lines when there is not one known value: why. */
  readonly empty: string
}
