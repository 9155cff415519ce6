import type { Driver, FailedMessage, Lease, LeasedMessage, LeaseRequest, SettleOutcome } from '../brokers/driver'
import { type Clock, pause } from '../runtime/clock'
import { type Loop, loop } from '../runtime/loop'
import { type Holder, Message, type NackOptions } from './message'
import { mostFailuresPerCall, mostPerLease, type Queue } from './queue'

export type Handler<Data> = (message: Message<Data>) => unknown

export interface WorkerOptions {
  /** Messages in handlers at a time; default 10. */
  readonly concurrency?: number
  /** How long a message is in this worker's hands between two renewals; default 30 s. A worker that dies is noticed after it. */
  readonly leaseMs?: number
  /** How long stop() waits for handlers before it gives their messages back; default 30 s. */
  readonly graceMs?: number
  /** Told in the history of a message whose lease runs out; default: host and process. */
  readonly name?: string
  /** A handler's failure (with its message), or trouble with the broker (without); default: nothing is told. */
  readonly onError?: (error: unknown, message: Message | undefined) => void
}

/** One message in a handler's hands. */
interface Held {
  readonly leased: LeasedMessage
  readonly message: Message
  readonly lease: HeldLease
  /** Settled, given back or lost: whatever the handler does from here on counts no more. */
  over: boolean
}

interface HeldLease {
  readonly id: string
  readonly held: Set<Held>
}

/** What is ready to be told to the server, by lease. */
interface Told {
  readonly acks: Map<string, string[]>
  readonly nacks: Map<string, FailedMessage[]>
}

/**
 * Leases messages, runs the handler, acks what it returns from and nacks what it throws.
 *
 * States: working -> (stop) -> stopping -> stopped. While working, at most two calls to the server are under way; what
 * handlers finish meanwhile goes out with the next one, which acks and leases in one step. With nothing ready it waits for
 * the queue's marker. It is worse to lose a message than to run it twice: a call that failed is told again, and the server
 * refuses what is no longer this worker's.
 */
export class Worker<Data = unknown> {
  private readonly concurrency: number
  private readonly callsAtOnce: number
  private readonly graceMs: number
  private readonly request: Omit<LeaseRequest, 'count'>
  private readonly leases = new Map<string, HeldLease>()
  private readonly renewal: Loop
  private readonly ending = new AbortController()
  private told: Told = { acks: new Map(), nacks: new Map() }
  private inHandlers = 0
  /** Calls under way, and how many messages they asked for. */
  private calls = 0
  private asked = 0
  private scheduled = false
  private waiting: AbortController | undefined
  /** The marker came while calls were under way that may have looked too early: look again before waiting again. */
  private woken = false
  private troubles = 0
  private stopped: Promise<void> | undefined
  private readonly drained = new Set<() => void>()

  constructor(
    private readonly queue: Queue<Data>,
    private readonly handler: Handler<Data>,
    private readonly options: WorkerOptions & { readonly driver: Driver; readonly clock: Clock; readonly name: string },
  ) {
    const { leaseMs = 30_000, concurrency = 10, graceMs = 30_000, name, clock } = options
    this.concurrency = Math.max(Math.floor(concurrency), 1)
    this.callsAtOnce = this.concurrency >= 20 ? 2 : 1
    this.graceMs = graceMs
    this.request = { worker: name, leaseMs }
    this.renewal = loop({
      everyMs: leaseMs / 3,
      clock,
      onError: (error) => this.report(error),
      run: () => this.renew(),
    })
    this.renewal.start()
    this.schedule()
  }

  /** Messages in handlers now. */
  get active(): number {
    return this.inHandlers
  }

  /**
   * Takes nothing new; resolves when all handlers have ended and the server knows, or after the grace: then the signals of the
   * rest are aborted and their messages given back. Stopping twice is harmless.
   */
  stop(graceMs = this.graceMs): Promise<void> {
    this.stopped ??= this.windDown(graceMs)
    return this.stopped
  }

  private async windDown(graceMs: number): Promise<void> {
    this.ending.abort()
    this.waiting?.abort()
    this.schedule()
    const graceOver = new AbortController()
    await Promise.race([this.idle(), pause(this.options.clock, graceMs, graceOver.signal)])
    graceOver.abort()
    const reason = new Error('The worker was stopped.')
    reason.name = 'WorkerStopped'
    for (const lease of this.leases.values()) {
      for (const held of [...lease.held]) {
        held.message.abort(reason)
        this.finish(held, {
          id: held.leased.id,
          error: { name: reason.name, message: reason.message, stack: null },
          retryInMs: 0,
        })
      }
    }
    // What cannot be told now is taken back by the recoverer when its lease ends.
    const told = new AbortController()
    await Promise.race([this.idle(), pause(this.options.clock, 5_000, told.signal)])
    told.abort()
    await this.renewal.stop()
  }

  /** Resolves when no handler runs and nothing is left to tell. */
  private idle(): Promise<void> {
    return new Promise((resolve) => {
      this.drained.add(resolve)
      this.tellIfIdle()
    })
  }

  private tellIfIdle(): void {
    if (this.inHandlers > 0 || this.calls > 0 || this.told.acks.size > 0 || this.told.nacks.size > 0) return
    for (const resolve of this.drained) resolve()
    this.drained.clear()
  }

  /** Handlers that end in the same turn of the event loop are told in one call. */
  private schedule(): void {
    if (this.scheduled || this.calls >= this.callsAtOnce) return
    this.scheduled = true
    setImmediate(() => {
      this.scheduled = false
      this.call().catch((error: unknown) => this.report(error))
    })
  }

  private async call(): Promise<void> {
    if (this.calls >= this.callsAtOnce) return
    const { acks, nacks } = this.told
    const room = this.room()
    if (acks.size === 0 && nacks.size === 0 && (room === 0 || this.waiting)) {
      this.tellIfIdle()
      return
    }
    this.calls++
    this.asked += room
    if (room > 0) this.woken = false
    this.told = { acks: new Map(), nacks: new Map() }
    if (this.room() > 0) this.schedule()
    let found = true
    try {
      found = await this.exchange({ acks, nacks }, room)
      this.troubles = 0
    } catch (error) {
      this.report(error)
      this.troubles++
      await pause(this.options.clock, Math.min(50 * 2 ** this.troubles, 2_000))
    } finally {
      this.calls--
      this.asked -= room
    }
    if (room > 0 && !found && !this.woken) this.wait()
    this.schedule()
  }

  /** How many more may be asked for by the next call. */
  private room(): number {
    if (this.ending.signal.aborted) return 0
    const room = this.concurrency - this.inHandlers - this.asked
    return Math.max(Math.min(room, Math.ceil(this.concurrency / this.callsAtOnce), mostPerLease), 0)
  }

  /** Tells everything and leases up to `room`; true when something was leased. What could not be told is told again. */
  private async exchange({ acks, nacks }: Told, room: number): Promise<boolean> {
    const { driver } = this.options
    const { name } = this.queue
    const finished = [...acks]
    const first = room > 0 ? finished.shift() : undefined
    const leasing = async () => {
      const request = { ...this.request, count: room }
      if (!first) return room > 0 ? driver.lease(name, request) : undefined
      const [leaseId, ids] = first
      const turn = await this.orAgain(
        () => driver.turn(name, { leaseId, ids }, request),
        () => this.tellAcks(leaseId, ids),
      )
      this.notice(leaseId, turn.outcomes)
      return turn.next
    }
    const rest = [
      ...finished.map(async ([leaseId, ids]) =>
        this.notice(
          leaseId,
          await this.orAgain(
            () => driver.ack(name, { leaseId, ids }),
            () => this.tellAcks(leaseId, ids),
          ),
        ),
      ),
      ...[...nacks].flatMap(inPieces).map(async ([leaseId, failures]) =>
        this.notice(
          leaseId,
          await this.orAgain(
            () => driver.nack(name, leaseId, failures),
            () => this.tellNacks(leaseId, failures),
          ),
        ),
      ),
    ]
    const [lease, ...others] = await Promise.allSettled([leasing(), ...rest])
    const failed = [lease, ...others].find((result) => result.status === 'rejected')
    const next = lease.status === 'fulfilled' ? lease.value : undefined
    if (next) this.take(next)
    if (failed) throw failed.reason
    return next !== undefined
  }

  private async orAgain<Answer>(tell: () => Promise<Answer>, again: () => void): Promise<Answer> {
    try {
      return await tell()
    } catch (error) {
      again()
      throw error
    }
  }

  private take(lease: Lease): void {
    const own: HeldLease = { id: lease.leaseId, held: new Set() }
    this.leases.set(own.id, own)
    const holder = this.holderOf(own)
    this.inHandlers += lease.messages.length
    const batch = lease.messages.map((leased): Held => {
      const held: Held = { leased, message: new Message(leased, holder), lease: own, over: false }
      own.held.add(held)
      return held
    })
    for (const held of batch) this.handle(held)
  }

  private handle(held: Held): void {
    const failed = (thrown: unknown) => {
      if (held.over) return
      this.options.onError?.(thrown, held.message)
      this.finish(held, this.queue.failureOf(held.leased, thrown))
    }
    try {
      const result = this.handler(held.message as Message<Data>)
      if (isPromise(result)) result.then(() => this.finish(held, undefined), failed)
      else this.finish(held, undefined)
    } catch (error) {
      failed(error)
    }
  }

  /** Once per message: by the handler's end, by its own ack or nack, or by the end of the grace. */
  private finish(held: Held, failure: FailedMessage | undefined): boolean {
    if (held.over) return false
    this.release(held)
    if (failure) this.tellNacks(held.lease.id, [failure])
    else this.tellAcks(held.lease.id, [held.leased.id])
    return true
  }

  private release(held: Held): void {
    held.over = true
    this.inHandlers--
    held.lease.held.delete(held)
    if (held.lease.held.size === 0) this.leases.delete(held.lease.id)
  }

  private tellAcks(leaseId: string, ids: readonly string[]): void {
    const own = this.told.acks.get(leaseId)
    if (own) own.push(...ids)
    else this.told.acks.set(leaseId, [...ids])
    this.schedule()
  }

  private tellNacks(leaseId: string, failures: readonly FailedMessage[]): void {
    const own = this.told.nacks.get(leaseId)
    if (own) own.push(...failures)
    else this.told.nacks.set(leaseId, [...failures])
    this.schedule()
  }

  /** A handler may settle its message itself, to choose a delay; what it returns then no longer counts. */
  private holderOf(lease: HeldLease): Holder {
    const settle = async (leased: LeasedMessage, failure: FailedMessage | undefined): Promise<SettleOutcome> => {
      const held = [...lease.held].find((each) => each.leased === leased)
      return held && this.finish(held, failure) ? 'applied' : 'stale'
    }
    return {
      leaseId: lease.id,
      ack: (leased) => settle(leased, undefined),
      nack: (leased, error, options: NackOptions) => settle(leased, this.queue.failureOf(leased, error, options)),
      extend: (leaseMs) => this.options.driver.extend(this.queue.name, lease.id, leaseMs),
    }
  }

  private notice(leaseId: string, outcomes: readonly SettleOutcome[]): void {
    if (outcomes.includes('stale')) this.lose(this.leases.get(leaseId))
  }

  private lose(lease: HeldLease | undefined): void {
    if (!lease) return
    const reason = new Error('The lease was lost: somebody else may be at work on this message.')
    reason.name = 'LeaseLost'
    for (const held of [...lease.held]) {
      this.release(held)
      held.message.abort(reason)
    }
    this.schedule()
  }

  private async renew(): Promise<undefined> {
    await Promise.all(
      [...this.leases.values()].map(async (lease) => {
        const kept = await this.options.driver.extend(this.queue.name, lease.id, this.request.leaseMs)
        if (!kept) this.lose(lease)
      }),
    )
    return undefined
  }

  /** Waits for the marker; looks again after five seconds in any case, since a marker can be lost with a process. */
  private wait(): void {
    if (this.ending.signal.aborted || this.waiting) return
    const waiting = new AbortController()
    this.waiting = waiting
    this.options.driver
      .waitForReady(this.queue.name, 5_000, waiting.signal)
      .catch((error: unknown) => this.report(error))
      .finally(() => {
        this.waiting = undefined
        this.woken = true
        this.schedule()
      })
  }

  private report(error: unknown): void {
    this.options.onError?.(error, undefined)
  }
}

/** No call with failures may hold the server up: each writes a history. */
function inPieces([leaseId, failures]: readonly [string, readonly FailedMessage[]]) {
  const pieces: (readonly [string, readonly FailedMessage[]])[] = []
  for (let at = 0; at < failures.length; at += mostFailuresPerCall)
    pieces.push([leaseId, failures.slice(at, at + mostFailuresPerCall)])
  return pieces
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
