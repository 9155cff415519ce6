import { randomUUID } from 'node:crypto'
import type { Environment } from '@shared/model/environment'
import type { PlanRequest } from '@shared/model/plan'
import type { QueueAddress } from '@shared/model/queue'
import type { Mark } from '@shared/model/sample'
import { sha256 } from './effect'
import type { StoredRun } from './run-store'

export interface Begun {
  readonly request: PlanRequest
  readonly environment: Environment
  readonly queue: QueueAddress
  readonly title: string
  readonly planned: number
  readonly reason: string
}

/** A run as it begins at `now`, with nothing done yet. */
export const newRun = ({ request, environment, queue, title, planned, reason }: Begun, now: number): StoredRun => ({
  ...fresh,
  id: `${now}-${randomUUID()}`,
  kind: request.action.kind,
  title,
  environmentId: environment.id,
  environmentName: environment.name,
  tier: environment.effectiveTier,
  queue: request.queue,
  queueName: queue.name,
  startedAt: now,
  planned,
  reason,
  editedDigest: request.action.kind === 'edit' ? sha256(Buffer.from(request.action.base64, 'base64')) : null,
})

/** On the queue's charts. */
export const markOf = (run: StoredRun): Mark => ({
  at: run.startedAt,
  kind: run.kind === 'replay' || run.kind === 'edit' ? 'replay' : 'purge',
  label: run.title,
})

const fresh = {
  finishedAt: null,
  phase: 'archiving',
  archived: 0,
  done: 0,
  skipped: 0,
  failed: 0,
  unknown: 0,
  succeeded: 0,
  diedAgain: 0,
  waiting: 0,
  note: null,
  undoable: false,
  undoneBy: null,
} as const satisfies Partial<StoredRun>
