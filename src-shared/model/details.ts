import { z } from 'zod'

/** Facts of a queue in its own system's words, by section: "Redrive", "Policy", "Flows". Copyable, never parsed. */
export const DetailSection = z.object({
  title: z.string(),
  /** What the section is, or why it is empty; null where the title says it all. */
  note: z.string().nullable(),
  facts: z.array(
    z.object({
      name: z.string(),
      /** null: unknown. */
      value: z.string().nullable(),
      /** Key of a queue that the fact is about, for a link: a dead-letter queue, its source. */
      queue: z.string().nullable().optional(),
    }),
  ),
})
export type DetailSection = z.infer<typeof DetailSection>
