import type { Driver, PurgeState, ReplayStep } from '../brokers/driver'

export interface ChunkedOptions {
  /** Messages per call; each call is one atomic step of well below a millisecond on the server. */
  readonly chunk?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (moved: number) => void
}

/** Everything that is dead now becomes ready, oldest death first; what dies meanwhile stays. Answers how many. */
export const replayAll = (driver: Driver, queue: string, options: ChunkedOptions = {}): Promise<number> =>
  inChunks((request) => driver.replayDead(queue, request), options)

/** Removes what is in `state` now; what comes meanwhile stays. Answers how many. */
export const purgeAll = (
  driver: Driver,
  queue: string,
  state: PurgeState,
  options: ChunkedOptions = {},
): Promise<number> => inChunks((request) => driver.purge(queue, state, request), options)

/** Small enough for calls of half a millisecond, large enough for millions a second. */
const usualChunk = 500

async function inChunks(
  step: (request: { readonly before: string | null; readonly limit: number }) => Promise<ReplayStep>,
  { chunk = usualChunk, signal, onProgress }: ChunkedOptions,
): Promise<number> {
  const limit = Math.min(Math.max(Math.floor(chunk), 1), 1_000)
  let total = 0
  let before: string | null = null
  do {
    signal?.throwIfAborted()
    const { moved, before: next } = await step({ before, limit })
    total += moved
    before = next
    onProgress?.(total)
  } while (before !== null)
  return total
}
