import type { Clock } from '../../../runtime/clock'
import type { LineToSqs } from '../../clients/line-to-sqs'
import type { Denials } from './denials'
import type { SqsQueues } from './queues'

/** What the parts of the adapter share. */
export interface SqsContext {
  readonly line: LineToSqs
  readonly clock: Clock
  readonly queues: SqsQueues
  readonly denials: Denials
}
