import { messageStates } from '@shared/model/message'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hrefOf, parseHref, queueParts, type Route } from './route'

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
const maybe = fc.option(text, { nil: null })
const route: fc.Arbitrary<Route> = fc.oneof(
  fc.record({ at: fc.constant('overview' as const), environmentId: text }),
  fc.record({
    at: fc.constant('queue' as const),
    environmentId: text,
    queue: text,
    state: fc.constantFrom(...messageStates, ...queueParts),
    message: maybe,
  }),
  fc.record({
    at: fc.constant('dead-letters' as const),
    environmentId: text,
    cause: maybe,
    queue: maybe,
    message: maybe,
  }),
  fc.record({
    at: fc.constant('routing' as const),
    environmentId: text,
    // The default exchange has no name.
    node: fc.option(
      fc.record({
        kind: fc.constantFrom('exchange' as const, 'queue' as const),
        space: text,
        name: fc.oneof(text, fc.constant('')),
      }),
      { nil: null },
    ),
  }),
  fc.record({ at: fc.constant('send' as const), environmentId: text, queue: maybe }),
  fc.record({ at: fc.constant('environments' as const), environmentId: maybe, edit: maybe }),
)

describe('addresses', () => {
  it('name every place, whatever queues and messages are called', () => {
    fc.assert(
      fc.property(route, (place) => {
        expect(parseHref(hrefOf(place))).toEqual(place)
      }),
    )
    const odd: Route = {
      at: 'queue',
      environmentId: '-',
      queue: 'bullmq/bull/a%2Fb {x} 🙂',
      state: 'dead',
      message: '../#?%',
    }
    expect(parseHref(hrefOf(odd))).toEqual(odd)
  })

  it('lead home when they name nothing', () => {
    for (const hash of ['', '#', '#/', '#/nowhere', '#/e/%E0%A4%A', '#code=abc'])
      expect(parseHref(hash)).toEqual({ at: 'home' })
  })
})
