import { z } from 'zod'

/** How messages find their queues in a broker that routes: exchanges, bindings, queues, consumers. */
export const RoutingGraph = z.object({
  exchanges: z.array(
    z.object({
      space: z.string(),
      name: z.string(),
      type: z.string(),
      /** "durable", "internal", "alternate: other". */
      facts: z.array(z.string()),
      inPerSecond: z.number().nullable(),
      outPerSecond: z.number().nullable(),
    }),
  ),
  bindings: z.array(
    z.object({
      space: z.string(),
      source: z.string(),
      target: z.string(),
      targetKind: z.enum(['queue', 'exchange']),
      routingKey: z.string(),
      /** Header arguments, as text; "" for none. */
      arguments: z.string(),
      /** Made by the broker for dead letters, not by a binding. */
      deadLetter: z.boolean(),
    }),
  ),
  /** What was left out: more than 5,000 of anything is cut. */
  truncated: z.boolean(),
})
export type RoutingGraph = z.infer<typeof RoutingGraph>
