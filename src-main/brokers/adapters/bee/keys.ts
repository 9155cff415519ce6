import type { QueueAddress } from '@shared/model/queue'

/** Every key name of bee-queue 2: `PREFIX:NAME:` and one of these. */
export const baseOf = (queue: QueueAddress): string => `${queue.prefix}:${queue.name}:`

export const defaultBeePrefix = 'bq'

export interface BeeKeys {
  readonly base: string
  /** Counts the ids given out, but not ids that the producer chose. */
  readonly id: string
  /** Hash: a job's id to its JSON with data, options, status, progress. */
  readonly jobs: string
  /** List: LPUSH in, taken from the right. */
  readonly waiting: string
  readonly active: string
  /** Sorted set by the time when it is due, milliseconds. */
  readonly delayed: string
  /** Sets. */
  readonly succeeded: string
  readonly failed: string
  /** Set: ids that were active when workers last looked, and that no worker has spoken for since. */
  readonly stalling: string
  readonly stallBlock: string
  /** Channel: a job is due sooner than all others. */
  readonly earlierDelayed: string
}

export function keysOf(queue: QueueAddress): BeeKeys {
  const base = baseOf(queue)
  return {
    base,
    id: `${base}id`,
    jobs: `${base}jobs`,
    waiting: `${base}waiting`,
    active: `${base}active`,
    delayed: `${base}delayed`,
    succeeded: `${base}succeeded`,
    failed: `${base}failed`,
    stalling: `${base}stalling`,
    stallBlock: `${base}stallBlock`,
    earlierDelayed: `${base}earlierDelayed`,
  }
}
