import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { errorOf, wordsOf } from './error-record'

describe('an error as it is kept', () => {
  it('has name, message and stack, whatever was thrown', () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        const { name, message } = errorOf(thrown)
        expect([typeof name, typeof message]).toEqual(['string', 'string'])
      }),
    )
    expect(errorOf('text')).toEqual({ name: 'Error', message: 'text', stack: null })
    expect(errorOf(null)).toMatchObject({ message: 'null' })
    expect(errorOf(undefined)).toMatchObject({ message: 'undefined' })
    expect(errorOf({ code: 7 })).toMatchObject({ message: '{"code":7}' })
    expect(errorOf(7n)).toMatchObject({ message: '7' })
    expect(errorOf(new TypeError('x'))).toMatchObject({ name: 'TypeError', message: 'x' })
    expect(wordsOf(new TypeError('x'))).toBe('TypeError: x')
  })

  it('tells what caused it, and bears causes that go in a circle', () => {
    const inner = new RangeError('inner')
    const outer = new Error('outer', { cause: inner })
    expect(errorOf(outer).stack).toMatch(/outer[\s\S]+Caused by: RangeError: inner/)
    inner.cause = outer
    expect(errorOf(outer).stack?.match(/Caused by/g)).toHaveLength(1)
    expect(errorOf(new Error('x', { cause: 'text' })).stack).toMatch(/Caused by: text$/)
  })

  it('survives what throws when it is looked at', () => {
    const trap = () => {
      throw new Error('do not look')
    }
    const getters = new Error('x')
    for (const name of ['stack', 'name', 'message', 'cause']) Object.defineProperty(getters, name, { get: trap })
    const proxy = new Proxy(new Error('x'), { get: trap, getPrototypeOf: trap, has: trap, ownKeys: trap })
    const json = { toJSON: trap, toString: trap }
    expect(errorOf(getters)).toEqual({ name: 'Error', message: '', stack: null })
    expect(typeof errorOf(proxy).message).toBe('string')
    expect(errorOf(json).message).toBe('[object Object]')
  })

  it('is cut where it is endless, between characters', () => {
    const { message } = errorOf(new Error('😀'.repeat(20_000)))
    expect(message.length).toBeLessThan(20_000)
    expect(message).not.toMatch(/\p{Surrogate}/u)
  })
})
