import { z } from 'zod'

/** An ordered line of messages within a queue: one at a time is in flight, the others wait behind it. Times are epoch milliseconds. */
export const MessageGroup = z.object({
  name: z.string(),
  /** Messages that wait, the one in flight not among them. */
  ready: z.number(),
  /** When the first of those that wait was enqueued. */
  oldestReadyAt: z.number().nullable(),
  /** The message that holds the others back: in a worker's hands, or waiting for its retry. */
  holder: z
    .object({
      id: z.string(),
      state: z.enum(['leased', 'delayed']),
      /** When its retry is due. */
      dueAt: z.number().nullable(),
    })
    .nullable(),
  /** Until when the group's limit lets nothing begin. */
  heldUntil: z.number().nullable(),
})
export type MessageGroup = z.infer<typeof MessageGroup>

/** Groups that have messages ready or one in flight, in the order of their names; `cursor` names the last one seen. */
export const GroupPage = z.object({
  items: z.array(MessageGroup),
  nextCursor: z.string().nullable(),
  /** null: more than were counted. */
  total: z.number().nullable(),
})
export type GroupPage = z.infer<typeof GroupPage>
