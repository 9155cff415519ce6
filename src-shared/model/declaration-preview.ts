import { z } from 'zod'
import { roleNames } from './declaration'
import { MessageSummary } from './message'

export const RolePreview = z.object({
  role: z.enum(roleNames),
  key: z.string(),
  /** What the key holds: Redis's own word, "none" where it is not there. */
  type: z.string(),
  count: z.number().nullable(),
  /** The message that a person would see first, read by the declaration's paths; null: there is none. */
  sample: z.object({ summary: MessageSummary, text: z.string(), message: z.string().nullable() }).nullable(),
})

export type RolePreview = z.infer<typeof RolePreview>

/** What a declaration would find on a server now, while it is being written. */
export const DeclarationPreview = z.object({
  /** Names of queues, as far as was looked. */
  queues: z.array(z.string()),
  /** Keys that were looked at. `isWhole`: there are no others. */
  keysSeen: z.number(),
  isWhole: z.boolean(),
  /** The queue that is shown. */
  name: z.string().nullable(),
  roles: z.array(RolePreview),
  /** In words; empty: nothing is wrong. */
  problems: z.array(z.string()),
})
export type DeclarationPreview = z.infer<typeof DeclarationPreview>
