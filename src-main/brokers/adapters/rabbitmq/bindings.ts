/** Where exchanges lead, within one virtual host, as far as can be told without publishing anything. */
export interface Exchange {
  readonly name: string
  readonly type: string
  readonly alternate: string | null
}

export interface Binding {
  readonly source: string
  readonly destination: string
  readonly toQueue: boolean
  readonly routingKey: string
}

export interface Routes {
  readonly exchanges: ReadonlyMap<string, Exchange>
  /** By source. The default exchange's own are not among them. */
  readonly bindings: ReadonlyMap<string, readonly Binding[]>
  readonly queues: ReadonlySet<string>
}

export interface Destinations {
  /** Names of queues. */
  readonly queues: readonly string[]
  /** false: an exchange on the way decides by headers, or by a plugin's own rule, so it may be others or fewer. */
  readonly certain: boolean
}

/** Exchanges may be bound to exchanges, in circles too. */
const longestWay = 16

/** Pure: the queues that a message published so reaches. */
export function destinationsOf(routes: Routes, exchange: string, routingKeys: readonly string[]): Destinations {
  const reached = new Set<string>()
  let certain = true
  const seen = new Set<string>()
  const follow = (name: string, depth: number) => {
    if (seen.has(name)) return
    seen.add(name)
    if (depth > longestWay) {
      certain = false
      return
    }
    if (name === '') {
      for (const key of routingKeys) if (routes.queues.has(key)) reached.add(key)
      return
    }
    const known = routes.exchanges.get(name)
    if (!known) {
      certain = false
      return
    }
    const matching = (routes.bindings.get(name) ?? []).filter((binding) => {
      const matches = matchesBinding(known.type, binding.routingKey, routingKeys)
      if (matches === null) certain = false
      return matches !== false
    })
    if (matching.length === 0 && known.alternate !== null) follow(known.alternate, depth + 1)
    for (const { destination, toQueue } of matching) {
      if (toQueue) reached.add(destination)
      else follow(destination, depth + 1)
    }
  }
  follow(exchange, 0)
  return { queues: [...reached], certain }
}

/** null: it depends on more than the routing key. */
function matchesBinding(type: string, pattern: string, routingKeys: readonly string[]): boolean | null {
  switch (type) {
    case 'fanout':
      return true
    case 'direct':
      return routingKeys.includes(pattern)
    case 'topic':
      return routingKeys.some((key) => matchesTopic(pattern, key))
    default:
      return null
  }
}

/** `*` stands for one word, `#` for any number of them; words are parted by dots. Linear in pattern times key. */
export function matchesTopic(pattern: string, key: string): boolean {
  const words = key === '' ? [] : key.split('.')
  // reachable[i]: the pattern so far can have eaten the first i words.
  let reachable = [true, ...words.map(() => false)]
  for (const part of pattern === '' ? [] : pattern.split('.')) {
    const next = reachable.map(() => false)
    for (let at = 0; at <= words.length; at += 1) {
      if (part === '#') next[at] = Boolean(reachable[at] || (at > 0 && next[at - 1]))
      else next[at] = at > 0 && Boolean(reachable[at - 1]) && (part === '*' || part === words[at - 1])
    }
    reachable = next
  }
  return reachable[words.length] ?? false
}
