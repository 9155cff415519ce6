import type { Driver } from '../brokers/driver'
import type { Clock } from '../runtime/clock'
import { type Loop, loop } from '../runtime/loop'

const perCall = 200

/** The longest that an expired lease is left lying. */
const longestPauseMs = 1_000

/**
 * Takes back the messages of workers that fell silent. Attempts are counted then too, so that a message that kills its
 * worker ends among the dead letters. Any number of processes may run one for the same queue.
 */
export const recoverer = (options: {
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
      const { requeued, died, nextExpiryAt } = await options.driver.recover(options.queue, perCall)
      if (requeued + died >= perCall) return 0
      return nextExpiryAt === null
        ? longestPauseMs
        : Math.min(Math.max(nextExpiryAt - options.clock.now(), 10), longestPauseMs)
    },
  })
