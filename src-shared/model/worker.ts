import { z } from 'zod'
import { Layout } from './queue'

/** What a worker holds now. `queue` is the queue's name; times are epoch milliseconds. */
export const HeldMessage = z.object({
  queue: z.string(),
  id: z.string().nullable(),
  name: z.string().nullable(),
  since: z.number().nullable(),
})
export type HeldMessage = z.infer<typeof HeldMessage>

/** A process or a connection that takes messages, as far as its system reveals it. null: it does not say. */
export const Worker = z.object({
  /** Good within its layout: "host:pid:nonce", a consumer tag, a client id. */
  id: z.string(),
  host: z.string().nullable(),
  pid: z.number().nullable(),
  /** Names of the queues that it listens to; null: unknown. */
  queues: z.array(z.string()).nullable(),
  /** The virtual host that those names are good in. Absent: they are good everywhere. */
  space: z.string().optional(),
  /** quiet: takes nothing new; lost: its heartbeat is older than its system allows. */
  state: z.enum(['idle', 'busy', 'quiet', 'lost', 'unknown']),
  startedAt: z.number().nullable(),
  /** By the broker's clock where that is known. */
  heartbeatAt: z.number().nullable(),
  /** How many it works on at once. */
  concurrency: z.number().nullable(),
  holds: z.array(HeldMessage),
  /** More than `holds` tells, where the list was cut; null: unknown. */
  holdsCount: z.number().nullable(),
  /** Version, tag, prefetch: in words. */
  note: z.string().nullable(),
})
export type Worker = z.infer<typeof Worker>

/**
 * The workers of one layout in one environment. Only a report that is complete may say "no worker is listening": otherwise
 * `incomplete` says in words what cannot be seen.
 */
export const WorkerReport = z.object({
  layout: Layout,
  workers: z.array(Worker),
  incomplete: z.string().nullable(),
  /** More workers than were read; the first 1,000 are. */
  truncated: z.boolean(),
})
export type WorkerReport = z.infer<typeof WorkerReport>
