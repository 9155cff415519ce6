import type { RedisClient } from '../../clients/redis'
import type { DeadLetterBox, Driver, Idempotency, Looking, Mending, Notes, Schedules } from '../../driver'
import type {
  DriverStats,
  EnqueueOutcome,
  FailedMessage,
  FinishedBatch,
  LeaseReply,
  LeaseRequest,
  NewMessage,
  PurgeState,
  ReplayStep,
  SettleOutcome,
  Turn,
} from '../../driver-messages'
import { redisStreamsAbilities } from './abilities'
import { Asking } from './asking'
import { enqueueMessages } from './enqueue'
import { defaultBodyField } from './entry'
import { statsOf } from './figures'
import { idempotency } from './idempotency'
import { soundId } from './ids'
import { defaultGroup, defaultPrefix } from './keys'
import { leaseOf } from './leased'
import { looking } from './looking'
import { mending, notes } from './mending'
import { errorTail, stackLine } from './meta'
import { ReadyWait, type Watched } from './ready-wait'
import { unsupported } from './refusal'
import { schedules } from './schedules'
import * as leaseScripts from './scripts/lease'
import * as lookScripts from './scripts/look'
import * as mendScripts from './scripts/mend'
import * as moveScripts from './scripts/moves'
import * as purgeScripts from './scripts/purge'
import * as settleScripts from './scripts/settle'

export interface RedisStreamsDriverOptions {
  readonly redis: RedisClient
  /** A new client, not connected, for waiting: a blocked connection serves nothing else. */
  readonly connectAnother: () => RedisClient
  /** Before every key but a stream of others; default "qs". */
  readonly prefix?: string
  /** The group of consumers that this driver works for; default "engine". Each group gets every message. */
  readonly group?: string
  /** Attempts of a message that has no limit of its own, per queue. */
  readonly maxAttempts: (queue: string) => number
  /** A stream that others own and produce into, per queue. Default: one of ours under the prefix. */
  readonly streamKey?: (queue: string) => string
  /** The field that holds the body; default "body". An entry without it gets all its fields as JSON. */
  readonly bodyField?: string
  /** Whether an entry is deleted when all groups are through with it. Default: in our streams yes, in those of others no. */
  readonly afterAck?: 'delete' | 'keep'
  /** A plain consumer of this group that holds a message for longer without an ack has lost it. Default: a minute. */
  readonly adoptAfterMs?: number
}

/** Messages that one script moves: each takes less than about a millisecond of the server's time. */
const mostPerCall = 100
/** Of those that were tried and failed: each writes a history. */
const mostFailuresPerCall = 60

/** The engine's second layout: a stream with groups of consumers, for who produces with XADD and wants fan-out. */
export class RedisStreamsDriver implements Driver {
  readonly name = 'redis-streams'
  readonly abilities = redisStreamsAbilities
  readonly looking: Looking
  readonly mending: Mending
  readonly notes: Notes
  readonly schedules: Schedules
  readonly idempotency: Idempotency
  readonly dead: DeadLetterBox = {
    replayDead: async (queue, { before, limit }) =>
      stepOf(await this.asking.run(queue, 'replay', moveScripts.replayDead, [atMost(limit), before ?? ''])),
    replayIds: async (queue, ids) => {
      return inPieces(ids, mostPerCall, async (piece) =>
        marksOf(await this.asking.run(queue, 'replay', moveScripts.replayIds, piece.map(soundId))),
      )
    },
  }
  readonly pausing = {
    setPaused: async (queue: string, paused: boolean): Promise<void> => {
      await this.asking.run(queue, paused ? 'pause' : 'resume', mendScripts.setPaused, [paused ? 1 : 0])
    },
  }
  private readonly asking: Asking
  private readonly bodyField: string
  private readonly waits = new Map<string, ReadyWait>()

  constructor(private readonly options: RedisStreamsDriverOptions) {
    const { redis, prefix = defaultPrefix, group = defaultGroup, streamKey, afterAck, maxAttempts } = options
    const deletes = (afterAck ?? (streamKey ? 'keep' : 'delete')) === 'delete'
    this.bodyField = options.bodyField ?? defaultBodyField
    this.asking = new Asking({ redis, prefix, group, streamKey, deletes })
    this.looking = looking(this.asking, { bodyField: this.bodyField, maxAttempts })
    this.mending = mending(this.asking, this.bodyField)
    this.notes = notes(this.asking)
    this.schedules = schedules(this.asking, this.bodyField)
    this.idempotency = idempotency(this.asking)
  }

  get group(): string {
    return this.asking.options.group
  }

  /** Makes the group, from the first entry on, so that what comes is kept for it. Otherwise its first look does. */
  async join(queue: string): Promise<void> {
    await this.asking.register(queue)
    await this.asking.makeGroup(queue)
  }

  async enqueue(queue: string, messages: readonly NewMessage[]): Promise<readonly EnqueueOutcome[]> {
    if (messages.length === 0) return []
    const [outcomes] = await Promise.all([
      enqueueMessages(this.asking, queue, messages, this.bodyField),
      this.asking.register(queue),
    ])
    return outcomes
  }

  async lease(queue: string, request: LeaseRequest): Promise<LeaseReply> {
    const args = this.leaseArgs(queue, request)
    for (;;) {
      const reply = this.leaseOf(queue, await this.asking.run(queue, 'lease', leaseScripts.lease, args))
      if (reply !== 'again') return reply
    }
  }

  async turn(queue: string, finished: FinishedBatch, request: LeaseRequest): Promise<Turn> {
    const { ids } = finished
    const before = await this.ack(queue, { ...finished, ids: ids.slice(mostPerCall) })
    const args = [...this.leaseArgs(queue, request), ...ackArgs({ ...finished, ids: ids.slice(0, mostPerCall) })]
    const reply = await this.asking.run(queue, 'ack and lease', leaseScripts.turn, args)
    const [marks, leased] = reply as [unknown, unknown]
    const next = this.leaseOf(queue, leased)
    const { lease, limitedForMs } = next === 'again' ? await this.lease(queue, request) : next
    return { outcomes: [...outcomesOf(marks), ...before], next: lease, limitedForMs }
  }

  async ack(queue: string, finished: FinishedBatch): Promise<readonly SettleOutcome[]> {
    return inPieces(finished.ids, mostPerCall, async (ids) =>
      outcomesOf(await this.asking.run(queue, 'ack', leaseScripts.ack, ackArgs({ ...finished, ids }))),
    )
  }

  async nack(queue: string, leaseId: string, failures: readonly FailedMessage[]): Promise<readonly SettleOutcome[]> {
    return inPieces(failures, mostFailuresPerCall, async (piece) => {
      const args = piece.flatMap(({ id, error, retryInMs }) => [
        soundId(id),
        retryInMs === undefined ? -1 : Math.max(Math.round(retryInMs), 0),
        errorTail(error),
        stackLine(error.stack),
      ])
      return outcomesOf(await this.asking.run(queue, 'nack', settleScripts.nack, [leaseId, ...args]))
    })
  }

  async extend(queue: string, leaseId: string, leaseMs: number): Promise<boolean> {
    if (!/^\d{1,16}$/.test(leaseId)) return false
    return (await this.asking.run(queue, 'extend', leaseScripts.extend, [leaseId, leaseMs])) === 1
  }

  async promote(queue: string, limit: number): Promise<{ readonly moved: number; readonly nextDueAt: number | null }> {
    const reply = await this.asking.run(queue, 'promote', moveScripts.promote, [atMost(limit)])
    const [moved = 0, next = -1] = (reply as unknown[]).map(Number)
    return { moved, nextDueAt: next < 0 ? null : next }
  }

  async recover(queue: string, limit: number) {
    const { maxAttempts, adoptAfterMs = 60_000 } = this.options
    const args = [Math.min(limit, mostFailuresPerCall), maxAttempts(queue), adoptAfterMs]
    const reply = await this.asking.run(queue, 'recover', settleScripts.recover, args)
    const [requeued = 0, died = 0, next = -1] = (reply as unknown[]).map(Number)
    return { requeued, died, nextExpiryAt: next < 0 ? null : next }
  }

  async purge(
    queue: string,
    state: PurgeState,
    { before, limit }: { readonly before: string | null; readonly limit: number },
  ): Promise<ReplayStep> {
    const args = [atMost(limit), before ?? '', state]
    switch (state) {
      case 'ready':
        return stepOf(await this.asking.run(queue, 'purge', purgeScripts.purgeReady, args))
      case 'delayed':
        return stepOf(await this.asking.run(queue, 'purge', purgeScripts.purgeDelayed, args))
      case 'dead':
      case 'done':
        return stepOf(await this.asking.run(queue, 'purge', purgeScripts.purgeEnded, args))
    }
  }

  /** `lost`: messages that somebody else deleted from the stream before this group was through with them. */
  async stats(queue: string): Promise<DriverStats & { readonly lost: number }> {
    return statsOf(await this.asking.run(queue, 'stats', lookScripts.figures, []), this.group)
  }

  /** The entries that were lost, newest first, at most 100. */
  lost(queue: string): Promise<readonly string[]> {
    const { lost } = this.asking.keysOf(queue).of
    return this.asking.guarded(queue, 'look', () => this.asking.redis.lrange(lost, 0, -1))
  }

  waitForReady(queue: string, waitMs: number, signal: AbortSignal): Promise<void> {
    let wait = this.waits.get(queue)
    if (!wait) {
      wait = new ReadyWait(this.options.connectAnother, () => this.watched(queue))
      this.waits.set(queue, wait)
    }
    return wait.wait(waitMs, signal)
  }

  async close(): Promise<void> {
    for (const wait of this.waits.values()) wait.close()
    this.waits.clear()
  }

  /** While paused, what comes in is no news. */
  private async watched(queue: string): Promise<Watched | undefined> {
    const reply = await this.asking.run(queue, 'wait', lookScripts.position, [])
    const [again, paused, last, mark] = (reply as Buffer[]).map(String) as [string, string, string, string]
    const { stream, wake } = this.asking.keysOf(queue).of
    if (paused === '1') return { keys: [wake], after: [mark] }
    return again === '1' ? undefined : { keys: [stream, wake], after: [last, mark] }
  }

  private leaseArgs(queue: string, { worker, count, leaseMs, limit, groupLimit }: LeaseRequest) {
    if (groupLimit) throw unsupported(queue, 'groupLimit', 'a limit per message group')
    const most = Math.max(atMost(Math.trunc(count)), 0)
    return [
      worker,
      most,
      Math.round(leaseMs),
      limit ? Math.max(Math.trunc(limit.max), 1) : 0,
      Math.round(limit?.perMs ?? 0),
    ]
  }

  private leaseOf(queue: string, reply: unknown): LeaseReply | 'again' {
    return leaseOf(reply, { bodyField: this.bodyField, maxAttempts: this.options.maxAttempts(queue) })
  }
}

const atMost = (limit: number): number => Math.min(limit, mostPerCall)

/** One after the other, so that answers stand in the order of what was asked. */
async function inPieces<Item, Answer>(
  items: readonly Item[],
  size: number,
  ask: (piece: readonly Item[]) => Promise<readonly Answer[]>,
): Promise<readonly Answer[]> {
  if (items.length > 0 && items.length <= size) return ask(items)
  const answers: Answer[] = []
  for (let at = 0; at < items.length; at += size) answers.push(...(await ask(items.slice(at, at + size))))
  return answers
}

const ackArgs = ({ leaseId, ids, results, keep }: FinishedBatch) => [
  leaseId,
  keep?.count ?? 0,
  Math.round(keep?.ageMs ?? 0),
  ...ids.flatMap((id) => [soundId(id), results?.get(id) ?? '']),
]

const marksOf = (reply: unknown): readonly boolean[] => [...String(reply)].map((mark) => mark === '1')

const outcomesOf = (reply: unknown): readonly SettleOutcome[] =>
  marksOf(reply).map((applied) => (applied ? 'applied' : 'stale'))

function stepOf(reply: unknown): ReplayStep {
  const [moved, before] = reply as [number, Buffer]
  const bound = String(before)
  return { moved, before: bound === '' ? null : bound }
}
