import type { Cause } from '@shared/model/message'
import type { Sort } from '../../design/table-props'

/** By what their title says; the list is whole, so a filter over it leaves nothing out. */
export function matchingCauses(causes: readonly Cause[], filter: string): readonly Cause[] {
  const words = filter.trim().toLowerCase().split(/\s+/).filter(Boolean)
  return causes.filter((cause) => words.every((word) => cause.title.toLowerCase().includes(word)))
}

export function sortCauses(causes: readonly Cause[], { column, descending }: Sort): readonly Cause[] {
  const turn = descending ? -1 : 1
  return [...causes].sort((a, b) => {
    const by =
      column === 'title'
        ? a.title.localeCompare(b.title)
        : column === 'firstAt'
          ? (a.firstAt ?? 0) - (b.firstAt ?? 0)
          : column === 'lastAt'
            ? (a.lastAt ?? 0) - (b.lastAt ?? 0)
            : a.count - b.count
    return by * turn || a.key.localeCompare(b.key)
  })
}

export const queuesOf = (causes: readonly Cause[]): readonly string[] => [
  ...new Set(causes.flatMap((cause) => cause.queues.map((queue) => queue.key))),
]
