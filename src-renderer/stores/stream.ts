import type { Trouble } from '@shared/model/environment'
import { troubleOf } from './trouble'

export interface StreamOptions<Item> {
  readonly open: (signal: AbortSignal) => Promise<AsyncIterable<Item>>
  /** Must be quick and synchronous: what is received has already been acknowledged. */
  readonly onItem: (item: Item) => void
  /** null as soon as an item arrives again. */
  readonly onTrouble: (trouble: Trouble | null) => void
  /** Milliseconds before the next try; grows to `maxDelayMs`. */
  readonly delayMs?: number
  readonly maxDelayMs?: number
}

/**
 * Keeps one live stream: opens it, hands on what comes, and opens it again when it ends for whatever reason, until stopped.
 * A stream begins with a snapshot, so nothing is missed by beginning again. Returns the stop; stopping twice is harmless.
 */
export function keepStream<Item>(options: StreamOptions<Item>): () => void {
  const { open, onItem, onTrouble, delayMs = 500, maxDelayMs = 10_000 } = options
  const stop = new AbortController()
  let delay = delayMs
  const run = async () => {
    while (!stop.signal.aborted) {
      try {
        const items = await open(stop.signal)
        for await (const item of items) {
          if (stop.signal.aborted) return
          if (delay !== 0) onTrouble(null)
          delay = 0
          onItem(item)
        }
      } catch (error) {
        if (stop.signal.aborted) return
        onTrouble(troubleOf(error))
      }
      delay = Math.min(maxDelayMs, Math.max(delayMs, delay * 2))
      await pause(delay, stop.signal)
    }
  }
  void run()
  return () => stop.abort()
}

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
