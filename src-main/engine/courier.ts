import type { ChildNotice, Families } from '../brokers/driver'
import { type Loop, loop } from '../runtime/loop'
import { placesBy } from './grouped'
import type { QueueContext } from './queue-context'

const perCall = 200

/** For notices that a process left behind when it died; whoever acks a child kicks. */
const longestPauseMs = 2_000

/**
 * Carries the notices that children left when they were acked to their parents' queues. A notice is forgotten only when the
 * parent knows: it may be told twice, which does no harm, and is never lost.
 */
export const courier = (context: QueueContext): Loop =>
  loop({
    everyMs: longestPauseMs,
    clock: context.clock,
    onError: context.report,
    run: async () => {
      const { families } = context.driver
      if (!families) return longestPauseMs
      const notices = await families.notices(context.name, perCall)
      if (notices.length === 0) return longestPauseMs
      context.mayWrite()
      await deliver(families, context.name, notices)
      return notices.length === perCall ? 0 : longestPauseMs
    },
  })

async function deliver(families: Families, queue: string, notices: readonly ChildNotice[]): Promise<void> {
  const results = await Promise.allSettled(
    [...placesBy(notices, ({ parent }) => parent.queue)].map(async ([parentQueue, places]) => {
      const own = places.map((index) => notices[index]!)
      await families.settle(parentQueue, own)
      await families.forget(queue, own)
    }),
  )
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
