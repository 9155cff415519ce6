import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'

/**
 * Every key name of Sidekiq's layout, versions 4 to 8. The prefix of an address is redis-namespace's, "" where there is none; the
 * three sets are common to all queues of a prefix and are shown as queues of their own, under Sidekiq's words for them.
 */
export const baseOf = (prefix: string): string => (prefix === '' ? '' : `${prefix}:`)

export const setNames = ['dead set', 'retry set', 'scheduled set'] as const
export type SetName = (typeof setNames)[number]

const setKeys: Readonly<Record<SetName, string>> = {
  'dead set': 'dead',
  'retry set': 'retry',
  'scheduled set': 'schedule',
}

export const stateOfSet = (set: SetName): MessageState => (set === 'dead set' ? 'dead' : 'delayed')

/** null: an ordinary queue. */
export const setOf = ({ name }: QueueAddress): SetName | null => setNames.find((set) => set === name) ?? null

export const setAddress = (prefix: string, name: SetName): QueueAddress => ({ layout: 'sidekiq', prefix, name })

export const setKey = (prefix: string, set: SetName): string => `${baseOf(prefix)}${setKeys[set]}`

/** Jobs are pushed on its left and popped on its right: the last one is next. */
export const listKey = (prefix: string, queue: string): string => `${baseOf(prefix)}queue:${queue}`

export function keysOf(prefix: string) {
  const base = baseOf(prefix)
  return {
    /** Names of all queues that ever had a job. */
    queues: `${base}queues`,
    /** Names of queues that Sidekiq Pro holds back. */
    paused: `${base}paused`,
    /** Identities of processes; each is a hash's name too. */
    processes: `${base}processes`,
    processed: `${base}stat:processed`,
    failed: `${base}stat:failed`,
    /** `day`: 2026-11-24, UTC. */
    processedOn: (day: string) => `${base}stat:processed:${day}`,
    failedOn: (day: string) => `${base}stat:failed:${day}`,
    process: (identity: string) => `${base}${identity}`,
    /** What a process's threads hold: since version 7, and before. */
    work: (identity: string) => `${base}${identity}:work`,
    workers: (identity: string) => `${base}${identity}:workers`,
  }
}

/** The namespace whose registry this key is; null: it is none. */
export const namespaceOf = (key: string): string | null =>
  key.endsWith(':queues') && key.length > ':queues'.length ? key.slice(0, -':queues'.length) : null
