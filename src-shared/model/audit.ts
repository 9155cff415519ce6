import { z } from 'zod'

export const auditEvents = [
  'commit',
  'finish',
  'send',
  'pause',
  'resume',
  'act',
  'peek',
  'unlock',
  'lock',
  'environment-saved',
  'environment-removed',
] as const

/** One line of the record. `hash` is sha-256 over the previous line's hash and this line's content: a changed byte shows. */
export const AuditEntry = z.object({
  seq: z.number(),
  at: z.number(),
  who: z.string(),
  event: z.enum(auditEvents),
  environment: z.string(),
  queue: z.string().nullable(),
  summary: z.string(),
  runId: z.string().nullable(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  previous: z.string(),
  hash: z.string(),
})
export type AuditEntry = z.infer<typeof AuditEntry>
