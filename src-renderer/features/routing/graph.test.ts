import type { RoutingGraph } from '@shared/model/routing'
import { describe, expect, it } from 'vitest'
import type { RouteNode } from '../../stores/route'
import { exchangeRows, waysOf } from './graph'

const exchange = (name: string, space = '/') => ({
  space,
  name,
  type: 'topic',
  facts: [],
  inPerSecond: null,
  outPerSecond: null,
})
const binding = (change: Partial<RoutingGraph['bindings'][number]>): RoutingGraph['bindings'][number] => ({
  space: '/',
  source: 'shop',
  target: 'mail',
  targetKind: 'queue',
  routingKey: '',
  arguments: '',
  deadLetter: false,
  ...change,
})
const graph: RoutingGraph = {
  exchanges: [exchange(''), exchange('amq.topic'), exchange('shop'), exchange('mail')],
  bindings: [
    binding({ routingKey: 'mail.#' }),
    binding({ routingKey: 'audit', target: 'mail', targetKind: 'exchange' }),
    binding({ source: 'mail', target: 'mail', targetKind: 'exchange', deadLetter: true }),
    binding({ source: 'mail', target: 'mail.dead' }),
    binding({ space: 'billing' }),
  ],
  truncated: false,
}
const at = (kind: RouteNode['kind'], name: string): RouteNode => ({ kind, space: '/', name })
const names = (node: RouteNode) => {
  const { from, to } = waysOf(graph, node)
  return {
    from: from.map(({ other }) => `${other.kind} ${other.name}`),
    to: to.map(({ other }) => `${other.kind} ${other.name}`),
  }
}

describe('the graph of routes', () => {
  it('is walked from place to place, and back', () => {
    expect(names(at('exchange', 'shop'))).toEqual({ from: [], to: ['exchange mail', 'queue mail'] })
    expect(names(at('queue', 'mail'))).toEqual({ from: ['exchange shop'], to: ['exchange mail'] })
    expect(names(at('queue', 'mail.dead')).from).toEqual(['exchange mail'])
  })

  it('does not take a queue for an exchange of the same name', () => {
    expect(names(at('exchange', 'mail'))).toEqual({
      from: ['queue mail', 'exchange shop'],
      to: ['queue mail.dead'],
    })
    expect(exchangeRows(graph).map(({ name, routes }) => [name, routes])).toEqual([
      ['mail', 1],
      ['shop', 2],
      ['', 0],
      ['amq.topic', 0],
    ])
  })
})
