import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Binding, destinationsOf, type Exchange, matchesTopic, type Routes } from './bindings'

const routes = (
  exchanges: readonly Exchange[],
  bindings: readonly Binding[],
  queues: readonly string[] = [],
): Routes => ({
  exchanges: new Map(exchanges.map((exchange) => [exchange.name, exchange])),
  bindings: bindings.reduce(
    (map, binding) => map.set(binding.source, [...(map.get(binding.source) ?? []), binding]),
    new Map<string, Binding[]>(),
  ),
  queues: new Set(queues),
})

const exchange = (name: string, type: string, alternate: string | null = null): Exchange => ({ name, type, alternate })
const bind = (source: string, routingKey: string, destination: string, toQueue = true): Binding => ({
  source,
  routingKey,
  destination,
  toQueue,
})

describe('topics', () => {
  it.each([
    ['#', '', true],
    ['#', 'a.b.c', true],
    ['*', '', false],
    ['*', 'a', true],
    ['*', 'a.b', false],
    ['a.#', 'a', true],
    ['a.#', 'a.b.c', true],
    ['#.c', 'a.b.c', true],
    ['#.c', 'c', true],
    ['a.*.c', 'a.b.c', true],
    ['a.*.c', 'a.c', false],
    ['a.#.c.#', 'a.c', true],
    ['a.b', 'a.b', true],
    ['a.b', 'a.bc', false],
    ['', '', true],
  ])('%s takes %s: %s', (pattern, key, expected) => {
    expect(matchesTopic(pattern, key)).toBe(expected)
  })

  it('takes every key that is its pattern with words in place of the stars', () => {
    const word = fc.stringMatching(/^[a-c]{1,2}$/)
    fc.assert(
      fc.property(fc.array(fc.tuple(word, fc.boolean()), { minLength: 1, maxLength: 6 }), (parts) => {
        const key = parts.map(([name]) => name).join('.')
        const pattern = parts.map(([name, star]) => (star ? '*' : name)).join('.')
        expect(matchesTopic(pattern, key)).toBe(true)
        expect(matchesTopic(`${pattern}.#`, key)).toBe(true)
        expect(matchesTopic(`${pattern}.*`, key)).toBe(false)
      }),
    )
  })

  it('is quick on patterns that would make others slow', () => {
    const pattern = Array.from({ length: 60 }, () => '#.a').join('.')
    expect(matchesTopic(pattern, Array.from({ length: 120 }, () => 'b').join('.'))).toBe(false)
  })
})

describe('where an exchange leads', () => {
  it('follows the default exchange, fanout, direct and topic', () => {
    const known = routes(
      [exchange('f', 'fanout'), exchange('d', 'direct'), exchange('t', 'topic')],
      [bind('f', 'x', 'q1'), bind('f', '', 'q2'), bind('d', 'k', 'q1'), bind('d', 'l', 'q2'), bind('t', 'a.*', 'q3')],
      ['q1', 'q2', 'q3'],
    )
    expect(destinationsOf(known, '', ['q1', 'nowhere'])).toEqual({ queues: ['q1'], certain: true })
    expect(destinationsOf(known, 'f', ['any'])).toEqual({ queues: ['q1', 'q2'], certain: true })
    expect(destinationsOf(known, 'd', ['k'])).toEqual({ queues: ['q1'], certain: true })
    expect(destinationsOf(known, 't', ['a.b'])).toEqual({ queues: ['q3'], certain: true })
    expect(destinationsOf(known, 't', ['b'])).toEqual({ queues: [], certain: true })
  })

  it('follows exchanges bound to exchanges, in circles too, and alternates where nothing matches', () => {
    const known = routes(
      [exchange('a', 'fanout'), exchange('b', 'fanout'), exchange('d', 'direct', 'b')],
      [bind('a', '', 'b', false), bind('b', '', 'a', false), bind('b', '', 'q')],
    )
    expect(destinationsOf(known, 'a', [''])).toEqual({ queues: ['q'], certain: true })
    expect(destinationsOf(known, 'd', ['none'])).toEqual({ queues: ['q'], certain: true })
  })

  it('is not certain where headers decide, or an exchange is not known', () => {
    const known = routes([exchange('h', 'headers')], [bind('h', '', 'q')])
    expect(destinationsOf(known, 'h', [''])).toEqual({ queues: ['q'], certain: false })
    expect(destinationsOf(known, 'gone', [''])).toEqual({ queues: [], certain: false })
  })
})
