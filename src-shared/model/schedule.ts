import { z } from 'zod'

/** What becomes of ticks that passed while no scheduler ran: skipped, made one of, or each enqueued. */
export const catchUps = ['none', 'one', 'all'] as const

/** What a queue enqueues by itself, and when. Times are epoch milliseconds. */
export const QueueSchedule = z.object({
  key: z.string(),
  nextAt: z.number(),
  /** Five or six fields, or @daily and the like. Null, and everyMs too, where the stored definition could not be read. */
  cron: z.string().nullable(),
  everyMs: z.number().nullable(),
  /** IANA name, for cron. */
  timeZone: z.string().nullable(),
  catchUp: z.enum(catchUps).nullable(),
  /** No tick after it. */
  endsAt: z.number().nullable(),
  /** The first 120 characters of what is enqueued at each tick, as JSON. */
  preview: z.string(),
  /** Where its messages go besides the queue: group, priority, delay; in words, empty for none. */
  options: z.array(z.object({ name: z.string(), value: z.string() })),
})
export type QueueSchedule = z.infer<typeof QueueSchedule>
