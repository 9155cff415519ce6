import { type Loop, loop } from '../runtime/loop'
import type { Enqueuer } from './enqueuer'
import type { QueueContext } from './queue-context'
import { ticked } from './schedules'

const perCall = 100

/** The longest that a schedule put by another process waits for its first look. */
const longestPauseMs = 5_000
const shortestPauseMs = 5

/**
 * Enqueues what schedules are due. Any number of processes may run one for the same queue: the broker moves a schedule on
 * only for the first of them, so that a tick gives one enqueue.
 */
export const scheduler = (context: QueueContext, enqueuer: Enqueuer): Loop =>
  loop({
    everyMs: longestPauseMs,
    clock: context.clock,
    onError: context.report,
    run: async (signal) => {
      const { driver, name } = context
      const { schedules } = driver
      if (!schedules) return longestPauseMs
      const { due, now, nextAt } = await schedules.due(name, perCall)
      let failed = false
      for (const entry of due) {
        if (signal.aborted) return undefined
        try {
          context.mayWrite()
          const tick = await ticked(context, enqueuer, entry, now)
          await schedules.fire(name, { key: entry.key, expectedAt: entry.nextAt, ...tick })
        } catch (error) {
          failed = true
          context.report(error)
        }
      }
      // One that cannot be read stays due: it must not make this loop a busy one.
      if (failed) return longestPauseMs
      if (due.length > 0) return 0
      return nextAt === null ? longestPauseMs : Math.min(Math.max(nextAt - now, shortestPauseMs), longestPauseMs)
    },
  })
