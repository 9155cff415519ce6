import { Failure } from '@shared/failure'
import type { Driver } from '../brokers/driver'
import type { PurgeState, ReplayStep } from '../brokers/driver-messages'
import { pause, systemClock } from '../runtime/clock'
import { partOf, requireAbility } from './abilities'

export interface ChunkedOptions {
  /**
   * Messages per call at most; each call is one atomic step of well below a millisecond on the server. Default: 1,000 where ids alone are
   * moved, 500 for what is replayed at a pace, 250 for a purge.
   */
  readonly chunk?: number
  /** At most so many messages a second; default: as fast as it goes. */
  readonly ratePerSecond?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (moved: number) => void
}

/** Everything that is dead now becomes ready, oldest death first; what dies meanwhile stays. Answers how many. */
export async function replayAll(driver: Driver, queue: string, options: ChunkedOptions = {}): Promise<number> {
  const dead = partOf(driver, driver.dead, { ability: 'replay', queue, act: 'replay dead letters' })
  const step: Step = (request) => dead.replayDead(queue, request)
  if (options.ratePerSecond !== undefined) return inChunks(step, options)
  // The bound that the first step finds holds for all others, so that they need not wait for one another.
  const most = chunkOf({ ...options, chunk: options.chunk ?? mostPerChunk })
  let limit = Math.min(firstChunk, most)
  const first = await step({ before: null, limit })
  options.onProgress?.(first.moved)
  let total = first.moved
  let { before } = first
  const lane = async () => {
    while (before !== null) {
      options.signal?.throwIfAborted()
      limit = Math.min(limit + firstChunk, most)
      const { moved, before: next } = await step({ before, limit })
      total += moved
      if (next === null) before = null
      options.onProgress?.(total)
    }
  }
  await Promise.all(Array.from({ length: lanesOfReplay }, lane))
  return total
}

/** The first calls meet memory that nobody has touched for long, and take twice as long as those after them. */
const firstChunk = 250

/** Enough that the broker never waits for this process, few enough that others get their turn. */
const lanesOfReplay = 2

/** Removes what is in `state` now; what comes meanwhile stays. Answers how many. */
export async function purgeAll(
  driver: Driver,
  queue: string,
  state: PurgeState,
  options: ChunkedOptions = {},
): Promise<number> {
  requireAbility(driver, 'purge', queue, 'purge messages')
  return inChunks((request) => driver.purge(queue, state, request), { chunk: purgeChunk, ...options })
}

/** Small enough for calls of half a millisecond where more than an id is moved. */
const usualChunk = 500
/** A purge takes bodies away, which costs more than moving ids. */
const purgeChunk = 250
const mostPerChunk = 1_000

/** What a pace makes of a chunk: a tenth of a second's worth at most, so that it is a stream and no surge. */
export function chunkOf({ chunk = usualChunk, ratePerSecond }: ChunkedOptions, most = mostPerChunk): number {
  if (ratePerSecond !== undefined && !(ratePerSecond > 0))
    throw new Failure({ code: 'bad-input', message: `ratePerSecond is above 0, not ${ratePerSecond}.` })
  const paced = ratePerSecond === undefined ? most : Math.ceil(ratePerSecond / 10)
  return Math.min(Math.max(Math.floor(chunk), 1), paced, most)
}

/** Waits until `moved` messages since `from` are within the pace. */
export async function keepPace(
  { ratePerSecond, signal }: ChunkedOptions,
  { from, moved }: { readonly from: number; readonly moved: number },
): Promise<void> {
  signal?.throwIfAborted()
  if (ratePerSecond === undefined) return
  const early = from + (moved / ratePerSecond) * 1_000 - systemClock.elapsed()
  if (early > 0) await pause(systemClock, early, signal)
  signal?.throwIfAborted()
}

type Step = (request: { readonly before: string | null; readonly limit: number }) => Promise<ReplayStep>

async function inChunks(step: Step, options: ChunkedOptions): Promise<number> {
  const limit = chunkOf(options)
  const from = systemClock.elapsed()
  let total = 0
  let before: string | null = null
  do {
    await keepPace(options, { from, moved: total })
    const { moved, before: next } = await step({ before, limit })
    total += moved
    before = next
    options.onProgress?.(total)
  } while (before !== null)
  return total
}
