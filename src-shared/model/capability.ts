import { z } from 'zod'
import { MessageState } from './message'

/** What can be asked of a queue. Reading is always there; the rest depends on layout, version and permissions. */
export const abilities = ['replay', 'edit', 'discard', 'purge', 'restore', 'send', 'pause'] as const
export const Ability = z.enum(abilities)
export type Ability = z.infer<typeof Ability>

/** The answer to "can this be done here?": yes, no (why), unknown (why), or yes at a price that is told first. */
export const Capability = z.discriminatedUnion('answer', [
  z.object({
    answer: z.literal('yes'),
    /** Of replay, where it is not as everywhere: the states that are brought back, and the system's own verb for it here. */
    from: z.array(MessageState).optional(),
    verb: z.string().optional(),
  }),
  z.object({ answer: z.literal('no'), reason: z.string() }),
  z.object({ answer: z.literal('unknown'), reason: z.string() }),
  z.object({ answer: z.literal('priced'), price: z.string() }),
])
export type Capability = z.infer<typeof Capability>

export const Capabilities = z.record(Ability, Capability)
export type Capabilities = Readonly<Record<Ability, Capability>>
