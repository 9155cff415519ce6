import type { FinishedBatch, LeaseRequest, Turn } from '../../driver-messages'
import type { Arrivals } from './arrivals'
import type { KnownQueue } from './known-queues'
import { leaseFrom } from './leasing'
import { ackHeld } from './settling'
import type { SqsContext } from './sqs-context'

/**
 * Ack and lease in one go. SQS has no such call: to a standard queue both are said at once, and in a FIFO queue the ack first,
 * since it sets the next of its groups free. What one of the two ran into never hides what the other did.
 */
export async function turnHeld(
  context: SqsContext,
  arrivals: Arrivals,
  queue: KnownQueue,
  { finished, request }: { readonly finished: FinishedBatch; readonly request: LeaseRequest },
): Promise<Turn> {
  const lease = () => leaseFrom(context, arrivals, queue, request)
  if (queue.fifo) {
    const outcomes = await ackHeld(context, queue, finished)
    const [leased] = await Promise.allSettled([lease()])
    return turnOf(outcomes, leased)
  }
  const [acked, leased] = await Promise.allSettled([ackHeld(context, queue, finished), lease()])
  if (acked.status === 'fulfilled') return turnOf(acked.value, leased)
  // The caller learns of the ack's trouble alone: what was leased meanwhile is for its next lease.
  if (leased.status === 'fulfilled' && leased.value.lease) {
    const { leaseId } = leased.value.lease
    const until = context.leases.untilOf(leaseId)
    arrivals.keep(
      queue.name,
      context.leases.all(queue.name, leaseId).map((held) => ({ ...held, until })),
    )
    for (const { id } of leased.value.lease.messages) context.leases.drop(leaseId, id)
  }
  throw acked.reason

  /** The acks are done and must be told; the lease's trouble comes again with the next lease. */
  function turnOf(outcomes: Turn['outcomes'], result: PromiseSettledResult<Awaited<ReturnType<typeof lease>>>): Turn {
    if (result.status === 'rejected') return { outcomes, next: undefined, limitedForMs: undefined }
    return { outcomes, next: result.value.lease, limitedForMs: result.value.limitedForMs }
  }
}
