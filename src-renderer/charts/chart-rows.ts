import type { ChartPoint } from './chart-point'

/** A row as Recharts wants it. `s0` is the first series, `d0` its dashed end; stacked ones are ranges [from, to]. */
export type ChartRow = { readonly at: number } & Readonly<Record<string, number | null | readonly [number, number]>>

/**
 * The newest bucket is not finished: it leaves the solid line and becomes a dashed end. Stacks are added up here, since a
 * library would take an unknown for zero; one unknown part makes everything above it unknown.
 */
export function chartRows(points: readonly ChartPoint[], stacked: boolean): readonly ChartRow[] {
  const last = points.length - 1
  return points.map(({ at, values }, index) => {
    const row: Record<string, number | null | readonly [number, number]> = {}
    let base: number | null = 0
    values.forEach((value, series) => {
      const top: number | null = stacked ? (value === null || base === null ? null : base + value) : value
      row[`s${series}`] = index === last && last > 0 && !stacked ? null : stacked ? rangeOf(base, top) : top
      row[`d${series}`] = index >= last - 1 && last > 0 ? top : null
      if (stacked) base = top
    })
    return { at, ...row }
  })
}

const rangeOf = (from: number | null, to: number | null) =>
  from === null || to === null ? null : ([from, to] as const)

/** The highest and the lowest positive value in sight. */
export function extent(
  points: readonly ChartPoint[],
  stacked: boolean,
): { readonly low: number; readonly high: number } {
  let low = Number.POSITIVE_INFINITY
  let high = 0
  for (const { values } of points) {
    let sum = 0
    for (const value of values) {
      if (value === null) continue
      sum = stacked ? sum + value : value
      if (sum > high) high = sum
      if (value > 0 && value < low) low = value
    }
  }
  return { low: Number.isFinite(low) ? low : 1, high }
}

/** The point that stands nearest to an instant, if any is within `withinMs`. */
export function nearest(points: readonly ChartPoint[], at: number, withinMs: number): ChartPoint | undefined {
  let low = 0
  let high = points.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (points[middle]!.at < at) low = middle + 1
    else high = middle
  }
  const candidates = [points[low - 1], points[low]].filter((point) => point !== undefined)
  const best = candidates.sort((a, b) => Math.abs(a.at - at) - Math.abs(b.at - at))[0]
  return best && Math.abs(best.at - at) <= withinMs ? best : undefined
}
