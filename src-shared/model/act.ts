import { z } from 'zod'

/** One thing to fill in before an act. Values travel as text; the adapter reads them. */
export const ActField = z.object({
  name: z.string(),
  label: z.string(),
  kind: z.enum(['text', 'number', 'choice', 'body']),
  options: z.array(z.string()).optional(),
  value: z.string(),
  hint: z.string().nullable(),
})
export type ActField = z.infer<typeof ActField>

/**
 * What a system offers beyond the remedies that all have: a native redrive, a claim, a purge that keeps nothing. It describes
 * itself; screens show what it says and know nothing more of it.
 */
export const ActOffer = z.object({
  id: z.string(),
  /** "Move all to their source queue". */
  label: z.string(),
  /** What it does and what it costs, one sentence each. */
  words: z.array(z.string()),
  /** Takes something away that no undo brings back: wants the queue's name typed on production, and says so everywhere. */
  destructive: z.boolean(),
  /** Why it cannot be done now; null when it can. */
  refusal: z.string().nullable(),
  fields: z.array(ActField),
})
export type ActOffer = z.infer<typeof ActOffer>

/** What came of an act, in words, with counts where they are known. */
export const ActReport = z.object({
  words: z.string(),
  /** Messages; null: unknown, or not about messages. */
  done: z.number().nullable(),
  failed: z.number().nullable(),
})
export type ActReport = z.infer<typeof ActReport>
