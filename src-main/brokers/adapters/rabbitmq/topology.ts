import type { Failure } from '@shared/failure'
import type { QueueAddress } from '@shared/model/queue'
import type { RabbitmqConnection } from '../../clients/rabbitmq'
import { recordOf, textIn, valueIn } from '../../clients/rabbitmq-json'
import type { Binding, Exchange, Routes } from './bindings'
import { type DeadLetterGraph, deadLetterGraphOf } from './dead-letter-graph'
import { listPerSpace, listQueues } from './listing'
import { factColumns, type QueueFacts } from './queue-facts'

/** One virtual host as it was at one moment. */
export interface Space {
  readonly queues: ReadonlyMap<string, QueueFacts>
  readonly routes: Routes
  readonly deadLetters: DeadLetterGraph
}

export interface Topology {
  readonly spaces: ReadonlyMap<string, Space>
  /** Why virtual hosts that were named are not among them. */
  readonly troubles: ReadonlyMap<string, Failure>
}

/** Queues and bindings change seldom; whatever changes messages looks anew. Milliseconds. */
const goodForMs = 30_000

/** Which queues there are and how messages come to them: read whole, kept a while, and shared by all that asks. */
export class TopologyKeeper {
  private known: { readonly topology: Topology; readonly at: number } | undefined
  private reading: Promise<Topology> | undefined

  constructor(private readonly connection: RabbitmqConnection) {}

  /** At most half a minute old. */
  async recent(): Promise<Topology> {
    const { known } = this
    const { clock } = this.connection
    return known && clock.elapsed() - known.at < goodForMs ? known.topology : await this.fresh()
  }

  /** Read now; those who ask meanwhile share the answer. */
  async fresh(): Promise<Topology> {
    this.reading ??= readTopology(this.connection)
      .then((topology) => {
        this.known = { topology, at: this.connection.clock.elapsed() }
        return topology
      })
      .finally(() => {
        this.reading = undefined
      })
    return await this.reading
  }
}

export const spaceOf = ({ spaces }: Topology, { prefix }: QueueAddress): Space => spaces.get(prefix) ?? emptySpace

export const isDeadLetterQueue = (topology: Topology, queue: QueueAddress): boolean =>
  spaceOf(topology, queue).deadLetters.sourcesOf.has(queue.name)

const emptySpace: Space = {
  queues: new Map(),
  routes: { exchanges: new Map(), bindings: new Map(), queues: new Set() },
  deadLetters: { ways: new Map(), sourcesOf: new Map() },
}

async function readTopology(connection: RabbitmqConnection): Promise<Topology> {
  const [{ rows: facts, troubles }, { rows: exchanges }, { rows: bindings }] = await Promise.all([
    listQueues(connection, factColumns),
    listPerSpace(connection, 'exchanges', 'name,vhost,type,arguments'),
    listPerSpace(connection, 'bindings', 'source,vhost,destination,destination_type,routing_key'),
  ])
  const names = new Set([...facts.map(({ address }) => address.prefix), ...exchanges.map(vhostIn)])
  const byVhost = {
    facts: grouped(facts, ({ address }) => address.prefix),
    exchanges: grouped(exchanges, vhostIn),
    bindings: grouped(bindings, vhostIn),
  }
  return {
    troubles,
    spaces: new Map(
      [...names].map((vhost) => [
        vhost,
        spaceFrom(byVhost.facts.get(vhost) ?? [], {
          exchanges: byVhost.exchanges.get(vhost) ?? [],
          bindings: byVhost.bindings.get(vhost) ?? [],
        }),
      ]),
    ),
  }
}

const vhostIn = (row: unknown): string => textIn(row, 'vhost') ?? ''

function spaceFrom(
  facts: readonly QueueFacts[],
  rows: { readonly exchanges: readonly unknown[]; readonly bindings: readonly unknown[] },
): Space {
  const queues = new Map(facts.map((each) => [each.address.name, each]))
  const exchanges = new Map(
    rows.exchanges.map((row): [string, Exchange] => {
      const alternate = textIn(recordOf(valueIn(row, 'arguments')), 'alternate-exchange')
      const name = textIn(row, 'name') ?? ''
      return [name, { name, type: textIn(row, 'type') ?? '', alternate }]
    }),
  )
  const bindings = grouped(
    rows.bindings.map(
      (row): Binding => ({
        source: textIn(row, 'source') ?? '',
        destination: textIn(row, 'destination') ?? '',
        toQueue: textIn(row, 'destination_type') === 'queue',
        routingKey: textIn(row, 'routing_key') ?? '',
      }),
    ),
    ({ source }) => source,
  )
  bindings.delete('')
  const routes: Routes = { exchanges, bindings, queues: new Set(queues.keys()) }
  return { queues, routes, deadLetters: deadLetterGraphOf(facts, routes) }
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}
