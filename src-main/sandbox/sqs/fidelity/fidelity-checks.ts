import { batchChecks } from './batch-checks'
import type { FidelityCheck } from './fidelity-check'
import { fifoChecks } from './fifo-checks'
import { messageChecks } from './message-checks'
import { moveTaskChecks } from './move-task-checks'
import { ownershipChecks } from './ownership-checks'
import { pollingChecks } from './polling-checks'
import { queueChecks } from './queue-checks'
import { redriveChecks } from './redrive-checks'
import { timeChecks } from './time-checks'

/** What the documentation of SQS says, and how to see on a server that it is so. */
export const fidelityChecks: readonly FidelityCheck[] = [
  ...queueChecks,
  ...ownershipChecks,
  ...messageChecks,
  ...batchChecks,
  ...timeChecks,
  ...pollingChecks,
  ...fifoChecks,
  ...redriveChecks,
  ...moveTaskChecks,
]
