import { describe, expect, it } from 'vitest'
import { chartRows, extent, nearest } from './chart-rows'

const points = [
  { at: 0, values: [1, 2] },
  { at: 1000, values: [3, null] },
  { at: 2000, values: [5, 1] },
]

describe('chart rows', () => {
  it('leave the newest bucket to a dashed end', () => {
    expect(chartRows(points, false).map((row) => [row.s0, row.d0])).toEqual([
      [1, null],
      [3, 3],
      [null, 5],
    ])
  })

  it('stack what is known, and nothing on top of an unknown', () => {
    expect(chartRows(points, true).map((row) => [row.s0, row.s1])).toEqual([
      [[0, 1], [1, 3]],
      [[0, 3], null],
      [[0, 5], [5, 6]],
    ]) // biome-ignore format: one row a line
    expect(extent(points, true)).toEqual({ low: 1, high: 6 })
    expect(extent([], false)).toEqual({ low: 1, high: 0 })
  })

  it('finds what stands under the pointer, or nothing in a gap', () => {
    expect(nearest(points, 1400, 1000)?.at).toBe(1000)
    expect(nearest(points, 1600, 1000)?.at).toBe(2000)
    expect(nearest(points, 9000, 1000)).toBeUndefined()
    expect(nearest([], 0, 1000)).toBeUndefined()
  })
})
