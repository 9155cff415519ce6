import { z } from 'zod'

/** One message as it went by. `at` is epoch milliseconds: when it was added where the system tells, else when it was seen. */
export const TailedMessage = z.object({
  id: z.string().nullable(),
  at: z.number(),
  base64: z.string(),
  /** Size of the whole body; what is above 64 KiB is cut in `base64`. */
  bytes: z.number(),
  /** On which channel, where a pattern matches several. */
  channel: z.string().optional(),
  attributes: z.array(z.object({ name: z.string(), value: z.string() })),
})
export type TailedMessage = z.infer<typeof TailedMessage>

/** A pub/sub channel by its name, or every one that a glob-style pattern matches. */
export const ChannelName = z.object({ name: z.string().min(1).max(4096), isPattern: z.boolean() })
export type ChannelName = z.infer<typeof ChannelName>

/** `missed`: messages that went by faster than they could be shown, since the piece before. */
export const TailPiece = z.object({ messages: z.array(TailedMessage), missed: z.number() })
export type TailPiece = z.infer<typeof TailPiece>
