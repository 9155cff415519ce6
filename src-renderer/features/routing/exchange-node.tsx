import type { RoutingGraph } from '@shared/model/routing'
import { visible } from '@shared/payload/visible'
import { rate } from '../../design/number-format'
import type { RouteNode } from '../../stores/route'
import { type ExchangeRow, waysOf } from './graph'
import { edgeRows, Neighbourhood } from './neighbourhood'
import { nameOf } from './node-link'

interface ExchangeNodeProps {
  readonly environmentId: string
  readonly graph: RoutingGraph
  readonly exchange: ExchangeRow
}

export function ExchangeNode({ environmentId, graph, exchange }: ExchangeNodeProps) {
  const node: RouteNode = { kind: 'exchange', space: exchange.space, name: exchange.name }
  const { from, to } = waysOf(graph, node)
  const isDefault = exchange.name === ''
  return (
    <Neighbourhood
      from={{
        title: 'Comes from',
        rows: edgeRows(environmentId, from),
        empty: 'Publishers alone; no exchange and no dead letters lead here.',
      }}
      to={{
        title: 'Leads to',
        rows: edgeRows(environmentId, to),
        empty: isDefault
          ? 'Every queue, by its own name as the routing key.'
          : 'Nowhere: what is published here is dropped.',
      }}
    >
      <h3 className="break-words font-semibold">{nameOf(node)}</h3>
      <p className="text-12 text-muted">{[`${exchange.type} exchange`, ...exchange.facts].map(visible).join(', ')}</p>
      <p className="text-12 text-muted">vhost {visible(exchange.space)}</p>
      <p className="tabular text-12 text-muted">
        in {rate(exchange.inPerSecond)}/s, out {rate(exchange.outPerSecond)}/s
      </p>
    </Neighbourhood>
  )
}
