import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Coalescer } from './coalescer'
import { messageOf } from './identity'
import { defaultPolicy, errorOf, outcomeOf } from './outcome'

describe('the outcome of a failed attempt', () => {
  const failed = (attempt: number, more = {}) =>
    outcomeOf(defaultPolicy, {
      attempt,
      maxAttempts: defaultPolicy.maxAttempts,
      unrecoverable: false,
      delayMs: undefined,
      ...more,
    })

  it('follows the delays, then buries', () => {
    expect([1, 2, 3, 4, 5, 6].map((attempt) => failed(attempt))).toEqual([
      ...[0, 1_000, 10_000, 60_000, 300_000].map((inMs) => ({ kind: 'retry', inMs })),
      { kind: 'dead' },
    ])
    expect(failed(1, { unrecoverable: true })).toEqual({ kind: 'dead' })
    expect(failed(2, { delayMs: 7 })).toEqual({ kind: 'retry', inMs: 7 })
    expect(failed(50, { maxAttempts: 100 })).toEqual({ kind: 'retry', inMs: 300_000 })
  })

  it('ends in a grave under any policy, after exactly so many attempts', () => {
    const policy = fc.record({
      maxAttempts: fc.integer({ min: 1, max: 50 }),
      retryDelaysMs: fc.array(fc.integer({ min: -5, max: 1e6 })),
    })
    fc.assert(
      fc.property(policy, (each) => {
        let attempt = 1
        for (; attempt <= 51; attempt++) {
          const outcome = outcomeOf(each, {
            attempt,
            maxAttempts: each.maxAttempts,
            unrecoverable: false,
            delayMs: undefined,
          })
          if (outcome.kind === 'dead') break
          expect(outcome.inMs).toBeGreaterThanOrEqual(0)
        }
        expect(attempt).toBe(each.maxAttempts)
      }),
    )
  })

  it('writes down whatever was thrown', () => {
    fc.assert(fc.property(fc.anything(), (thrown) => void expect(typeof errorOf(thrown).message).toBe('string')))
    expect(errorOf('text')).toEqual({ name: 'Error', message: 'text', stack: null })
    expect(errorOf(new TypeError('x'))).toMatchObject({ name: 'TypeError', message: 'x' })
  })
})

describe('a message', () => {
  it('is JSON, or the bytes as they are', () => {
    const bytes = new Uint8Array([0xff, 0])
    expect(messageOf(bytes).body).toBe(bytes)
    expect(String(messageOf({ a: [1, null] }).body)).toBe('{"a":[1,null]}')
    expect(() => messageOf(undefined)).toThrow(/JSON/)
    expect(() => messageOf(1, { maxAttempts: 0 })).toThrow(/tried/)
  })
})

describe('a coalescer', () => {
  it('makes one call of a turn, in pieces, and gives each its own answer', async () => {
    const calls: (readonly number[])[] = []
    const coalescer = new Coalescer<number, string>(async (items) => {
      calls.push(items)
      return items.map(String)
    }, 3)
    const answers = await Promise.all([1, 2, 3, 4].map((item) => coalescer.ask(item)))
    expect(answers).toEqual(['1', '2', '3', '4'])
    expect(await coalescer.ask(5)).toBe('5')
    expect(calls).toEqual([[1, 2, 3], [4], [5]])
  })

  it('gives each of a failed call the error, and goes on', async () => {
    let fail = true
    const coalescer = new Coalescer<number, number>(async (items) => {
      if (fail) throw new Error('no')
      return items
    }, 10)
    const results = await Promise.allSettled([coalescer.ask(1), coalescer.ask(2)])
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected'])
    fail = false
    expect(await coalescer.ask(3)).toBe(3)
  })
})
