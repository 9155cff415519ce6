import { z } from 'zod'
import { ActOffer, ActReport } from '../model/act'
import { destructive, QueueRef, read } from './procedure'

/** An act as it would be done: nothing was changed to make it. `ticket` is good for one commit within 60 s. */
export const PreparedAct = z.object({
  ticket: z.string(),
  expiresAt: z.number(),
  offer: ActOffer,
  /** The name that must be typed; null where none is wanted. */
  typedName: z.string().nullable(),
  /** Why it cannot be committed; null when it can. */
  refusal: z.string().nullable(),
})
export type PreparedAct = z.infer<typeof PreparedAct>

/** What a system offers beyond plans: a native redrive, a claim, a purge that keeps nothing. */
export const actsContract = {
  list: read.input(QueueRef).output(z.array(ActOffer)),
  prepare: read
    .input(
      QueueRef.extend({
        id: z.string().min(1).max(200),
        values: z.record(z.string().max(200), z.string().max(1_000_000)),
      }),
    )
    .output(PreparedAct),
  commit: destructive
    .input(z.object({ ticket: z.string().min(1).max(200), typedName: z.string().max(4096).nullable() }))
    .output(ActReport),
}
