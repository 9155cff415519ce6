import { Cluster } from 'ioredis'
import type { RedisClient } from '../../clients/redis'
import type { ScriptArg } from '../../clients/script'
import type { Driver } from '../../driver'
import type {
  DriverStats,
  EnqueueOutcome,
  FailedMessage,
  FinishedBatch,
  Lease,
  LeaseReply,
  LeaseRequest,
  NewMessage,
  PurgeState,
  ReplayStep,
  SettleOutcome,
  Turn,
} from '../../driver-messages'
import { redisAbilities } from './abilities'
import { enqueueMessages } from './enqueue'
import { Families } from './families'
import { defaultPrefix, defaultPriority, type QueueKeys } from './keys'
import { LeasedBatches } from './leased-batches'
import { Looking } from './looking'
import { MendingById } from './mending-by-id'
import { eventTail, stackLine } from './meta'
import { Notes } from './notes'
import { Once } from './once'
import { QueueAsker } from './queue-asker'
import { ReadyLease } from './ready-lease'
import { ReadyWait } from './ready-wait'
import { marksOf, momentOf, numbers, outcomesOf, stepOf } from './replies'
import { Schedules } from './schedules'
import * as eraseScripts from './scripts/erase'
import { richAnswer } from './scripts/fragments'
import * as moveScripts from './scripts/moves'
import * as plain from './scripts/plain-lease'
import * as rich from './scripts/rich-lease'
import * as settleScripts from './scripts/settle'
import { readStats } from './stats'

export interface RedisDriverOptions {
  readonly redis: RedisClient
  /** A new client, not connected, for waiting: a blocked connection serves nothing else. */
  readonly connectAnother: () => RedisClient
  readonly prefix?: string
  /** Attempts of a message that has no limit of its own, per queue. */
  readonly maxAttempts: (queue: string) => number
}

/** The engine's layout on Redis: see scripts/ for each transition, keys.ts for what lies where. */
export class RedisDriver implements Driver {
  readonly name = 'redis'
  readonly abilities = redisAbilities
  readonly dead = this
  readonly pausing = this
  readonly looking: Looking
  readonly mending: MendingById
  readonly notes: Notes
  readonly schedules: Schedules
  readonly families: Families
  readonly idempotency: Once
  private readonly redis: RedisClient
  private readonly asker: QueueAsker
  private readonly leased: LeasedBatches
  private readonly waits = new Map<string, ReadyWait>()
  private readonly readyLeases = new Map<string, ReadyLease>()
  private readonly forget = () => this.asker.forget()

  constructor(private readonly options: RedisDriverOptions) {
    this.redis = options.redis
    this.asker = new QueueAsker(options.redis, options.prefix ?? defaultPrefix)
    this.leased = new LeasedBatches(options.redis, options.maxAttempts)
    this.looking = new Looking(this.asker)
    this.mending = new MendingById(this.asker)
    this.notes = new Notes(this.asker)
    this.schedules = new Schedules(this.asker)
    this.families = new Families(this.asker)
    this.idempotency = new Once(this.asker)
    this.redis.on('close', this.forget)
  }

  async enqueue(queue: string, messages: readonly NewMessage[]): Promise<readonly EnqueueOutcome[]> {
    if (messages.length === 0) return []
    const keys = this.asker.keysOf(queue)
    const [outcomes] = await Promise.all([
      this.asker.ask(keys, 'enqueue', () => enqueueMessages(this.asker, keys, messages)),
      this.asker.register(keys),
    ])
    return outcomes
  }

  async lease(queue: string, request: LeaseRequest): Promise<LeaseReply> {
    const keys = this.asker.keysOf(queue)
    for (;;) {
      const whole = () => this.asker.runWhole(keys, 'lease', rich.richLease, leaseArgs(request))
      const { reply } = isLimited(request)
        ? { reply: await whole() }
        : await this.asker.eitherWay(
            keys,
            () => this.asker.run(keys, 'lease', plain.lease, leaseKeys(keys), plainLeaseArgs(request)),
            whole,
          )
      const taken = await this.taken(keys, reply)
      if (taken !== 'again') return taken
    }
  }

  async leaseWhenReady(queue: string, request: LeaseRequest, waitMs: number, signal: AbortSignal): Promise<LeaseReply> {
    const keys = this.asker.keysOf(queue)
    const ready = this.readyLeaseOf(keys)
    // Another worker of this process has the connection, or a limit decides when: then one after the other.
    if (ready === undefined || ready.busy || isLimited(request)) {
      await this.waitForReady(queue, waitMs, signal)
      return signal.aborted ? nothing : this.lease(queue, request)
    }
    const prepared = this.asker.isRich(keys)
      ? { script: rich.richLease, keys: [keys.state], args: leaseArgs(request) }
      : { script: plain.lease, keys: leaseKeys(keys), args: plainLeaseArgs(request) }
    const reply = await this.asker.ask(keys, 'lease', () => ready.take(prepared, waitMs, signal)).catch(scriptUnknown)
    if (reply === 'again' || reply === richAnswer) return this.lease(queue, request)
    const taken = await this.taken(keys, reply)
    return taken === 'again' ? this.lease(queue, request) : taken
  }

  async turn(queue: string, finished: FinishedBatch, request: LeaseRequest): Promise<Turn> {
    const keys = this.asker.keysOf(queue)
    const { reply } = await this.settling(finished, isLimited(request), keys, {
      plain: (named) =>
        this.asker.run(keys, 'ack and lease', plain.turn, leaseKeys(keys), [
          ...plainLeaseArgs(request),
          finished.leaseId,
          ...named,
        ]),
      rich: () =>
        this.asker.runWhole(keys, 'ack and lease', rich.richTurn, [...leaseArgs(request), ...ackArgs(finished)]),
    })
    const [acked, leased] = reply as [unknown, unknown]
    const outcomes = outcomesOf(acked, finished.ids.length)
    const taken = await this.taken(keys, leased)
    const { lease, limitedForMs } = taken === 'again' ? await this.lease(queue, request) : taken
    return { outcomes, next: lease, limitedForMs }
  }

  async ack(queue: string, finished: FinishedBatch): Promise<readonly SettleOutcome[]> {
    const keys = this.asker.keysOf(queue)
    const { reply } = await this.settling(finished, false, keys, {
      plain: (named) =>
        this.asker.run(keys, 'ack', plain.ack, leaseKeys(keys).slice(0, 5), [finished.leaseId, ...named]),
      rich: () => this.asker.runWhole(keys, 'ack', rich.richAck, ackArgs(finished)),
    })
    return outcomesOf(reply, finished.ids.length)
  }

  async nack(queue: string, leaseId: string, failures: readonly FailedMessage[]): Promise<readonly SettleOutcome[]> {
    const keys = this.asker.keysOf(queue)
    this.leased.touch(leaseId)
    const args = failures.flatMap(({ id, error, retryInMs }): ScriptArg[] => [
      id,
      retryInMs === undefined ? -1 : Math.max(Math.round(retryInMs), 0),
      eventTail(error),
      stackLine(error),
    ])
    const reply = await this.asker.runWhole(keys, 'nack', settleScripts.nack, [leaseId, ...args])
    return outcomesOf(reply, failures.length)
  }

  async extend(queue: string, leaseId: string, leaseMs: number): Promise<boolean> {
    const keys = this.asker.keysOf(queue)
    const names = [keys.leases, keys.leased]
    return (await this.asker.run(keys, 'extend', plain.extend, names, [leaseId, leaseMs])) === 1
  }

  async promote(queue: string, limit: number): Promise<{ readonly moved: number; readonly nextDueAt: number | null }> {
    const reply = await this.asker.runWhole(this.asker.keysOf(queue), 'promote', moveScripts.promote, [limit])
    const [moved, next] = numbers(reply)
    return { moved: moved!, nextDueAt: momentOf(next!) }
  }

  async recover(queue: string, limit: number) {
    const reply = await this.asker.runWhole(this.asker.keysOf(queue), 'recover', settleScripts.recover, [
      limit,
      this.options.maxAttempts(queue),
      '\tLeaseExpired\t',
    ])
    const [requeued, died, next] = numbers(reply)
    return { requeued: requeued!, died: died!, nextExpiryAt: momentOf(next!) }
  }

  async replayDead(
    queue: string,
    { before, limit }: { readonly before: string | null; readonly limit: number },
  ): Promise<ReplayStep> {
    const keys = this.asker.keysOf(queue)
    const args = (most: number): ScriptArg[] => [Math.min(limit, most), before ?? '']
    const names = [keys.state, keys.dead, keys.wake, keys.ready[defaultPriority]!]
    const { reply } = await this.asker.eitherWay(
      keys,
      () => this.asker.run(keys, 'replay', moveScripts.replayDead, names, args(1_000)),
      // Each finds its own way back, to a list or a group.
      () => this.asker.runWhole(keys, 'replay', moveScripts.richReplayDead, args(500)),
    )
    return stepOf(reply)
  }

  async replayIds(queue: string, ids: readonly string[]): Promise<readonly boolean[]> {
    if (ids.length === 0) return []
    return marksOf(await this.asker.runWhole(this.asker.keysOf(queue), 'replay', moveScripts.replayIds, ids))
  }

  async purge(
    queue: string,
    state: PurgeState,
    { before, limit }: { readonly before: string | null; readonly limit: number },
  ): Promise<ReplayStep> {
    const keys = this.asker.keysOf(queue)
    const args = [limit, before ?? '']
    switch (state) {
      case 'dead':
      case 'done':
        return stepOf(await this.asker.runWhole(keys, 'purge', eraseScripts.purgeEnded, [...args, state]))
      case 'delayed':
        return stepOf(await this.asker.runWhole(keys, 'purge', eraseScripts.purgeDelayed, args))
      case 'ready':
        return stepOf(await this.asker.runWhole(keys, 'purge', eraseScripts.purgeReady, args))
    }
  }

  stats(queue: string): Promise<DriverStats> {
    const keys = this.asker.keysOf(queue)
    return this.asker.ask(keys, 'stats', () => readStats(this.redis, keys))
  }

  async setPaused(queue: string, paused: boolean): Promise<void> {
    const keys = this.asker.keysOf(queue)
    await this.asker.ask(keys, paused ? 'pause' : 'resume', async () => {
      await this.asker.register(keys)
      if (paused) await this.redis.hset(keys.state, 'paused', '1')
      else {
        await this.redis.hdel(keys.state, 'paused')
        // Every idle worker looks after its wait at the latest; this one looks now and wakes the next.
        await this.redis.rpush(keys.wake, '1')
        await this.redis.ltrim(keys.wake, 0, 0)
      }
    })
  }

  waitForReady(queue: string, waitMs: number, signal: AbortSignal): Promise<void> {
    let wait = this.waits.get(queue)
    if (!wait) {
      wait = new ReadyWait(this.options.connectAnother, this.asker.keysOf(queue).wake)
      this.waits.set(queue, wait)
    }
    return wait.wait(waitMs, signal)
  }

  async close(): Promise<void> {
    this.redis.off('close', this.forget)
    for (const wait of [...this.waits.values(), ...this.readyLeases.values()]) wait.close()
    this.waits.clear()
    this.readyLeases.clear()
  }

  /** undefined in a Cluster, whose client cannot name one connection. */
  private readyLeaseOf(keys: QueueKeys): ReadyLease | undefined {
    if (this.redis instanceof Cluster) return undefined
    const known = this.readyLeases.get(keys.name)
    if (known) return known
    const ready = new ReadyLease(this.options.connectAnother, this.redis, keys.wake)
    this.readyLeases.set(keys.name, ready)
    return ready
  }

  /** What keeps its done messages is settled the long way from the start; else the queue itself says which. */
  private settling(
    finished: FinishedBatch,
    long: boolean,
    keys: QueueKeys,
    ways: { readonly plain: (named: readonly string[]) => Promise<unknown>; readonly rich: () => Promise<unknown> },
  ): Promise<{ readonly reply: unknown }> {
    if (!finished.keep && !long)
      return this.asker.eitherWay(keys, () => this.leased.finish(finished, ways.plain), ways.rich)
    this.leased.touch(finished.leaseId)
    return ways.rich().then((reply) => ({ reply }))
  }

  /** A lease in which every message had lost its body is given up: empty where there is nothing, 'again' where there may be more. */
  private taken(keys: QueueKeys, reply: unknown): LeaseReply | Promise<LeaseReply | 'again'> | 'again' {
    if (reply === -3) return 'again'
    if (typeof reply === 'number' && reply <= -10) return { lease: undefined, limitedForMs: -10 - reply }
    if (!Array.isArray(reply)) return nothing
    const read = this.leased.readAtOnce(keys, reply)
    if (read !== undefined) return this.worthwhile(keys, read)
    const fetching = this.asker.ask(keys, 'lease', () => this.leased.fetch(keys, reply))
    return fetching.then<LeaseReply | 'again'>((fetched) => this.worthwhile(keys, fetched))
  }

  private worthwhile(
    keys: QueueKeys,
    { lease, ids }: { readonly lease: Lease; readonly ids: readonly string[] },
  ): LeaseReply | Promise<'again'> {
    if (lease.messages.length > 0) return { lease, limitedForMs: undefined }
    return this.ack(keys.name, { leaseId: lease.leaseId, ids }).then(() => 'again')
  }
}

/** The server has forgotten its scripts, and the marker is taken: the caller leases the usual way. */
function scriptUnknown(error: unknown): 'again' {
  if (error instanceof Error && error.message.startsWith('NOSCRIPT')) return 'again'
  throw error
}

const nothing: { readonly lease: Lease | undefined; readonly limitedForMs: undefined } = {
  lease: undefined,
  limitedForMs: undefined,
}

const leaseKeys = (keys: QueueKeys): readonly string[] => [
  keys.state,
  keys.payload,
  keys.meta,
  keys.leases,
  keys.leased,
  keys.waits,
  keys.removed,
  keys.wake,
  keys.ready[defaultPriority]!,
]

const isLimited = ({ limit, groupLimit }: LeaseRequest): boolean => limit !== undefined || groupLimit !== undefined

const plainLeaseArgs = ({ worker, count, leaseMs }: LeaseRequest): ScriptArg[] => [worker, count, leaseMs]

const leaseArgs = (request: LeaseRequest): ScriptArg[] => [
  ...plainLeaseArgs(request),
  request.limit?.max ?? -1,
  request.limit?.perMs ?? 0,
  request.groupLimit?.max ?? -1,
  request.groupLimit?.perMs ?? 0,
]

const ackArgs = ({ leaseId, ids, results, keep }: FinishedBatch): ScriptArg[] => [
  leaseId,
  keep?.count ?? -1,
  keep?.ageMs ?? 0,
  ...ids.flatMap((id) => [id, results?.get(id) ?? '']),
]
