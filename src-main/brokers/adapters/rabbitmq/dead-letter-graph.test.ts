import { describe, expect, it } from 'vitest'
import type { Binding, Exchange, Routes } from './bindings'
import { deadLetterGraphOf } from './dead-letter-graph'
import { factsOf, type QueueFacts } from './queue-facts'

const queue = (name: string, given: Readonly<Record<string, unknown>> = {}, policy = {}): QueueFacts =>
  factsOf({ vhost: '/', name, type: 'classic', arguments: given, effective_policy_definition: policy })

function routes(
  queues: readonly QueueFacts[],
  exchanges: Readonly<Record<string, string>> = {},
  bindings: readonly (readonly [source: string, key: string, queue: string])[] = [],
): Routes {
  const bySource = new Map<string, Binding[]>()
  for (const [source, routingKey, destination] of bindings) {
    bySource.set(source, [...(bySource.get(source) ?? []), { source, routingKey, destination, toQueue: true }])
  }
  return {
    exchanges: new Map(
      Object.entries(exchanges).map(([name, type]): [string, Exchange] => [name, { name, type, alternate: null }]),
    ),
    bindings: bySource,
    queues: new Set(queues.map(({ address }) => address.name)),
  }
}

const sources = (queues: readonly QueueFacts[], known: Routes) =>
  Object.fromEntries(deadLetterGraphOf(queues, known).sourcesOf)

describe('dead-letter queues', () => {
  it('are told by an argument with a key of its own, or by a policy', () => {
    const queues = [
      queue('orders', { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'orders.dead' }),
      queue('mails', {}, { 'dead-letter-exchange': 'dlx' }),
      queue('orders.dead'),
      queue('mails.dead'),
    ]
    const known = routes(queues, { dlx: 'fanout' }, [['dlx', '', 'mails.dead']])
    expect(sources(queues, known)).toEqual({ 'orders.dead': ['orders'], 'mails.dead': ['mails'] })
  })

  it('are found by the keys that lead to the queue, where dead letters keep theirs', () => {
    const queues = [queue('orders', { 'x-dead-letter-exchange': 'dlx' }), queue('a.dead'), queue('b.dead')]
    const known = routes(queues, { dlx: 'topic', events: 'topic' }, [
      ['events', 'order.*', 'orders'],
      ['dlx', 'order.#', 'a.dead'],
      ['dlx', 'mail.#', 'b.dead'],
    ])
    expect(sources(queues, known)).toEqual({ 'a.dead': ['orders'] })
  })

  it('are not those of a retry loop, which sends back what waited', () => {
    const queues = [
      queue('work', { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'wait' }),
      queue('wait', {
        'x-dead-letter-exchange': '',
        'x-dead-letter-routing-key': 'work',
        'x-message-ttl': 30_000,
      }),
      queue('other', { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'parked' }),
      queue('parked'),
    ]
    expect(sources(queues, routes(queues))).toEqual({ parked: ['other'] })
  })

  it('may have a dead-letter queue of their own', () => {
    const queues = [
      queue('work', { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'dead' }),
      queue('dead', { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'archive' }),
      queue('archive'),
    ]
    expect(sources(queues, routes(queues))).toEqual({ dead: ['work'], archive: ['dead'] })
  })

  it('are not guessed: an exchange that is missing or goes by headers makes none', () => {
    const queues = [
      queue('a', { 'x-dead-letter-exchange': 'missing' }),
      queue('b', { 'x-dead-letter-exchange': 'h' }),
      queue('c', { 'x-dead-letter-exchange': 'd' }),
      queue('dead'),
    ]
    const known = routes(queues, { h: 'headers', d: 'direct' }, [
      ['h', '', 'dead'],
      ['d', 'unlikely', 'dead'],
    ])
    expect(sources(queues, known)).toEqual({})
  })
})
