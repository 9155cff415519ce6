import { describe, expect, it } from 'vitest'
import { bytes, compact, count, rate, share } from './number-format'
import { clock, duration, iso, relative } from './time-format'

const thin = '\u2009'

describe('figures', () => {
  it('group by three with a thin space, and know nothing rather than zero', () => {
    expect(count(48201)).toBe(`48${thin}201`)
    expect(count(1_204_331)).toBe(`1${thin}204${thin}331`)
    expect(count(999)).toBe('999')
    for (const format of [count, rate, compact, bytes, share, duration]) {
      expect(format(null)).toBe('–')
      expect(format(Number.NaN)).toBe('–')
    }
    expect(count(0)).toBe('0')
  })

  it('keep the digits that matter', () => {
    expect([0, 0.04, 0.4, 9.96, 41.3, 1204].map(rate)).toEqual(['0', '0.04', '0.4', '10.0', '41', `1${thin}204`])
    expect([999, 1200, 48_201, 1_300_000, 999_600].map(compact)).toEqual([
      '999',
      `1.2${thin}k`,
      `48${thin}k`,
      `1.3${thin}M`,
      `1${thin}M`,
    ])
    expect([0, 999, 1500, 3_145_728, 104_857_600].map(bytes)).toEqual(['0 B', '999 B', '1.5 kB', '3.1 MB', '105 MB'])
    expect([0, 0.003, 0.0004, 0.98].map(share)).toEqual(['0 %', '0.3 %', '0.04 %', '98 %'])
  })
})

describe('times', () => {
  it('say two units at most', () => {
    expect([0, 0.4, 27, 400, 6000, 41_000, 362_000, 12_000_000, 187_200_000].map(duration)).toEqual([
      '0 s',
      '0.40 ms',
      '27 ms',
      '0.4 s',
      '6 s',
      '41 s',
      '6m 2s',
      '3h 20m',
      '2d 4h',
    ])
  })

  it('stand relative to now, with the absolute beside', () => {
    const now = Date.UTC(2026, 10, 22, 12)
    expect(relative(now - 12_400, now)).toBe('12 s ago')
    expect(relative(now + 200_000, now)).toBe('in 3m 20s')
    expect(relative(now - 100, now)).toBe('now')
    expect(iso(now)).toBe('2026-11-22T12:00:00.000Z')
    expect(clock(now, now)).toMatch(/^\d\d:\d\d:\d\d$/)
    expect(clock(now - 2 * 86_400_000, now)).toMatch(/^[A-Z][a-z]{2} \d\d:\d\d$/)
  })
})
