import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Histogram } from './histogram'

describe('a histogram', () => {
  it('tells quantiles that are at most a fourth root of two too high', () => {
    const times = fc.array(fc.double({ min: 0.05, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(times, fc.double({ min: 0, max: 1, noNaN: true }), (all, quantile) => {
        const histogram = new Histogram()
        for (const ms of all) histogram.add(ms)
        const exact = [...all].sort((a, b) => a - b)[Math.max(Math.ceil(all.length * quantile), 1) - 1]!
        const told = histogram.quantileMs(quantile)!
        expect(told).toBeGreaterThanOrEqual(exact * (1 - 1e-9))
        expect(told).toBeLessThanOrEqual(exact * 2 ** 0.25 * (1 + 1e-9))
      }),
    )
  })

  it('counts up to a bound, the bound included', () => {
    const histogram = new Histogram()
    for (const ms of [0.5, 1, 1.001, 2, 4, 5]) histogram.add(ms)
    expect([-1, 0, 1, 2, 3].map((power) => histogram.countUpTo(power))).toEqual([1, 2, 4, 5, 6])
    expect([histogram.count, histogram.sumMs]).toEqual([6, 13.501])
  })

  it('takes what no clock should tell', () => {
    const histogram = new Histogram()
    for (const ms of [0, -5, Number.NaN, 1e15]) histogram.add(ms)
    expect(histogram.count).toBe(4)
    expect(histogram.sumMs).toBe(1e15)
    expect(new Histogram().quantileMs(0.5)).toBeNull()
  })
})
