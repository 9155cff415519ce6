import type { QueueAddress } from '@shared/model/queue'

/** Every key name of Bull 4: `PREFIX:NAME:` and one of the suffixes, or a job's id. */
export const baseOf = (queue: QueueAddress): string => `${queue.prefix}:${queue.name}:`

export interface BullKeys {
  readonly base: string
  /** Counts the ids given out, also those of rejected duplicates. */
  readonly id: string
  readonly wait: string
  /** `wait` is renamed to this while the queue is paused. */
  readonly paused: string
  /** A string that is there while the queue is paused. */
  readonly metaPaused: string
  /** A hash with `paused` alone, written for BullMQ's sake. */
  readonly meta: string
  readonly active: string
  readonly delayed: string
  /** Priorities of ids that stand in `wait` as well: an index, not a place. */
  readonly priority: string
  readonly completed: string
  readonly failed: string
  readonly repeat: string
  readonly limiter: string
}

export function keysOf(queue: QueueAddress): BullKeys {
  const base = baseOf(queue)
  return {
    base,
    id: `${base}id`,
    wait: `${base}wait`,
    paused: `${base}paused`,
    metaPaused: `${base}meta-paused`,
    meta: `${base}meta`,
    active: `${base}active`,
    delayed: `${base}delayed`,
    priority: `${base}priority`,
    completed: `${base}completed`,
    failed: `${base}failed`,
    repeat: `${base}repeat`,
    limiter: `${base}limiter`,
  }
}

export const jobKeyOf = (queue: QueueAddress, id: string): string => `${baseOf(queue)}${id}`
