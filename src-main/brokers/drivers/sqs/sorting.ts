import { isStillDelayed } from './delays'
import type { KnownQueue } from './known-queues'
import { attemptOf, type Received, wasPutBack } from './received'

/** What came from a receive, by what is to be done with it. */
export interface Sorted {
  /** For the worker. */
  readonly ready: readonly Counted[]
  /** Came before it is due. */
  readonly early: readonly { readonly received: Received; readonly leftMs: number }[]
  /** Its last attempt was lost with its worker. */
  readonly exhausted: readonly Counted[]
}

export interface Counted {
  readonly received: Received
  readonly attempt: number
  readonly maxAttempts: number
}

export function sortReceived(
  all: readonly Received[],
  { queue, now, maxAttempts }: { readonly queue: KnownQueue; readonly now: number; readonly maxAttempts: number },
): Sorted {
  const ready: Counted[] = []
  const early: { received: Received; leftMs: number }[] = []
  const exhausted: Counted[] = []
  for (const received of latestOfEach(all)) {
    const { due, max = maxAttempts } = received.note
    // By SQS's clock where there is a choice: all processes then decide alike.
    const seenAt = received.receiveCount === 1 ? received.firstReceivedAt : now
    if (due !== undefined && isStillDelayed(due, seenAt)) {
      early.push({ received, leftMs: due - seenAt })
      continue
    }
    const counted = {
      received,
      attempt: attemptOf(received),
      maxAttempts: Math.min(max, mostReceives(received, queue)),
    }
    if (counted.attempt > counted.maxAttempts) exhausted.push(counted)
    else ready.push(counted)
  }
  return { ready, early, exhausted }
}

/** A redrive policy takes a message away after so many receives: the engine must have buried it before, or its error is lost. */
function mostReceives(received: Received, { redrive }: KnownQueue): number {
  if (!redrive) return Number.MAX_SAFE_INTEGER
  return Math.max((received.note.spent ?? 0) + redrive.maxReceiveCount - (wasPutBack(received) ? 1 : 0), 1)
}

/** A standard queue may bring a message twice in one receive; the later receipt is the good one. */
const latestOfEach = (all: readonly Received[]): Iterable<Received> =>
  new Map(all.map((received) => [received.id, received])).values()
