import { destinationsOf, type Routes } from './bindings'
import { type QueueFacts, textSetting } from './queue-facts'

/** Where one queue's dead letters go. */
export interface DeadLetterWay {
  readonly source: string
  readonly exchange: string
  /** null: they keep the routing key that they came with. */
  readonly routingKey: string | null
  /** Names of queues that they reach. */
  readonly targets: readonly string[]
  /** false: it depends on routing keys or headers that only the messages have. */
  readonly certain: boolean
}

export interface DeadLetterGraph {
  readonly ways: ReadonlyMap<string, DeadLetterWay>
  /** Queues that dead letters end in, with those that they come from. */
  readonly sourcesOf: ReadonlyMap<string, readonly string[]>
}

/**
 * Pure, for one virtual host. A queue is a dead-letter queue when another's dead letters surely go there, unless they go round in
 * a circle: then it is part of a retry loop (a queue that waits and sends back), and what stands in it will be tried again.
 */
export function deadLetterGraphOf(queues: readonly QueueFacts[], routes: Routes): DeadLetterGraph {
  const ways = new Map<string, DeadLetterWay>()
  for (const facts of queues) {
    const way = wayOf(facts, routes)
    if (way) ways.set(way.source, way)
  }
  const sourcesOf = new Map<string, string[]>()
  for (const { source, targets, certain } of ways.values()) {
    for (const target of targets) {
      if (!certain || isOnCircle(ways, target)) continue
      sourcesOf.set(target, [...(sourcesOf.get(target) ?? []), source])
    }
  }
  return { ways, sourcesOf }
}

function wayOf(facts: QueueFacts, routes: Routes): DeadLetterWay | null {
  const exchange = textSetting(facts, 'dead-letter-exchange')
  if (exchange === null) return null
  const { name: source } = facts.address
  const routingKey = textSetting(facts, 'dead-letter-routing-key')
  const way = { source, exchange, routingKey }
  if (routingKey !== null) {
    const { queues, certain } = destinationsOf(routes, exchange, [routingKey])
    return { ...way, targets: queues, certain }
  }
  // Which keys its messages came with is not known; those by which it is reached are the likely ones.
  const { queues, certain } = destinationsOf(routes, exchange, keysOf(source, routes))
  return { ...way, targets: queues, certain: certain && queues.length > 0 }
}

const keysOf = (queue: string, routes: Routes): readonly string[] => [
  queue,
  ...[...routes.bindings.values()]
    .flat()
    .filter(({ toQueue, destination }) => toQueue && destination === queue)
    .map(({ routingKey }) => routingKey),
]

function isOnCircle(ways: ReadonlyMap<string, DeadLetterWay>, start: string): boolean {
  const seen = new Set<string>()
  const next = [...(ways.get(start)?.targets ?? [])]
  for (let name = next.pop(); name !== undefined; name = next.pop()) {
    if (name === start) return true
    if (seen.has(name)) continue
    seen.add(name)
    next.push(...(ways.get(name)?.targets ?? []))
  }
  return false
}
