import type { MessageState } from '@shared/model/message'

/** Every key name of RQ's layout, versions 1 to 3. All begin with "rq:", which RQ itself has no setting for. */
export const prefix = 'rq'
export const queuesKey = 'rq:queues'
export const workersKey = 'rq:workers'
/** There while all workers are suspended. */
export const suspendedKey = 'rq:suspended'

/** Members of `rq:queues` are whole keys. */
const listPrefix = 'rq:queue:'
export const listKey = (queue: string): string => `${listPrefix}${queue}`
export const queueOfList = (key: string): string | null =>
  key.startsWith(listPrefix) && key.length > listPrefix.length ? key.slice(listPrefix.length) : null

const workerPrefix = 'rq:worker:'
export const workerOfKey = (key: string): string =>
  key.startsWith(workerPrefix) ? key.slice(workerPrefix.length) : key

export function keysOf(queue: string) {
  return {
    /** Ids are pushed on the right and popped on the left: the first one is next. */
    list: listKey(queue),
    /** Not in 1.13: taken by a worker that has not begun yet. */
    intermediate: `${listKey(queue)}:intermediate`,
    /** Scored by when their heartbeat expires. Ids; since 2.0 ID:EXECUTION. */
    started: `rq:wip:${queue}`,
    /** Scored by when they are due. */
    scheduled: `rq:scheduled:${queue}`,
    /** Scored by when RQ forgets them; -1: never. */
    failed: `rq:failed:${queue}`,
    /** Scored by when RQ forgets them; +inf: never. */
    finished: `rq:finished:${queue}`,
    deferred: `rq:deferred:${queue}`,
    canceled: `rq:canceled:${queue}`,
    /** Since 3.0: dependencies are met, not enqueued yet. */
    readyToEnqueue: `rq:ready:${queue}`,
    schedulerLock: `rq:scheduler-lock:${queue}`,
  } as const
}

export type RegistryName = 'started' | 'scheduled' | 'failed' | 'finished'

/** The registry of a state; null: the queue's list. */
export function registryOf(state: MessageState): RegistryName | null {
  switch (state) {
    case 'ready':
      return null
    case 'leased':
      return 'started'
    case 'delayed':
      return 'scheduled'
    case 'dead':
      return 'failed'
    case 'done':
      return 'finished'
  }
}

export function jobKeys(id: string) {
  const job = `rq:job:${id}`
  return {
    job,
    /** Jobs that wait for this one, and those that it waits for. */
    dependents: `${job}:dependents`,
    dependencies: `rq:job::${id}:dependencies`,
    /** A stream of the last ten executions' results. */
    results: `rq:results:${id}`,
    /** Since 2.0, scored by when they expire. */
    executions: `rq:executions:${id}`,
    execution: (execution: string) => `rq:execution:${id}:${execution}`,
  } as const
}

/** The job of an execution's name, ID:EXECUTION; an execution's own id has no colon. */
export const jobOfExecution = (name: string): string => {
  const colon = name.lastIndexOf(':')
  return colon > 0 ? name.slice(0, colon) : name
}
