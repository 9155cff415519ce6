import type { Clock } from '../../../runtime/clock'
import type { LineToSqs } from '../../clients/line-to-sqs'
import type { HiddenRetries } from './hidden-retries'
import type { KnownQueues } from './known-queues'
import type { LeaseBook } from './lease-book'

/** What the parts of the driver share. */
export interface SqsContext {
  readonly line: LineToSqs
  readonly clock: Clock
  readonly queues: KnownQueues
  readonly leases: LeaseBook
  readonly hidden: HiddenRetries
  /** Attempts of a message that has no limit of its own, per queue. */
  readonly maxAttempts: (queue: string) => number
  /** How long a queue that looks empty is asked before it is believed: SQS asks all its servers only when it may wait. */
  readonly lookSeconds: number
  /** Trouble that no caller waits for. */
  readonly onError: (error: unknown) => void
}
