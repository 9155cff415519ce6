import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ratesBetween } from './rates'

const counted = (at: number, enqueuedTotal: number | null, ackedTotal: number | null) => ({
  at,
  enqueuedTotal,
  ackedTotal,
})

describe('rates', () => {
  it('are messages per second between two countings', () => {
    expect(ratesBetween(counted(0, 100, 40), counted(2_000, 130, 50), 5_000)).toEqual({
      inPerSecond: 15,
      outPerSecond: 5,
      reset: false,
    })
  })

  it('are unknown at first, and across a gap', () => {
    const unknown = { inPerSecond: null, outPerSecond: null, reset: false }
    expect(ratesBetween(undefined, counted(0, 1, 1), 5_000)).toEqual(unknown)
    expect(ratesBetween(counted(0, 1, 1), counted(60_000, 10, 10), 5_000)).toEqual(unknown)
  })

  it('mark a reset and say nothing about it', () => {
    expect(ratesBetween(counted(0, 100, 40), counted(1_000, 3, 0), 5_000)).toEqual({
      inPerSecond: null,
      outPerSecond: null,
      reset: true,
    })
    expect(ratesBetween(counted(0, 100, 40), counted(600_000, 3, 0), 5_000).reset).toBe(true)
  })

  it('take a falling total of finished messages for what it is: unknown', () => {
    expect(ratesBetween(counted(0, 100, 40), counted(1_000, 101, 39), 5_000)).toEqual({
      inPerSecond: 1,
      outPerSecond: null,
      reset: false,
    })
  })

  it('stay unknown where a total is', () => {
    expect(ratesBetween(counted(0, null, 1), counted(1_000, 4, 3), 5_000)).toEqual({
      inPerSecond: null,
      outPerSecond: 2,
      reset: false,
    })
  })

  it('are never negative and never not a number', () => {
    const total = fc.option(fc.nat(), { nil: null })
    const any = fc.record({ at: fc.nat(1_000_000), enqueuedTotal: total, ackedTotal: total })
    fc.assert(
      fc.property(any, any, (before, now) => {
        const { inPerSecond, outPerSecond } = ratesBetween(before, now, 10_000)
        for (const rate of [inPerSecond, outPerSecond]) {
          expect(rate === null || (rate >= 0 && Number.isFinite(rate))).toBe(true)
        }
      }),
    )
  })
})
