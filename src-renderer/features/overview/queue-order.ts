import { parseQueueKey, type QueueInfo, type QueueKey } from '@shared/model/queue'
import { depthOf, figureOf, type Metric, type Sample } from '@shared/model/sample'
import { spaceOf } from '../space'

export const groupings = ['product', 'prefix', 'none'] as const
export type Grouping = (typeof groupings)[number]

export type SortColumn = 'name' | 'depth' | Metric

export interface OrderOptions {
  readonly grouping: Grouping
  readonly column: SortColumn
  readonly descending: boolean
  readonly filter: string
}

export interface QueueGroup {
  readonly name: string
  readonly keys: readonly QueueKey[]
}

interface Figures {
  readonly keys: readonly QueueKey[]
  readonly queues: ReadonlyMap<QueueKey, QueueInfo>
  readonly samples: ReadonlyMap<QueueKey, Sample>
}

/** The queues that match, grouped and sorted. `keys` come by name already; what is unknown stands last either way. */
export function orderQueues(figures: Figures, options: OrderOptions): readonly QueueGroup[] {
  const wanted = options.filter.trim().toLowerCase()
  const isWanted = (key: QueueKey) =>
    `${nameOf(figures.queues, key)} ${spaceOf(figures.queues, key) ?? ''}`.toLowerCase().includes(wanted)
  const matching = figures.keys.filter((key) => wanted === '' || isWanted(key))
  const groups = new Map<string, QueueKey[]>()
  for (const key of matching) {
    const name = groupOf(figures.queues, key, options.grouping)
    const group = groups.get(name)
    if (group) group.push(key)
    else groups.set(name, [key])
  }
  const names = [...groups.keys()].sort((a, b) => Number(a === '') - Number(b === '') || a.localeCompare(b))
  return names.map((name) => ({ name, keys: sortKeys(groups.get(name)!, figures.samples, options) }))
}

const nameOf = (queues: ReadonlyMap<QueueKey, QueueInfo>, key: QueueKey) =>
  queues.get(key)?.name ?? parseQueueKey(key)?.name ?? key

function groupOf(queues: Figures['queues'], key: QueueKey, grouping: Grouping): string {
  const queue = queues.get(key)
  switch (grouping) {
    case 'none':
      return ''
    case 'product':
      return queue?.product ?? ''
    case 'prefix':
      return spaceOf(queues, key) ?? queue?.name.match(/^([^:./-]{2,40})[:./-]/)?.[1] ?? ''
  }
}

function sortKeys(
  keys: readonly QueueKey[],
  samples: ReadonlyMap<QueueKey, Sample>,
  { column, descending }: OrderOptions,
): readonly QueueKey[] {
  if (column === 'name') return descending ? keys.toReversed() : keys
  const value = (key: QueueKey) => (column === 'depth' ? depthOf(samples.get(key)) : figureOf(samples.get(key), column))
  const turn = descending ? -1 : 1
  return keys
    .map((key, place) => ({ key, place, value: value(key) }))
    .sort((a, b) => {
      if (a.value === b.value) return a.place - b.place
      if (a.value === null) return 1
      if (b.value === null) return -1
      return (a.value - b.value) * turn
    })
    .map(({ key }) => key)
}

/**
 * The order as it is shown, and below it what has come since: new groups, and new keys of the last group. Nothing that is
 * there moves by it; a key that would push others down waits for the re-sort.
 */
export function withArrivals(shown: readonly QueueGroup[], next: readonly QueueGroup[]): readonly QueueGroup[] {
  const known = new Set(shown.map((group) => group.name))
  const last = shown.at(-1)
  const kept = shown.map((group) => {
    if (group !== last) return group
    const own = new Set(group.keys)
    const arrived = next.find(({ name }) => name === group.name)?.keys.filter((key) => !own.has(key)) ?? []
    return arrived.length === 0 ? group : { ...group, keys: [...group.keys, ...arrived] }
  })
  const isSame = kept.at(-1) === last && next.every(({ name }) => known.has(name))
  return isSame ? shown : [...kept, ...next.filter(({ name }) => !known.has(name))]
}

/** How many keys stand in another place than before: what "re-sort" would move. */
export function movedCount(shown: readonly QueueGroup[], next: readonly QueueGroup[]): number {
  const before = shown.flatMap((group) => group.keys)
  const after = next.flatMap((group) => group.keys)
  let moved = 0
  for (let at = 0; at < Math.max(before.length, after.length); at++) if (before[at] !== after[at]) moved++
  return moved
}
