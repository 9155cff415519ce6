import type { RoutingGraph } from '@shared/model/routing'
import type { RouteNode } from '../../stores/route'

type Exchange = RoutingGraph['exchanges'][number]
type Binding = RoutingGraph['bindings'][number]

/** A way between two places, seen from one of them. */
export interface GraphEdge {
  readonly other: RouteNode
  readonly routingKey: string
  /** Header arguments, as text; "" for none. */
  readonly arguments: string
  readonly deadLetter: boolean
}

export interface ExchangeRow extends Exchange {
  readonly key: string
  /** Ways that lead away from it. */
  readonly routes: number
}

/** Names hold anything but a line break. */
export const nodeKey = ({ kind, space, name }: RouteNode): string => [kind, space, name].join('\n')

/** Those that lead somewhere first, each by name; the broker's own amq.* last. */
export function exchangeRows(graph: RoutingGraph | null): readonly ExchangeRow[] {
  const routes = new Map<string, number>()
  for (const binding of graph?.bindings ?? []) {
    const key = nodeKey(sourceOf(binding))
    routes.set(key, (routes.get(key) ?? 0) + 1)
  }
  const rows = (graph?.exchanges ?? []).map((exchange) => {
    const key = nodeKey({ kind: 'exchange', space: exchange.space, name: exchange.name })
    return { ...exchange, key, routes: routes.get(key) ?? 0 }
  })
  return rows.sort((a, b) => rank(a) - rank(b) || (a.key < b.key ? -1 : 1))
}

const rank = ({ name, routes }: ExchangeRow): number => (name.startsWith('amq.') ? 2 : 0) + (routes > 0 ? 0 : 1)

/** What leads to a place, and where it leads; each by routing key. The default exchange's own ways, one per queue, are not listed. */
export function waysOf(
  graph: RoutingGraph,
  node: RouteNode,
): { readonly from: readonly GraphEdge[]; readonly to: readonly GraphEdge[] } {
  const key = nodeKey(node)
  const edges = (bindings: readonly Binding[], otherOf: (binding: Binding) => RouteNode): readonly GraphEdge[] =>
    bindings
      .map((binding) => ({ ...binding, other: otherOf(binding) }))
      .sort((a, b) => order(a.routingKey, b.routingKey) || order(a.other.name, b.other.name))
  return {
    from: edges(
      graph.bindings.filter((binding) => nodeKey(targetOf(binding)) === key),
      sourceOf,
    ),
    to: edges(
      graph.bindings.filter((binding) => nodeKey(sourceOf(binding)) === key),
      targetOf,
    ),
  }
}

/** What a dead letter leaves is a queue. */
const sourceOf = ({ space, source, deadLetter }: Binding): RouteNode => ({
  kind: deadLetter ? 'queue' : 'exchange',
  space,
  name: source,
})

const targetOf = ({ space, target, targetKind }: Binding): RouteNode => ({ kind: targetKind, space, name: target })

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
