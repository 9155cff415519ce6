import { z } from 'zod'

/** What a look would cost where looking is receiving, told before it is paid. */
export const PeekPrice = z.discriminatedUnion('answer', [
  z.object({
    answer: z.literal('priced'),
    /** What happens to the messages that are looked at, one sentence each. */
    price: z.array(z.string()),
    /** Nothing happens to them at all: no lock is in the way. Absent: no. */
    free: z.boolean().optional(),
    /** How many could be looked at now; null: unknown. */
    available: z.number().nullable(),
    /** Receives that a message has left before it would be dead-lettered; null: no limit, or unknown. */
    remainingReceives: z.number().nullable(),
  }),
  z.object({ answer: z.literal('refused'), reason: z.string(), hint: z.string() }),
])
export type PeekPrice = z.infer<typeof PeekPrice>

/** What was looked at and is kept here: it can be read again for free. Times are epoch milliseconds. */
export const PeekState = z.object({
  takenAt: z.number(),
  seen: z.number(),
  /** Messages that are still hidden from everybody else by this look. */
  held: z.number(),
  /** When the last of them comes back by itself; null: none is held. */
  heldUntil: z.number().nullable(),
  /** What came of it, in words: "all of about 12", "stopped at 1,000", "3 groups are blocked until then". */
  note: z.string().nullable(),
})
export type PeekState = z.infer<typeof PeekState>
