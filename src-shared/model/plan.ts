import { z } from 'zod'
import { Tier } from './environment'
import { MessageSummary, Selection } from './message'

/** What is to be done to the selection. Every one of these is destructive and passes the gate in safety/guard. */
export const PlanAction = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('replay') }),
  z.object({
    kind: z.literal('edit'),
    /** The new body. */
    base64: z.string(),
    /** sha-256 (hex) of the body that was shown to the person who edited it. */
    expectedDigest: z.string(),
    thenReplay: z.boolean(),
  }),
  z.object({ kind: z.literal('discard') }),
  /** Everything in the selection's state; named apart from discard since people mean something else by it. */
  z.object({ kind: z.literal('purge') }),
  /** Puts back what an earlier run took or changed. The selection is the archive's. */
  z.object({ kind: z.literal('undo'), runId: z.string() }),
])
export type PlanAction = z.infer<typeof PlanAction>
export type PlanKind = PlanAction['kind']

export const PlanRequest = z.object({
  environmentId: z.string(),
  queue: z.string().max(4096),
  /** null only for undo. */
  selection: Selection.nullable(),
  action: PlanAction,
})
export type PlanRequest = z.infer<typeof PlanRequest>

export const PlanSample = z.object({
  summary: MessageSummary,
  /** Text before and after, for an edit; null when the body is not touched. */
  before: z.string().nullable(),
  after: z.string().nullable(),
})
export type PlanSample = z.infer<typeof PlanSample>

/** The rehearsal: nothing was changed to make it. `ticket` is good for one commit within 60 s. */
export const Plan = z.object({
  ticket: z.string(),
  expiresAt: z.number(),
  request: PlanRequest,
  environmentName: z.string(),
  tier: Tier,
  queueName: z.string(),
  count: z.number(),
  bytes: z.number(),
  /** Hash over the ids and the queue's identity. */
  digest: z.string(),
  samples: z.array(PlanSample),
  /** The name that must be typed, on production; null elsewhere. */
  typedName: z.string().nullable(),
  /** Why it cannot be committed; null when it can. */
  refusal: z.string().nullable(),
  warnings: z.array(z.string()),
  /** Its system's own verb for bringing back what this queue holds: "Retry", "Add to queue". */
  verb: z.string(),
  /** What stays as it is: "keeps ids, priorities and history". */
  keeps: z.string(),
  /** What undo will not bring back. */
  lost: z.string(),
  undoable: z.boolean(),
  /** Until when the archive is kept for undo. */
  keptUntil: z.number(),
})
export type Plan = z.infer<typeof Plan>

export const CommitRequest = z.object({
  ticket: z.string().min(1).max(200),
  typedName: z.string().max(4096).nullable(),
  reason: z.string().max(500),
  /** Messages per second; null: as fast as bounded batches go. */
  ratePerSecond: z.number().int().min(1).max(100_000).nullable(),
  /** Try this many first and wait for their outcome; 0 for none. Only replays have outcomes. */
  canary: z.number().int().min(0).max(1000),
  /** Stop by itself when more than this share of what was replayed dies again. */
  stopAtShare: z.number().min(0).max(1),
})
export type CommitRequest = z.infer<typeof CommitRequest>

export const runPhases = ['archiving', 'trying', 'running', 'paused', 'finished', 'stopped', 'failed'] as const

/** A committed plan at work, and afterwards its record. Counts are messages. */
export const Run = z.object({
  id: z.string(),
  kind: z.enum(['replay', 'edit', 'discard', 'purge', 'undo']),
  title: z.string(),
  environmentId: z.string(),
  environmentName: z.string(),
  tier: Tier,
  queue: z.string(),
  queueName: z.string(),
  startedAt: z.number(),
  finishedAt: z.number().nullable(),
  phase: z.enum(runPhases),
  planned: z.number(),
  archived: z.number(),
  done: z.number(),
  /** Not there any more, or changed since the plan: left alone. */
  skipped: z.number(),
  failed: z.number(),
  /** Sent, but the answer was lost: neither counted as done nor tried again. */
  unknown: z.number(),
  /** Of a replay's messages: completed since, died again, or still on their way. */
  succeeded: z.number(),
  diedAgain: z.number(),
  waiting: z.number(),
  reason: z.string(),
  /** Why it stopped or failed, in words. */
  note: z.string().nullable(),
  undoable: z.boolean(),
  undoneBy: z.string().nullable(),
})
export type Run = z.infer<typeof Run>
