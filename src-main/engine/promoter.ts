import type { Driver } from '../brokers/driver'
import type { Clock } from '../runtime/clock'
import { type Loop, loop } from '../runtime/loop'

const perCall = 500

/** The longest that a due message waits: another process may have delayed one since the last look. */
const longestPauseMs = 250

/** Makes delayed messages ready when they are due. Any number of processes may run one for the same queue. */
export const promoter = (options: {
  readonly driver: Driver
  readonly queue: string
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}): Loop =>
  loop({
    everyMs: longestPauseMs,
    clock: options.clock,
    onError: options.onError,
    run: async () => {
      const { moved, nextDueAt } = await options.driver.promote(options.queue, perCall)
      if (moved === perCall) return 0
      // The server decides what is due; this machine's clock only guesses when asking again is worth while.
      return nextDueAt === null
        ? longestPauseMs
        : Math.min(Math.max(nextDueAt - options.clock.now(), 1), longestPauseMs)
    },
  })
