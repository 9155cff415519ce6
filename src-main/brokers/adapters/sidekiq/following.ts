import type { MessageState } from '@shared/model/message'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import type { BusyJobs } from './busy'
import { jidOf, jobOf } from './job'
import { listPlace, type Place, setPlace } from './places'

/**
 * What becomes of jobs that were put in line from here. Sidekiq keeps no trace of a job that went well, and its workers tell what
 * they hold only now and then; so a job counts as done when it was in no list and no set for longer than a heartbeat takes.
 *
 * States of one job: ready (in its queue's list) -> leased (told by a process, or gone from the list a moment ago)
 * -> delayed | dead (in a set) or null (nowhere for `quietMs`: then it is forgotten).
 */
export class FollowedJobs {
  private readonly jobs = new Map<string, Followed>()
  private last: Taken | null = null

  constructor(
    private readonly redis: RedisClient,
    private readonly busy: BusyJobs,
    private readonly clock: Clock,
  ) {}

  follow(prefix: string, jid: string, queue: string): void {
    const key = keyOf(prefix, jid)
    this.jobs.delete(key)
    this.jobs.set(key, { queue, since: this.clock.elapsed(), absentSince: null })
    for (const oldest of this.jobs.keys()) {
      if (this.jobs.size <= mostFollowed) break
      this.jobs.delete(oldest)
    }
  }

  /** The queue that a job was put into from here. */
  queueOf(prefix: string, jid: string): string | null {
    return this.jobs.get(keyOf(prefix, jid))?.queue ?? null
  }

  /** Of those that are followed: where each stands. */
  async states(prefix: string, jids: readonly string[]): Promise<ReadonlyMap<string, MessageState | null>> {
    const followed = jids.flatMap((jid) => {
      const job = this.jobs.get(keyOf(prefix, jid))
      return job ? [{ jid, job }] : []
    })
    if (followed.length === 0) return new Map()
    const { at, glance } = await this.glance(prefix, [...new Set(followed.map(({ job }) => job.queue))].sort())
    return new Map(followed.map(({ jid, job }) => [jid, this.stateOf({ prefix, jid, job }, { at, glance })]))
  }

  private stateOf(
    { prefix, jid, job }: { readonly prefix: string; readonly jid: string; readonly job: Followed },
    { at, glance }: { readonly at: number; readonly glance: Glance },
  ): MessageState | null {
    // The glance is older than the job's way back: it cannot tell of it.
    if (at < job.since) return 'ready'
    const state = glance.states.get(jid)
    if (state !== undefined) {
      job.absentSince = null
      return state
    }
    if (!glance.isWhole) return 'ready'
    job.absentSince ??= at
    if (at - job.absentSince < quietMs) return 'leased'
    this.jobs.delete(keyOf(prefix, jid))
    return null
  }

  /** One look at everything, used again for 2 s, or longer where it cost much: at most a twentieth of the time is spent looking. */
  private async glance(prefix: string, queues: readonly string[]): Promise<Taken> {
    const of = JSON.stringify([prefix, ...queues])
    const at = this.clock.elapsed()
    const { last } = this
    if (last?.of === of && at - last.at < Math.max(lookEveryMs, last.tookMs * 20)) return last
    const glance = await this.look(prefix, queues)
    const taken = { of, at, tookMs: this.clock.elapsed() - at, glance }
    this.last = taken
    return taken
  }

  /** In the order in which a job moves on, so that one that moves meanwhile is seen at its old place or its new one. */
  private async look(prefix: string, queues: readonly string[]): Promise<Glance> {
    const states = new Map<string, MessageState>()
    let isWhole = true
    const places = [
      setPlace(this.redis, prefix, 'scheduled set'),
      ...queues.map((queue) => listPlace(this.redis, prefix, queue)),
    ]
    for (const place of places) isWhole = (await readJids(place, states)) && isWhole
    for (const { job } of await this.busy.all(prefix)) {
      const jid = jidOf(job)
      if (jid !== null) states.set(jid, 'leased')
    }
    for (const set of ['retry set', 'dead set'] as const) {
      isWhole = (await readJids(setPlace(this.redis, prefix, set), states)) && isWhole
    }
    return { states, isWhole }
  }
}

interface Followed {
  readonly queue: string
  /** By the clock's `elapsed`. */
  readonly since: number
  absentSince: number | null
}

interface Glance {
  readonly states: ReadonlyMap<string, MessageState>
  /** False where something is longer than what was read of it. */
  readonly isWhole: boolean
}

interface Taken {
  readonly of: string
  readonly at: number
  readonly tookMs: number
  readonly glance: Glance
}

const mostFollowed = 20_000
const lookEveryMs = 2_000
/** Longer than the slowest heartbeat, 10 s, and a late one. */
const quietMs = 15_000
/** Jobs that are read of one place; of a set those that died last, of a list both ends. */
const mostRead = 5_000

const keyOf = (prefix: string, jid: string): string => `${prefix} ${jid}`

/** Answers whether all was read. */
async function readJids({ sequence, state, type }: Place, states: Map<string, MessageState>): Promise<boolean> {
  const { length, perLook } = await sequence.measure()
  const most = Math.min(mostRead, perLook * 10)
  const ranges: readonly (readonly [number, number])[] =
    length <= most || type === 'zset'
      ? [[0, Math.min(length, most)]]
      : [
          [0, Math.floor(most / 2)],
          [length - Math.floor(most / 2), length],
        ]
  for (const [from, to] of ranges) {
    for (let low = from; low < to; low += perLook) {
      for (const { bytes } of await sequence.window(low, Math.min(to, low + perLook) - 1)) {
        const jid = jidOf(jobOf(bytes))
        if (jid !== null) states.set(jid, state)
      }
    }
  }
  // A dead set is read from its newest: a job that died since cannot be behind them.
  return length <= most || state === 'dead'
}
