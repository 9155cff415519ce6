import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChartPoint } from './chart-point'
import { downsample, withGaps } from './downsample'

const series = fc.array(fc.option(fc.integer({ min: -1000, max: 1000 }), { nil: null, freq: 8 }), {
  minLength: 1,
  maxLength: 800,
})
const points = (values: readonly (number | null)[]): readonly ChartPoint[] =>
  values.map((value, index) => ({ at: index * 1000, values: [value] }))
const known = (list: readonly ChartPoint[]) =>
  list.flatMap((point) => (point.values[0] === null ? [] : [point.values[0]!]))

describe('downsampling', () => {
  it('keeps the extremes, the ends, the order and every bucket that has a gap', () => {
    fc.assert(
      fc.property(series, fc.integer({ min: 1, max: 100 }), (values, buckets) => {
        const all = points(values)
        const to = all.length * 1000
        const few = downsample(all, 0, to, buckets)
        expect(few[0]).toBe(all[0])
        expect(few.at(-1)).toBe(all.at(-1))
        expect(Math.max(...known(few))).toBe(Math.max(...known(all)))
        expect(Math.min(...known(few))).toBe(Math.min(...known(all)))
        expect(few.map((point) => point.at)).toEqual([...few.map((point) => point.at)].sort((a, b) => a - b))
        expect(few.every((point) => all.includes(point))).toBe(true)
        const bucketOf = (point: ChartPoint) => Math.floor(point.at / (to / buckets))
        const gaps = (list: readonly ChartPoint[]) =>
          new Set(list.filter((point) => point.values[0] === null).map(bucketOf))
        expect(gaps(few)).toEqual(gaps(all))
      }),
    )
  })

  it('bounds what is drawn', () => {
    const many = points(Array.from({ length: 100_000 }, (_, index) => Math.sin(index)))
    expect(downsample(many, 0, 100_000_000, 150).length).toBeLessThanOrEqual(150 * 4)
  })

  it('cuts the line where samples are missing', () => {
    const cut = withGaps(
      [
        { at: 0, values: [1] },
        { at: 1000, values: [2] },
        { at: 9000, values: [3] },
      ],
      1000,
    )
    expect(cut.map((point) => [point.at, point.values[0]])).toEqual([
      [0, 1],
      [1000, 2],
      [2000, null],
      [9000, 3],
    ])
  })
})
