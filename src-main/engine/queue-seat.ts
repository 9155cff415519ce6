import type { Enqueuer } from './enqueuer'
import type { Lender } from './lender'
import type { QueueContext } from './queue-context'

/** A queue's own parts, for whoever works with it inside the engine. */
export interface QueueSeat {
  readonly context: QueueContext
  readonly enqueuer: Enqueuer
  readonly lender: Lender
}
