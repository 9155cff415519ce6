/**
 * Time as the rest of the core sees it. Whoever waits or reads the time takes a Clock, so that tests own it
 * (manual-clock.ts); `setTimeout` and `Date.now` are called nowhere else.
 */
export interface Clock {
  /** Milliseconds since 1970 by this machine; jumps when somebody sets the clock. */
  now(): number
  /** Milliseconds since some fixed instant; never goes backwards. For durations. */
  elapsed(): number
  /** Runs `act` once, `ms` from now. The answer cancels it; cancelling twice, or too late, is harmless. */
  after(ms: number, act: () => void): Cancel
}

export type Cancel = () => void

/** Node fires a longer timer at once instead of late. */
const longestTimerMs = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, Math.min(Math.max(ms, 0), longestTimerMs))
    return () => clearTimeout(timer)
  },
}

/** Resolves after `ms`, or as soon as `signal` aborts: true when the whole time has passed. Never rejects. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<boolean> {
  if (signal?.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const aborted = () => {
      cancel()
      resolve(false)
    }
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', aborted)
      resolve(true)
    })
    signal?.addEventListener('abort', aborted, { once: true })
  })
}
