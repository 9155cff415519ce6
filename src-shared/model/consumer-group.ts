import { z } from 'zod'

/** A stream's consumer group. Counts are entries, times epoch milliseconds, durations milliseconds; null is unknown. */
export const ConsumerGroup = z.object({
  name: z.string(),
  /** Added and not yet delivered to this group. */
  lag: z.number().nullable(),
  /** Set when the server cannot tell the lag and it was counted up to a bound: "at least". */
  lagIsLeast: z.boolean(),
  pending: z.number(),
  lastDeliveredId: z.string(),
  /** Age of the oldest entry not delivered yet; null: none, or ids are not times. */
  oldestUnreadMs: z.number().nullable(),
  consumers: z.array(
    z.object({
      name: z.string(),
      pending: z.number(),
      /** Since it last asked for anything. */
      idleMs: z.number(),
      /** Since it last got something; null: the server does not tell (before 7.2). */
      inactiveMs: z.number().nullable(),
    }),
  ),
  /** What is wrong or about to be lost, in words: entries trimmed before they were read, pending ones without a body. */
  warnings: z.array(z.string()),
})
export type ConsumerGroup = z.infer<typeof ConsumerGroup>

/** One entry that was delivered and not acknowledged. `missing`: its body was trimmed or deleted. */
export const PendingEntry = z.object({
  id: z.string(),
  consumer: z.string(),
  idleMs: z.number(),
  deliveries: z.number(),
  missing: z.boolean(),
  preview: z.string(),
})
export type PendingEntry = z.infer<typeof PendingEntry>

export const PendingPage = z.object({ items: z.array(PendingEntry), nextCursor: z.string().nullable() })
export type PendingPage = z.infer<typeof PendingPage>
