import type { QueueKey } from '@shared/model/queue'
import { useStore } from 'zustand'
import { useNow } from '../design/now'
import { useConsole, useFeed } from '../stores/console'

interface QueueRef {
  readonly environmentId: string
  readonly queue: QueueKey
}

/** A sample older than this many periods is history, and looks like it. */
const stalePeriods = 5
const staleAtLeastMs = 5_000

/** The age of a queue's figures in milliseconds once they are old, null while they are fresh or not there. */
export function useStale({ environmentId, queue }: QueueRef): number | null {
  const { environments } = useConsole()
  const every = useStore(environments, (state) => state.states.get(environmentId)?.sampleEveryMs ?? 1000)
  const at = useFeed(environmentId, (feed) => feed.samples.get(queue)?.at ?? null)
  const now = useNow()
  if (at === null) return null
  const age = now - at
  return age > Math.max(staleAtLeastMs, every * stalePeriods) ? age : null
}
