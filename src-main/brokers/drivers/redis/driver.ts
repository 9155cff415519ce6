import type { RedisClient } from '../../clients/redis'
import { runScript, type Script, type ScriptArg } from '../../clients/script'
import type {
  Driver,
  DriverStats,
  FailedMessage,
  FinishedBatch,
  Lease,
  LeaseRequest,
  NewMessage,
  PurgeState,
  ReplayStep,
  SettleOutcome,
  Turn,
} from '../../driver'
import { enqueueMessages } from './enqueue'
import { figureCommands, figuresOfReplies, readingOf } from './figures'
import { defaultPrefix, defaultPriority, type QueueKeys, queueKeys, registryKey } from './keys'
import { LeasedBatches } from './leased-batches'
import { eventTail, stackLine } from './meta'
import { ReadyWait } from './ready-wait'
import { marksOf, momentOf, numbers, outcomesOf, stepOf } from './replies'
import * as leaseScripts from './scripts/lease'
import * as moveScripts from './scripts/moves'
import * as purgeScripts from './scripts/purge'
import * as settleScripts from './scripts/settle'
import { asked } from './trouble'

export interface RedisDriverOptions {
  readonly redis: RedisClient
  /** A new client, not connected, for waiting: a blocked connection serves nothing else. */
  readonly connectAnother: () => RedisClient
  readonly prefix?: string
  /** Attempts of a message that has no limit of its own, per queue. */
  readonly maxAttempts: (queue: string) => number
}

/** The engine's layout on Redis: see scripts/ for each transition. */
export class RedisDriver implements Driver {
  private readonly redis: RedisClient
  private readonly prefix: string
  private readonly known = new Map<string, QueueKeys>()
  private readonly registered = new Map<string, Promise<unknown>>()
  /** Queues whose scripts need all ten ready lists. */
  private readonly mixed = new Set<string>()
  private readonly leased: LeasedBatches
  private readonly waits = new Map<string, ReadyWait>()
  private readonly forget = () => this.registered.clear()

  constructor(private readonly options: RedisDriverOptions) {
    this.redis = options.redis
    this.leased = new LeasedBatches(options.redis, options.maxAttempts)
    this.prefix = options.prefix ?? defaultPrefix
    // A server that comes back may have lost the registry.
    this.redis.on('close', this.forget)
  }

  async enqueue(queue: string, messages: readonly NewMessage[]): Promise<readonly string[]> {
    if (messages.length === 0) return []
    const keys = this.keysOf(queue)
    const [ids] = await Promise.all([
      this.guarded(keys, 'enqueue', () => enqueueMessages(this.redis, keys, messages)),
      this.register(keys),
    ])
    return ids
  }

  async lease(queue: string, request: LeaseRequest): Promise<Lease | undefined> {
    const keys = this.keysOf(queue)
    for (;;) {
      const reply = await this.runReady(keys, 'lease', leaseScripts.lease, this.leaseKeys(keys), [
        request.worker,
        request.count,
        request.leaseMs,
      ])
      const lease = await this.taken(keys, reply)
      if (lease !== 'again') return lease
    }
  }

  async turn(queue: string, finished: FinishedBatch, request: LeaseRequest): Promise<Turn> {
    const keys = this.keysOf(queue)
    const reply = await this.leased.finish(finished, (named) =>
      this.runReady(keys, 'ack and lease', leaseScripts.turn, this.leaseKeys(keys), [
        request.worker,
        request.count,
        request.leaseMs,
        finished.leaseId,
        ...named,
      ]),
    )
    const [acked, leased] = reply as [unknown, unknown]
    const outcomes = outcomesOf(acked, finished.ids.length)
    const next = await this.taken(keys, leased)
    return { outcomes, next: next === 'again' ? await this.lease(queue, request) : next }
  }

  async ack(queue: string, finished: FinishedBatch): Promise<readonly SettleOutcome[]> {
    const keys = this.keysOf(queue)
    const reply = await this.leased.finish(finished, (named) => this.runAck(keys, finished.leaseId, named))
    return outcomesOf(reply, finished.ids.length)
  }

  async nack(queue: string, leaseId: string, failures: readonly FailedMessage[]): Promise<readonly SettleOutcome[]> {
    const keys = this.keysOf(queue)
    this.leased.touch(leaseId)
    const reply = await this.runReady(keys, 'nack', settleScripts.nack, settleKeys(keys), [
      leaseId,
      ...failures.flatMap(({ id, error, retryInMs }) => [
        id,
        retryInMs === undefined ? -1 : Math.max(Math.round(retryInMs), 0),
        eventTail(retryInMs === undefined ? 'died' : 'failed', error),
        stackLine(error.stack),
      ]),
    ])
    return outcomesOf(reply, failures.length)
  }

  async extend(queue: string, leaseId: string, leaseMs: number): Promise<boolean> {
    const keys = this.keysOf(queue)
    return (await this.run(keys, 'extend', leaseScripts.extend, [keys.leases, keys.leased], [leaseId, leaseMs])) === 1
  }

  async promote(queue: string, limit: number): Promise<{ readonly moved: number; readonly nextDueAt: number | null }> {
    const keys = this.keysOf(queue)
    const reply = await this.runReady(
      keys,
      'promote',
      moveScripts.promote,
      [keys.state, keys.delayed, keys.wake],
      [limit],
    )
    const [moved, next] = numbers(reply)
    return { moved: moved!, nextDueAt: momentOf(next!) }
  }

  async recover(queue: string, limit: number) {
    const keys = this.keysOf(queue)
    const tail = `"event":"lease expired","name":"LeaseExpired","message":`
    const reply = await this.runReady(keys, 'recover', settleScripts.recover, settleKeys(keys), [
      limit,
      this.options.maxAttempts(queue),
      tail,
    ])
    const [requeued, died, next] = numbers(reply)
    return { requeued: requeued!, died: died!, nextExpiryAt: momentOf(next!) }
  }

  async replayDead(
    queue: string,
    { before, limit }: { readonly before: string | null; readonly limit: number },
  ): Promise<ReplayStep> {
    const keys = this.keysOf(queue)
    return stepOf(
      await this.runReady(
        keys,
        'replay',
        moveScripts.replayDead,
        [keys.state, keys.dead, keys.wake],
        [limit, before ?? ''],
      ),
    )
  }

  async replayIds(queue: string, ids: readonly string[]): Promise<readonly boolean[]> {
    if (ids.length === 0) return []
    const keys = this.keysOf(queue)
    const reply = await this.runReady(keys, 'replay', moveScripts.replayIds, [keys.state, keys.dead, keys.wake], ids)
    return marksOf(reply)
  }

  async purge(
    queue: string,
    state: PurgeState,
    { before, limit }: { readonly before: string | null; readonly limit: number },
  ): Promise<ReplayStep> {
    const keys = this.keysOf(queue)
    const args = [limit, before ?? '']
    const { payload, meta } = keys
    switch (state) {
      case 'dead':
        return stepOf(await this.run(keys, 'purge', purgeScripts.purgeDead, [keys.dead, payload, meta], args))
      case 'delayed':
        return stepOf(
          await this.run(keys, 'purge', purgeScripts.purgeDelayed, [keys.delayed, payload, meta, keys.state], args),
        )
      case 'ready':
        return stepOf(
          await this.run(
            keys,
            'purge',
            purgeScripts.purgeReady,
            [keys.state, payload, meta, keys.removed, ...keys.ready],
            args,
          ),
        )
    }
  }

  async stats(queue: string): Promise<DriverStats> {
    const keys = this.keysOf(queue)
    return this.guarded(keys, 'stats', async () => {
      const questions = this.redis.multi()
      for (const [name, ...args] of figureCommands(keys)) questions.callBuffer(name, ...args)
      questions.hmget(keys.state, 'dead', 'replayed')
      questions.time()
      const replies = (await questions.exec()) ?? []
      const answers = replies.map(([error, answer]) => error ?? answer)
      const time = answers.pop() as [string, string]
      const [died, replayed] = answers.pop() as [string | null, string | null]
      const figures = figuresOfReplies(keys, answers)
      if ('error' in figures) throw figures.error
      const reading = readingOf(figures, Number(time[0]) * 1000 + Math.floor(Number(time[1]) / 1000))
      return {
        ready: reading.ready ?? 0,
        delayed: figures.delayed,
        leased: reading.leased ?? 0,
        dead: figures.dead,
        enqueuedTotal: figures.enqueued,
        ackedTotal: figures.acked,
        diedTotal: Number(died ?? 0),
        replayedTotal: Number(replayed ?? 0),
        oldestReadyMs: reading.oldestReadyMs,
        paused: figures.paused,
      }
    })
  }

  async setPaused(queue: string, paused: boolean): Promise<void> {
    const keys = this.keysOf(queue)
    await this.guarded(keys, paused ? 'pause' : 'resume', async () => {
      await this.register(keys)
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
      wait = new ReadyWait(this.options.connectAnother, this.keysOf(queue).wake)
      this.waits.set(queue, wait)
    }
    return wait.wait(waitMs, signal)
  }

  async close(): Promise<void> {
    this.redis.off('close', this.forget)
    for (const wait of this.waits.values()) wait.close()
    this.waits.clear()
  }

  private keysOf(queue: string): QueueKeys {
    const known = this.known.get(queue)
    if (known) return known
    const keys = queueKeys(this.prefix, queue)
    this.known.set(queue, keys)
    return keys
  }

  private register(keys: QueueKeys): Promise<unknown> {
    const under = this.registered.get(keys.name)
    if (under !== undefined) return under
    const registering = this.guarded(keys, 'register', () => this.redis.sadd(registryKey(this.prefix), keys.name))
    this.registered.set(keys.name, registering)
    registering.catch(() => this.registered.delete(keys.name))
    return registering
  }

  private guarded<Answer>(keys: QueueKeys, act: string, ask: () => Promise<Answer>): Promise<Answer> {
    return asked(this.redis, keys, act, ask)
  }

  private run(
    keys: QueueKeys,
    act: string,
    script: Script,
    names: readonly string[],
    args: readonly ScriptArg[],
  ): Promise<unknown> {
    return this.guarded(keys, act, () => runScript(this.redis, script, names, args))
  }

  /** Runs a script whose last keys are ready lists: one, or all ten once the queue is known to use priorities. */
  private async runReady(
    keys: QueueKeys,
    act: string,
    script: Script,
    names: readonly string[],
    args: readonly ScriptArg[],
  ): Promise<unknown> {
    const ready = this.mixed.has(keys.name) ? keys.ready : [keys.ready[defaultPriority]!]
    const reply = await this.run(keys, act, script, [...names, ...ready], args)
    if (reply !== -2) return reply
    this.mixed.add(keys.name)
    return this.run(keys, act, script, [...names, ...keys.ready], args)
  }

  private leaseKeys(keys: QueueKeys): readonly string[] {
    return [keys.state, keys.payload, keys.meta, keys.leases, keys.leased, keys.waits, keys.removed, keys.wake]
  }

  private runAck(keys: QueueKeys, leaseId: string, named: readonly string[]): Promise<unknown> {
    return this.run(keys, 'ack', leaseScripts.ack, this.leaseKeys(keys).slice(0, 5), [leaseId, ...named])
  }

  /** A lease in which every message had lost its body is given up: undefined where there is nothing, 'again' where there may be more. */
  private async taken(keys: QueueKeys, reply: unknown): Promise<Lease | 'again' | undefined> {
    if (reply === -3) return 'again'
    if (!Array.isArray(reply)) return undefined
    const { lease, ids } = await this.guarded(keys, 'lease', () => this.leased.read(keys, reply))
    if (lease.messages.length > 0) return lease
    await this.runAck(keys, lease.leaseId, ids)
    return 'again'
  }
}

const settleKeys = (keys: QueueKeys): readonly string[] => [
  keys.state,
  keys.payload,
  keys.meta,
  keys.delayed,
  keys.dead,
  keys.leases,
  keys.leased,
  keys.wake,
]
