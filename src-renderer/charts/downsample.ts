import type { ChartPoint } from './chart-point'

/** A step may come late by this factor before the line is cut. */
const lateBy = 2.5

/**
 * Cuts the line where samples are missing: a step that did not come is a gap, not a straight line across it.
 * Points are oldest first; what comes out is too. A point with a longer step of its own may stand so far from its neighbours.
 */
export function withGaps(points: readonly ChartPoint[], stepMs: number): readonly ChartPoint[] {
  const out: ChartPoint[] = []
  for (const point of points) {
    const before = out.at(-1)
    const longest = Math.max(stepMs, point.stepMs ?? 0, before?.stepMs ?? 0) * lateBy
    if (before && point.at - before.at > longest) {
      out.push({ at: before.at + stepMs, values: point.values.map(() => null) })
    }
    out.push(point)
  }
  return out
}

/**
 * At most a handful of points per bucket, so that no chart draws more than it has pixels: of every bucket the first, the last, each
 * series' lowest and highest, and the first null. So a spike of one sample survives, and so does a gap of one sample.
 */
export function downsample(
  points: readonly ChartPoint[],
  from: number,
  to: number,
  buckets: number,
): readonly ChartPoint[] {
  if (points.length <= buckets * 2 || buckets < 1 || to <= from) return points
  const kept = new Set<number>()
  const width = (to - from) / buckets
  let start = 0
  while (start < points.length) {
    const bucket = Math.floor((points[start]!.at - from) / width)
    let end = start
    while (end + 1 < points.length && Math.floor((points[end + 1]!.at - from) / width) === bucket) end++
    keepOfBucket(points, start, end, kept)
    start = end + 1
  }
  return points.filter((_, index) => kept.has(index))
}

function keepOfBucket(points: readonly ChartPoint[], start: number, end: number, kept: Set<number>): void {
  kept.add(start)
  kept.add(end)
  const series = points[start]!.values.length
  for (let at = 0; at < series; at++) {
    let lowest = -1
    let highest = -1
    let gap = -1
    for (let index = start; index <= end; index++) {
      const value = points[index]!.values[at] ?? null
      if (value === null) {
        if (gap < 0) gap = index
        continue
      }
      if (lowest < 0 || value < points[lowest]!.values[at]!) lowest = index
      if (highest < 0 || value > points[highest]!.values[at]!) highest = index
    }
    for (const index of [lowest, highest, gap]) if (index >= 0) kept.add(index)
  }
}
