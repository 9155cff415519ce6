import type { QueueAddress } from '@shared/model/queue'
import { prefixAndName } from '../prefixed-name'

/**
 * Every key name of BullMQ's layout, majors 5 and 6: `PREFIX:NAME:` and one of the suffixes, or a job's id.
 * One queue's keys are known by that base alone, so it does not matter where prefix and name part.
 */
export const baseOf = (queue: QueueAddress): string => `${queue.prefix}:${queue.name}:`

export interface BullmqKeys {
  readonly base: string
  readonly meta: string
  /** Counts the ids given out, also those of rejected duplicates. */
  readonly id: string
  readonly wait: string
  /** Major 5 renames `wait` to this while paused; major 6 leaves jobs in `wait`. */
  readonly paused: string
  readonly active: string
  readonly prioritized: string
  readonly priorityCounter: string
  readonly delayed: string
  readonly waitingChildren: string
  readonly completed: string
  readonly failed: string
  readonly events: string
  readonly marker: string
  readonly schedulers: string
}

export function keysOf(queue: QueueAddress): BullmqKeys {
  const base = baseOf(queue)
  return {
    base,
    meta: `${base}meta`,
    id: `${base}id`,
    wait: `${base}wait`,
    paused: `${base}paused`,
    active: `${base}active`,
    prioritized: `${base}prioritized`,
    priorityCounter: `${base}pc`,
    delayed: `${base}delayed`,
    waitingChildren: `${base}waiting-children`,
    completed: `${base}completed`,
    failed: `${base}failed`,
    events: `${base}events`,
    marker: `${base}marker`,
    schedulers: `${base}repeat`,
  }
}

/** A job and what hangs on it. */
export function jobKeysOf(queue: QueueAddress, id: string) {
  const job = `${baseOf(queue)}${id}`
  return {
    job,
    lock: `${job}:lock`,
    logs: `${job}:logs`,
    dependencies: `${job}:dependencies`,
    processed: `${job}:processed`,
    ignoredFailures: `${job}:failed`,
    unsuccessful: `${job}:unsuccessful`,
  }
}

/** The queue whose meta hash this is. */
export function addressOfMeta(metaKey: string, knownPrefixes: readonly string[]): QueueAddress | undefined {
  if (!metaKey.endsWith(':meta')) return undefined
  const parts = prefixAndName(metaKey.slice(0, -':meta'.length), knownPrefixes)
  return parts && { layout: 'bullmq', ...parts }
}

/** The same queue as BullMQ's own classes take it: they refuse a name with a colon in it. */
export function libraryAddressOf(queue: QueueAddress): { readonly prefix: string; readonly name: string } {
  const path = `${queue.prefix}:${queue.name}`
  const cut = path.lastIndexOf(':')
  return { prefix: path.slice(0, cut), name: path.slice(cut + 1) }
}
