import { layoutFacts } from '@shared/model/known-layouts'
import type { Layout, QueueInfo, QueueKey } from '@shared/model/queue'
import { useFeed } from '../stores/console'

type Queues = ReadonlyMap<QueueKey, QueueInfo>

const known = new WeakMap<Queues, ReadonlySet<Layout>>()

/**
 * The space that a queue's name is good in, a virtual host, where its system has such and this environment has queues in several;
 * null where the name alone says which queue it is.
 */
export function spaceOf(queues: Queues, queue: QueueKey): string | null {
  const info = queues.get(queue)
  if (!info || layoutFacts[info.layout].space === undefined) return null
  let divided = known.get(queues)
  if (!divided) {
    divided = dividedLayouts(queues)
    known.set(queues, divided)
  }
  return divided.has(info.layout) ? info.prefix : null
}

export const useSpace = (environmentId: string, queue: QueueKey): string | null =>
  useFeed(environmentId, (feed) => spaceOf(feed.queues, queue))

function dividedLayouts(queues: Queues): ReadonlySet<Layout> {
  const first = new Map<Layout, string>()
  const divided = new Set<Layout>()
  for (const { layout, prefix } of queues.values()) {
    const other = first.get(layout)
    if (other === undefined) first.set(layout, prefix)
    else if (other !== prefix) divided.add(layout)
  }
  return divided
}
