import type { QueueAddress } from '@shared/model/queue'

export const defaultNamespace = 'resque'

/** Resque keeps failed jobs of all queues in one list, and its scheduler keeps delayed ones by time: each is shown as a queue. */
export const failedList = 'failed list'
export const delayedSchedule = 'delayed schedule'

export type QueueKind = 'queue' | 'failed' | 'delayed'

export const kindOf = ({ name }: QueueAddress): QueueKind =>
  name === failedList ? 'failed' : name === delayedSchedule ? 'delayed' : 'queue'

/** Every key name of Resque under one namespace. */
export interface ResqueKeys {
  /** Set: names of the queues. */
  readonly queues: string
  /** List: RPUSH in, LPOP out. */
  queue(name: string): string
  /** List: RPUSH in, of JSON with failed_at, payload, exception, error, backtrace, worker, queue. */
  readonly failed: string
  /** Sorted set: the second when jobs are due, by itself. */
  readonly schedule: string
  /** List: the jobs of that second. */
  delayed(second: string): string
  /** Set: at which seconds this very job is due, as "delayed:SECOND". */
  timestamps(job: Uint8Array): Buffer
  /** Set: "host:pid:queues". */
  readonly workers: string
  /** String: JSON of the job in hand. */
  worker(id: string): string
  /** Hash, written by Ruby's Resque: a worker's id to its last sign of life. */
  readonly heartbeats: string
  stat(name: string): string
  readonly leader: string
}

export function keysOf(namespace: string): ResqueKeys {
  const key = (rest: string) => `${namespace}:${rest}`
  return {
    queues: key('queues'),
    queue: (name) => key(`queue:${name}`),
    failed: key('failed'),
    schedule: key('delayed_queue_schedule'),
    delayed: (second) => key(`delayed:${second}`),
    timestamps: (job) => Buffer.concat([Buffer.from(key('timestamps:')), job]),
    workers: key('workers'),
    worker: (id) => key(`worker:${id}`),
    heartbeats: key('workers:heartbeat'),
    stat: (name) => key(`stat:${name}`),
    leader: key('resque_scheduler_leader_lock'),
  }
}
