import { Histogram } from './histogram'

/** What the workers of this process did with one queue since it started. */
export class QueueMeter {
  acked = 0
  failed = 0
  dead = 0
  /** Enqueue to first lease, a chosen delay included. */
  readonly waits = new Histogram()
  /** Lease to the end of the handler, failed ones included. */
  readonly runs = new Histogram()
}
