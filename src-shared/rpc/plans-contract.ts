import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { AuditEntry } from '../model/audit'
import { CommitRequest, Plan, PlanRequest, Run } from '../model/plan'
import { destructive, read, write } from './procedure'

const RunRef = z.object({ runId: z.string().max(200) })

export const plansContract = {
  /** Rehearses: counts, samples, digest, ticket. Changes nothing. */
  prepare: read.input(PlanRequest).output(Plan),
  /** The only way to take anything away. Answers as soon as the run is on its way. */
  commit: destructive.input(CommitRequest).output(Run),
  pause: write.input(RunRef).output(Run),
  resume: write.input(RunRef).output(Run),
  /** Stops after the batch that is on its way. */
  stop: write.input(RunRef).output(Run),
  /** Running ones and the last 200, newest first; the whole list each time it changes. */
  watchRuns: read.output(eventIterator(z.array(Run))),
}

export const activityContract = {
  /** The audit, newest first. `intact` is false when the chain of hashes is broken, at `brokenAt`. */
  list: read
    .input(z.object({ before: z.number().nullable(), limit: z.number().int().min(1).max(500) }))
    .output(z.object({ entries: z.array(AuditEntry), intact: z.boolean(), brokenAt: z.number().nullable() })),
}
