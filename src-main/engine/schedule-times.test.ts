import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextTick, nthTick, type Timing, tickOf } from './schedule-times'

const at = (text: string) => Date.parse(text)
const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())

describe('the ticks of a schedule', () => {
  it('follow cron in UTC, or in a zone through its change of hours', () => {
    expect(iso(nextTick({ cron: '30 9 * * 1' }, at('2026-03-04T10:00:00Z')))).toBe('2026-03-09T09:30:00.000Z')
    const vienna: Timing = { cron: '30 2 * * *', timeZone: 'Europe/Vienna' }
    const days: (string | null)[] = []
    // On 29 March 2026 clocks go from 2:00 to 3:00: there is no 2:30, and 3:00 stands for it.
    for (let last = at('2026-03-27T12:00:00Z'), n = 0; n < 3; n++) {
      const next = nextTick(vienna, last)!
      days.push(iso(next))
      last = next
    }
    expect(days).toEqual(['2026-03-28T01:30:00.000Z', '2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z'])
    expect(() => nextTick({ cron: 'nonsense' }, 0)).toThrow()
    expect(() => nextTick({ cron: '* * * * *', timeZone: 'No/Where' }, 0)).toThrow()
  })

  it('count intervals from a fixed time, whoever asks and when', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: 1e9 }),
        fc.integer({ min: 0, max: 2e12 }),
        fc.option(fc.integer({ min: 0, max: 2e12 }), { nil: undefined }),
        (everyMs, after, startAt) => {
          const next = nextTick({ everyMs, startAt }, after)!
          expect(next).toBeGreaterThan(Math.max(after, (startAt ?? 0) - 1))
          expect((next - (startAt ?? 0)) % everyMs).toBe(0)
          expect(next - Math.max(after, startAt ?? 0)).toBeLessThanOrEqual(everyMs)
        },
      ),
    )
  })

  it('begin and end when they should', () => {
    const timing: Timing = { everyMs: 1_000, startAt: 10_000, endAt: 12_000 }
    expect([0, 9_999, 10_000, 11_999, 12_000].map((after) => nextTick(timing, after))).toEqual([
      10_000,
      10_000,
      11_000,
      12_000,
      null,
    ])
    expect(nthTick(timing, 0, 2)).toBe(11_000)
    expect(nthTick(timing, 0, 99)).toBe(12_000)
    expect(iso(nthTick({ cron: '0 0 1 * *' }, at('2026-01-15T00:00:00Z'), 3))).toBe('2026-04-01T00:00:00.000Z')
  })
})

describe('a tick', () => {
  const everySecond: Timing = { everyMs: 1_000 }

  it('that comes in time is one, whatever the catch-up', () => {
    for (const catchUp of ['none', 'one', 'all'] as const)
      expect(tickOf(everySecond, catchUp, { nextAt: 5_000, now: 5_003 })).toEqual({ times: [5_000], nextAt: 6_000 })
  })

  it('that was missed is skipped, made one of, or made up for', () => {
    const hourly: Timing = { cron: '0 * * * *' }
    const late = { nextAt: at('2026-01-01T00:00:00Z'), now: at('2026-01-01T03:30:00Z') }
    expect(tickOf(hourly, 'none', late)).toEqual({ times: [], nextAt: at('2026-01-01T04:00:00Z') })
    expect(tickOf(hourly, 'one', late)).toEqual({
      times: [at('2026-01-01T03:00:00Z')],
      nextAt: at('2026-01-01T04:00:00Z'),
    })
    expect(tickOf(hourly, 'all', late).times.map(iso)).toEqual(
      ['00', '01', '02', '03'].map((hour) => `2026-01-01T${hour}:00:00.000Z`),
    )
  })

  it('is made up for in bounded steps, oldest first, of the newest thousand', () => {
    const seen: number[] = []
    let nextAt: number | null = 1_000
    const now = 5_000_000
    let steps = 0
    while (nextAt !== null && nextAt <= now) {
      const tick = tickOf(everySecond, 'all', { nextAt, now })
      expect(tick.times.length).toBeLessThanOrEqual(100)
      seen.push(...tick.times)
      nextAt = tick.nextAt
      steps++
    }
    expect([seen.length, steps, seen[0], seen.at(-1)]).toEqual([1_000, 10, 4_001_000, 5_000_000])
    expect(seen.every((time, index) => index === 0 || time === seen[index - 1]! + 1_000)).toBe(true)
  })

  it('of either kind is found once, however late it is looked at', () => {
    const timings = fc.constantFrom<Timing>({ everyMs: 7_000 }, { cron: '*/20 * * * * *' }, { cron: '*/5 * * * *' })
    fc.assert(
      fc.property(
        timings,
        fc.integer({ min: 1.7e12, max: 1.8e12 }),
        fc.integer({ min: 0, max: 3e5 }),
        (timing, from, late) => {
          const nextAt = nextTick(timing, from)!
          const now = nextAt + late
          const { times, nextAt: then } = tickOf(timing, 'all', { nextAt, now })
          expect(times[0]).toBe(nextAt)
          expect(times.every((time) => time <= now)).toBe(true)
          for (let index = 1; index < times.length; index++)
            expect(times[index]).toBe(nextTick(timing, times[index - 1]!))
          expect(then).toBe(nextTick(timing, times.at(-1)!))
        },
      ),
      { numRuns: 30 },
    )
  })

  it('at a place that is no tick any more still stands for one', () => {
    expect(tickOf(everySecond, 'one', { nextAt: 5_500, now: 5_600 })).toEqual({ times: [5_500], nextAt: 6_000 })
  })

  it('that was the last one says so', () => {
    expect(tickOf({ everyMs: 1_000, endAt: 5_000 }, 'one', { nextAt: 5_000, now: 5_001 })).toEqual({
      times: [5_000],
      nextAt: null,
    })
  })
})
