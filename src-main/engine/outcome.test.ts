import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isUnrecoverable, outcomeOf, UnrecoverableError } from './outcome'
import { type RetryOptions, retryPolicy } from './retry'

const outcomeAfter = (options: RetryOptions, attempt: number, more = {}) => {
  const policy = retryPolicy('Queue q', options)
  return outcomeOf(policy, {
    attempt,
    maxAttempts: policy.maxAttempts,
    error: new Error('x'),
    unrecoverable: false,
    delayMs: undefined,
    ...more,
  })
}

describe('the outcome of a failed attempt', () => {
  it('follows the delays, then buries', () => {
    expect([1, 2, 3, 4, 5, 6].map((attempt) => outcomeAfter({}, attempt))).toEqual([
      ...[0, 1_000, 10_000, 60_000, 300_000].map((inMs) => ({ kind: 'retry', inMs })),
      { kind: 'dead' },
    ])
    expect(outcomeAfter({}, 1, { unrecoverable: true })).toEqual({ kind: 'dead' })
    expect(outcomeAfter({}, 2, { delayMs: 7 })).toEqual({ kind: 'retry', inMs: 7 })
    expect(outcomeAfter({}, 50, { maxAttempts: 100 })).toEqual({ kind: 'retry', inMs: 300_000 })
    expect(outcomeAfter({ retryDelaysMs: [] }, 1)).toEqual({ kind: 'retry', inMs: 0 })
  })

  it('ends in a grave under any policy, after exactly so many attempts', () => {
    const delays = fc.array(fc.integer({ min: 0, max: 1e6 }))
    const exponential = fc.record({
      baseMs: fc.integer({ min: 0, max: 1e6 }),
      capMs: fc.integer({ min: 0, max: 1e6 }),
      factor: fc.double({ min: 1, max: 10, noNaN: true }),
      jitter: fc.constantFrom('full' as const, 'none' as const),
    })
    const own = fc.constantFrom(
      () => 5,
      () => Number.NaN,
      () => Number.POSITIVE_INFINITY,
      () => -1,
      () => {
        throw new Error('a slip')
      },
    )
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.oneof(delays, exponential, own), (maxAttempts, retry) => {
        let attempt = 1
        for (; attempt <= 51; attempt++) {
          const outcome = outcomeAfter({ maxAttempts, retry }, attempt)
          if (outcome.kind === 'dead') break
          expect(outcome.inMs).toBeGreaterThanOrEqual(0)
          expect(Number.isSafeInteger(outcome.inMs)).toBe(true)
        }
        expect(attempt).toBe(maxAttempts)
      }),
    )
  })

  it('lets a function say that it is dead', () => {
    const retry = ({ error }: { readonly error: unknown }) => (error instanceof TypeError ? ('dead' as const) : 3)
    expect(outcomeAfter({ retry }, 1)).toEqual({ kind: 'retry', inMs: 3 })
    expect(outcomeAfter({ retry }, 1, { error: new TypeError() })).toEqual({ kind: 'dead' })
  })
})

describe('exponential retries', () => {
  const delay = (random: number, attempt: number) =>
    retryPolicy('q', { retry: { baseMs: 100, capMs: 1_000 } }, () => random).delayMs({
      attempt,
      maxAttempts: 9,
      error: undefined,
    })

  it('double up to the cap, and are spread over the whole time', () => {
    expect([1, 2, 3, 4, 5, 60].map((attempt) => delay(0.999_999, attempt))).toEqual([100, 200, 400, 800, 1_000, 1_000])
    expect(delay(0, 5)).toBe(0)
    expect(delay(0.5, 2)).toBe(100)
  })

  it('never leave 0 to the cap', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.integer({ min: 1, max: 2_000 }),
        (random, attempt) => {
          const found = delay(random, attempt)
          expect(found).toBeGreaterThanOrEqual(0)
          expect(found).toBeLessThanOrEqual(1_000)
        },
      ),
    )
  })
})

describe('a retry policy', () => {
  it('refuses what makes no sense, by the name of its queue', () => {
    for (const options of [
      { maxAttempts: 0 },
      { maxAttempts: 1.5 },
      { retryDelaysMs: [-1] },
      { retry: { baseMs: -1 } },
      { retry: { baseMs: 1, factor: 0.5 } },
      { retry: [1], retryDelaysMs: [1] },
    ])
      expect(() => retryPolicy('Queue mails', options)).toThrow(
        expect.objectContaining({ code: 'bad-input', message: expect.stringContaining('Queue mails') }),
      )
  })
})

it('knows what cannot be recovered, also of another copy of this module', () => {
  class Mine extends UnrecoverableError {}
  expect([new UnrecoverableError('x'), new Mine('x')].every(isUnrecoverable)).toBe(true)
  expect(isUnrecoverable({ [Symbol.for('queuescope.unrecoverable')]: true })).toBe(true)
  const hostile = new Proxy(
    {},
    {
      has() {
        throw new Error('no')
      },
    },
  )
  expect([new Error('x'), null, undefined, 'text', hostile].some(isUnrecoverable)).toBe(false)
})
