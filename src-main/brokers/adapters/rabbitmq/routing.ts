import type { RoutingGraph } from '@shared/model/routing'
import type { RabbitmqConnection } from '../../clients/rabbitmq'
import { numberIn, recordOf, textIn, valueIn } from '../../clients/rabbitmq-json'
import { listPerSpace } from './listing'
import type { TopologyKeeper } from './topology'

const most = 5_000

/**
 * Exchanges and bindings as the broker has them, and besides an edge for each queue's dead letters: its source is then the queue,
 * its target the dead-letter exchange, or the queue itself where that is the default exchange. The default exchange's own
 * bindings, one per queue, are left out.
 */
export async function routingOf(connection: RabbitmqConnection, topology: TopologyKeeper): Promise<RoutingGraph> {
  const [{ rows: exchanges }, { rows: bindings }, known] = await Promise.all([
    listPerSpace(connection, 'exchanges', 'name,vhost,type,durable,auto_delete,internal,arguments,message_stats'),
    listPerSpace(connection, 'bindings', 'source,vhost,destination,destination_type,routing_key,arguments'),
    topology.fresh(),
  ])
  const named = bindings.filter((row) => textIn(row, 'source') !== '')
  const deaths = [...known.spaces].flatMap(([space, { deadLetters }]) =>
    [...deadLetters.ways.values()].flatMap((way) => deathEdges(space, way)),
  )
  const edges = [...named.map(bindingOf), ...deaths]
  return {
    exchanges: exchanges.slice(0, most).map(exchangeOf),
    bindings: edges.slice(0, most),
    truncated: exchanges.length > most || edges.length > most,
  }
}

function exchangeOf(row: unknown): RoutingGraph['exchanges'][number] {
  const alternate = textIn(recordOf(valueIn(row, 'arguments')), 'alternate-exchange')
  const stats = valueIn(row, 'message_stats')
  return {
    space: textIn(row, 'vhost') ?? '',
    name: textIn(row, 'name') ?? '',
    type: textIn(row, 'type') ?? '',
    facts: [
      valueIn(row, 'durable') === true ? 'durable' : 'transient',
      ...(valueIn(row, 'internal') === true ? ['internal'] : []),
      ...(valueIn(row, 'auto_delete') === true ? ['auto-delete'] : []),
      ...(alternate === null ? [] : [`alternate: ${alternate}`]),
    ],
    inPerSecond: numberIn(valueIn(stats, 'publish_in_details'), 'rate'),
    outPerSecond: numberIn(valueIn(stats, 'publish_out_details'), 'rate'),
  }
}

function bindingOf(row: unknown): RoutingGraph['bindings'][number] {
  const given = recordOf(valueIn(row, 'arguments'))
  return {
    space: textIn(row, 'vhost') ?? '',
    source: textIn(row, 'source') ?? '',
    target: textIn(row, 'destination') ?? '',
    targetKind: textIn(row, 'destination_type') === 'exchange' ? 'exchange' : 'queue',
    routingKey: textIn(row, 'routing_key') ?? '',
    arguments: Object.keys(given).length === 0 ? '' : JSON.stringify(given),
    deadLetter: false,
  }
}

function deathEdges(
  space: string,
  way: {
    readonly source: string
    readonly exchange: string
    readonly routingKey: string | null
    readonly targets: readonly string[]
  },
): RoutingGraph['bindings'] {
  const edge = { space, source: way.source, routingKey: way.routingKey ?? '', arguments: '', deadLetter: true }
  return way.exchange === ''
    ? way.targets.map((target) => ({ ...edge, target, targetKind: 'queue' }))
    : [{ ...edge, target: way.exchange, targetKind: 'exchange' }]
}
