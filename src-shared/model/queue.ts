import { z } from 'zod'

/** How a queue is laid out in its broker: our own engine's keys, a foreign library's, a team's own, or a broker's own kind. */
export const layouts = [
  'engine',
  'bullmq',
  'bull',
  'sidekiq',
  'resque',
  'rq',
  'celery',
  'asynq',
  'bee',
  'stream',
  'list',
  'declared',
  'sqs',
  'rabbitmq',
] as const
export const Layout = z.enum(layouts)
export type Layout = z.infer<typeof Layout>

/**
 * Where a queue stands within one environment. `prefix` is the space its name is good in: a key prefix ("qe", "bull", "" where
 * there is none), an AWS account, a RabbitMQ virtual host, a declaration's name. `name` is the queue's own, byte for byte.
 */
export interface QueueAddress {
  readonly layout: Layout
  readonly prefix: string
  readonly name: string
}

/**
 * One queue's identity within its environment as one string: safe in a URL, in a map and in a log; names may hold
 * braces, colons, slashes, spaces and emoji, so each part is percent-encoded.
 */
export const QueueKey = z
  .string()
  .max(4096)
  .refine((key) => parseQueueKey(key) !== undefined, { message: 'not a queue key: expected layout/prefix/name' })
export type QueueKey = string

export const queueKey = (address: QueueAddress): QueueKey =>
  `${address.layout}/${encodeURIComponent(address.prefix)}/${encodeURIComponent(address.name)}`

export function parseQueueKey(key: QueueKey): QueueAddress | undefined {
  const [layout, prefix, name, ...rest] = key.split('/')
  const known = layouts.find((candidate) => candidate === layout)
  if (!known || prefix === undefined || !name || rest.length > 0) return undefined
  try {
    return { layout: known, prefix: decodeURIComponent(prefix), name: decodeURIComponent(name) }
  } catch {
    return undefined
  }
}

/** The slow-moving facts of a queue; the figures travel as samples. */
export const QueueInfo = z.object({
  key: z.string(),
  layout: Layout,
  prefix: z.string(),
  name: z.string(),
  /** "Engine", "BullMQ 6.7.0", "BullMQ, version unknown". */
  product: z.string(),
  paused: z.boolean().nullable(),
  /** Why this queue's figures could not be read at the last tick, in words; null when they were. */
  trouble: z.string().nullable(),
  /** Key of the queue that takes its dead letters, where the broker itself links them. */
  deadLetterQueue: z.string().nullable().optional(),
  /** Keys of the queues whose dead letters it takes. */
  deadLetterSources: z.array(z.string()).optional(),
})
export type QueueInfo = z.infer<typeof QueueInfo>
