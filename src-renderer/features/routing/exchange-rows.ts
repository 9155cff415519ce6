import type { RoutingGraph } from '@shared/model/routing'

export type Exchange = RoutingGraph['exchanges'][number]
export type Binding = RoutingGraph['bindings'][number]

export interface ExchangeRow extends Exchange {
  readonly key: string
  /** Bindings that lead away from it. */
  readonly routes: number
}

export const keyOfExchange = (space: string, name: string): string => `${space}\n${name}`

/** Those that lead somewhere first, each by name; the broker's own amq.* last. */
export function exchangeRows(graph: RoutingGraph | null): readonly ExchangeRow[] {
  const routes = new Map<string, number>()
  for (const { space, source } of graph?.bindings ?? []) {
    const key = keyOfExchange(space, source)
    routes.set(key, (routes.get(key) ?? 0) + 1)
  }
  const rows = (graph?.exchanges ?? []).map((exchange) => {
    const key = keyOfExchange(exchange.space, exchange.name)
    return { ...exchange, key, routes: routes.get(key) ?? 0 }
  })
  return rows.sort((a, b) => rank(a) - rank(b) || (a.key < b.key ? -1 : 1))
}

const rank = ({ name, routes }: ExchangeRow): number => (name.startsWith('amq.') ? 2 : 0) + (routes > 0 ? 0 : 1)

/** What leads from an exchange and what leads to it, by routing key. */
export function routesOf(graph: RoutingGraph, { space, name }: Exchange) {
  const byKey = (a: Binding, b: Binding) => (a.routingKey < b.routingKey ? -1 : a.routingKey > b.routingKey ? 1 : 0)
  return {
    from: graph.bindings.filter((each) => each.space === space && each.source === name).sort(byKey),
    to: graph.bindings
      .filter((each) => each.space === space && each.targetKind === 'exchange' && each.target === name)
      .sort(byKey),
  }
}
