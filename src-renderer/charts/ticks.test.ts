import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { durationTicks, logTicks, timeTicks, valueTicks } from './ticks'

describe('ticks', () => {
  it('reach the top in two to four round steps', () => {
    expect(valueTicks(3912, true)).toEqual([0, 2000, 4000])
    expect(valueTicks(1, true)).toEqual([0, 1])
    expect(valueTicks(0.4, false)).toEqual([0, 0.2, 0.4])
    expect(valueTicks(0, true)).toEqual([0, 1])
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (top) => {
        const ticks = valueTicks(top, false)
        expect(ticks[0]).toBe(0)
        expect(ticks.at(-1)!).toBeGreaterThanOrEqual(top * (1 - 1e-6))
        expect(ticks.length).toBeLessThanOrEqual(5)
      }),
    )
  })

  it('of durations are round times', () => {
    expect(durationTicks(400_000)).toEqual([0, 120_000, 240_000, 360_000, 480_000])
    expect(durationTicks(0)).toEqual([0, 1000])
    expect(durationTicks(3.2)).toEqual([0, 1, 2, 3, 4])
  })

  it('hold every value between powers of ten', () => {
    expect(logTicks(12, 640)).toEqual([10, 100, 1000])
    expect(logTicks(0, 5)).toEqual([1, 10])
    expect(logTicks(2.5, 15_000, true)).toEqual([1, 10, 1000, 60_000])
    expect(logTicks(12, 640, true)).toEqual([10, 100, 1000])
  })

  it('stand at round times, few enough to read', () => {
    const from = Date.UTC(2026, 10, 22, 10, 3, 17)
    const { ticks, stepMs } = timeTicks(from, from + 300_000, 4)
    expect(stepMs).toBe(120_000)
    expect(ticks.length).toBeLessThanOrEqual(4)
    expect(ticks.every((at) => at >= from && at % 60_000 === 0)).toBe(true)
  })
})
