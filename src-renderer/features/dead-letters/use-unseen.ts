import { layoutFacts } from '@shared/model/known-layouts'
import { figureOf } from '@shared/model/sample'
import { useFeed } from '../../stores/console'

export interface UnseenQueue {
  readonly key: string
  readonly name: string
  /** As the broker counts, about. */
  readonly dead: number
}

/** Queues whose dead letters are counted and not seen before somebody pays for a look. */
export function useUnseen(environmentId: string): readonly UnseenQueue[] {
  const queues = useFeed(environmentId, (feed) => feed.queues)
  const samples = useFeed(environmentId, (feed) => feed.samples)
  return [...queues.values()].flatMap(({ key, name, layout }) => {
    const dead = figureOf(samples.get(key), 'dead') ?? 0
    return layoutFacts[layout].isPeeked && dead > 0 ? [{ key, name, dead }] : []
  })
}
