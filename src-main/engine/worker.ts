import { Failure } from '@shared/failure'
import type { Lease } from '../brokers/driver-messages'
import { pause } from '../runtime/clock'
import { type Loop, loop } from '../runtime/loop'
import { type Attempt, attemptOf } from './attempt'
import { Hands } from './hands'
import type { HeldLease } from './held-lease'
import { mostPerLease } from './lender'
import type { QueueContext } from './queue-context'
import { Teller } from './teller'
import type { WorkerEvents, WorkerHooks } from './worker-events'
import { WorkerVoice } from './worker-voice'

export interface WorkerOptions extends WorkerHooks {
  /** Messages in handlers at a time; default 10. */
  readonly concurrency?: number
  /** Messages leased ahead of their handlers; default 0. They go to nobody else meanwhile, and are given back at the end. */
  readonly prefetch?: number
  /** How long a message is in this worker's hands between two renewals; default 30 s. A worker that dies is noticed after it. */
  readonly leaseMs?: number
  /** How long stop() waits for handlers before it gives their messages back; default 30 s. */
  readonly graceMs?: number
  /** Told in the history of a message whose lease runs out; default: host and process. */
  readonly name?: string
}

interface WorkerParts {
  readonly context: QueueContext
  readonly attempt: Attempt
  readonly options: WorkerOptions
  readonly name: string
  /** Frees what the handler needs, when the worker has stopped. */
  readonly release: () => Promise<void>
}

/** A marker that was lost with a process is made up for after this. */
const longestWaitMs = 5_000

/**
 * Leases messages, runs the handler, acks what it returns from and nacks what it throws.
 *
 * States: working <-> (pause, resume) paused; either -> (stop) -> stopping -> stopped. While working, at most two calls to the
 * broker are under way; what handlers finish meanwhile goes out with the next one, which acks and leases in one step. With
 * nothing ready it waits for the queue's marker; held back by a limit, for as long as that says. It is worse to lose a
 * message than to run it twice: a call that failed is told again, and the broker refuses what is no longer this worker's.
 */
export class Worker {
  private readonly context: QueueContext
  private readonly concurrency: number
  private readonly prefetch: number
  private readonly callsAtOnce: number
  private readonly leaseMs: number
  private readonly hands: Hands
  private readonly teller: Teller
  private readonly voice: WorkerVoice
  private readonly renewal: Loop
  private readonly ending = new AbortController()
  private readonly drained = new Set<() => void>()
  /** Calls under way, and how many messages they asked for. */
  private calls = 0
  private asked = 0
  private scheduled = false
  private waiting: AbortController | undefined
  /** Held back by a limit: nothing is asked for meanwhile. */
  private limited = false
  /** The marker came while calls were under way that may have looked too early: look again before waiting again. */
  private woken = false
  /** The last lease brought few: the next messages are more likely still to come than to be there. */
  private quiet = false
  private troubles = 0
  private graceOver = false
  private stopped: Promise<void> | undefined

  /** @internal */
  constructor(private readonly parts: WorkerParts) {
    const { context, options, name } = parts
    const { leaseMs = 30_000, concurrency = 10, prefetch = 0 } = options
    if (!(leaseMs >= 1 && concurrency >= 1 && prefetch >= 0))
      throw new Failure({
        code: 'bad-input',
        message: `Queue ${context.name}: a worker needs a leaseMs and a concurrency of at least 1 and a prefetch of at least 0.`,
        subject: context.name,
      })
    this.context = context
    this.concurrency = Math.floor(concurrency)
    this.prefetch = Math.floor(prefetch)
    this.callsAtOnce = this.concurrency >= 20 ? 2 : 1
    this.leaseMs = leaseMs
    this.voice = new WorkerVoice(options)
    this.hands = new Hands({
      context,
      attempt: attemptOf(context, parts.attempt),
      concurrency: this.concurrency,
      ahead: this.prefetch > 0,
      leaseMs,
      tell: (lease) => {
        this.teller.queue(lease)
        this.schedule()
      },
      failed: (error, message) => this.voice.failed(error, message),
    })
    const { limit, groupLimit } = context.rules
    this.teller = new Teller({
      context,
      request: { worker: name, leaseMs, limit, groupLimit },
      voice: this.voice,
      lost: (lease) => this.lose(lease),
      doubted: (lease) => this.inBackground(this.renewOne(lease)),
      limited: (forMs) => this.holdBack(forMs),
    })
    this.renewal = loop({
      everyMs: leaseMs / 3,
      clock: context.clock,
      onError: (error) => this.voice.trouble(error),
      run: () => this.renew(),
    })
    this.renewal.start()
    this.schedule()
  }

  /** Messages in handlers now. */
  get active(): number {
    return this.hands.active
  }

  get paused(): boolean {
    return this.hands.paused
  }

  /** The answer ends it. What nobody listens to costs nothing. */
  on<Name extends keyof WorkerEvents>(name: Name, listener: (event: WorkerEvents[Name]) => void): () => void {
    return this.voice.events.on(name, listener)
  }

  /** This worker begins nothing new until resume; resolves when its handlers have ended. Other workers go on. */
  pause(): Promise<void> {
    this.hands.paused = true
    this.waiting?.abort()
    return this.idle()
  }

  resume(): void {
    this.hands.paused = false
    this.hands.begin()
    this.schedule()
  }

  /**
   * Takes nothing new; resolves when all handlers have ended and the broker knows, or after the grace: then the signals of the
   * rest are aborted and their messages given back. Stopping twice is harmless.
   */
  stop(graceMs = this.parts.options.graceMs ?? 30_000): Promise<void> {
    this.stopped ??= this.windDown(graceMs)
    return this.stopped
  }

  private async windDown(graceMs: number): Promise<void> {
    this.ending.abort()
    this.waiting?.abort()
    this.giveBack('waiting')
    this.schedule()
    await this.idleWithin(graceMs)
    this.graceOver = true
    this.giveBack('all')
    // What cannot be told now is taken back by the recoverer when its lease ends.
    await this.idleWithin(5_000)
    await this.renewal.stop()
    await this.parts.release()
  }

  private giveBack(what: 'waiting' | 'all'): void {
    const reason = new Error('The worker was stopped.')
    reason.name = 'WorkerStopped'
    for (const lease of [...this.hands.leases]) this.hands.giveBack(lease, what, reason)
  }

  private async idleWithin(ms: number): Promise<void> {
    const over = new AbortController()
    await Promise.race([this.idle(), pause(this.context.clock, ms, over.signal)])
    over.abort()
  }

  /** Resolves when no handler runs and nothing is left to tell. */
  private idle(): Promise<void> {
    return new Promise((resolve) => {
      this.drained.add(resolve)
      this.tellIfIdle()
    })
  }

  private tellIfIdle(): void {
    if (this.drained.size === 0 || this.hands.active > 0 || this.calls > 0 || this.waiting) return
    if (!this.teller.idle) return
    for (const resolve of this.drained) resolve()
    this.drained.clear()
  }

  /** Handlers that end in the same turn of the event loop are told in one call. */
  private schedule(): void {
    if (this.scheduled || this.calls >= this.callsAtOnce) return
    this.scheduled = true
    setImmediate(this.turnOver)
  }

  private readonly turnOver = () => {
    this.scheduled = false
    this.inBackground(this.call())
  }

  private async call(): Promise<void> {
    if (this.calls >= this.callsAtOnce) return
    if (this.waitsAtOnce()) this.wait()
    const room = this.waiting && this.leasesInLine ? 0 : this.room()
    if (this.teller.idle && (room === 0 || this.waiting)) {
      this.tellIfIdle()
      return
    }
    this.calls++
    this.asked += room
    if (room > 0) this.woken = false
    const exchanging = this.teller.exchange(room, this.take)
    if (this.room() > 0) this.schedule()
    let found = true
    try {
      found = await exchanging
      this.troubles = 0
    } catch (error) {
      this.voice.trouble(error)
      this.troubles++
      await pause(this.context.clock, Math.min(50 * 2 ** this.troubles, 2_000), this.ending.signal)
    } finally {
      this.calls--
      this.asked -= room
    }
    if (room > 0 && !found && !this.woken) this.wait()
    this.schedule()
  }

  /** How many more may be asked for by the next call. */
  private room(): number {
    if (this.ending.signal.aborted || this.hands.paused || this.limited) return 0
    const room = this.concurrency + this.prefetch - this.hands.active - this.hands.waiting - this.asked
    return Math.max(Math.min(room, Math.ceil((this.concurrency + this.prefetch) / this.callsAtOnce), mostPerLease), 0)
  }

  /**
   * Where the broker can wait and lease in one, looking first would only find nothing: what is done is told while the wait
   * begins. Who listens for idleness wants to know that nothing is there.
   */
  private waitsAtOnce(): boolean {
    const { quiet, calls, hands, voice } = this
    return quiet && calls === 0 && hands.active === 0 && this.leasesInLine && !voice.events.hears('idle')
  }

  /** A limit has to be asked for: no marker comes when it lets go. */
  private get leasesInLine(): boolean {
    const { driver, rules } = this.context
    return driver.leaseWhenReady !== undefined && rules.limit === undefined && rules.groupLimit === undefined
  }

  private readonly take = (own: Lease) => {
    this.quiet = own.messages.length * 4 < this.concurrency
    const lease = this.hands.take(own)
    if (this.voice.events.hears('leased')) this.voice.events.emit('leased', { messages: lease.messages })
    if (this.graceOver) this.giveBack('all')
  }

  private lose(lease: HeldLease): void {
    const messages = this.hands.lose(lease)
    if (messages.length > 0) this.voice.events.emit('leaseLost', { messages })
    this.schedule()
  }

  private async renew(): Promise<undefined> {
    await Promise.all([...this.hands.leases].map((lease) => this.renewOne(lease)))
    return undefined
  }

  private async renewOne(lease: HeldLease): Promise<void> {
    if (!(await lease.extend(this.leaseMs))) this.lose(lease)
  }

  /**
   * Waits for something to become ready, and takes it in that moment where the broker can. Looks again after five seconds in
   * any case, since a marker can be lost with a process.
   */
  private wait(): void {
    if (this.ending.signal.aborted || this.hands.paused || this.limited || this.waiting) return
    if (this.hands.active === 0 && this.voice.events.hears('idle')) this.voice.events.emit('idle', {})
    const waiting = new AbortController()
    this.waiting = waiting
    const { driver, name } = this.context
    const room = this.room()
    const woken =
      driver.leaseWhenReady === undefined || room === 0
        ? driver.waitForReady(name, longestWaitMs, waiting.signal)
        : this.waitInLine(room, waiting.signal)
    this.inBackground(
      woken.finally(() => {
        this.waiting = undefined
        this.woken = true
        this.schedule()
      }),
    )
  }

  private async waitInLine(room: number, signal: AbortSignal): Promise<void> {
    this.asked += room
    try {
      const lease = await this.teller.leaseWhenReady(room, longestWaitMs, signal)
      if (lease) this.take(lease)
    } catch (error) {
      await pause(this.context.clock, 500, signal)
      throw error
    } finally {
      this.asked -= room
    }
  }

  private holdBack(forMs: number): void {
    if (this.limited) return
    this.limited = true
    const over = pause(this.context.clock, forMs, this.ending.signal).then(() => {
      this.limited = false
      this.woken = true
      this.waiting?.abort()
      this.schedule()
    })
    this.inBackground(over)
  }

  private inBackground(act: Promise<void>): void {
    act.catch((error: unknown) => this.voice.trouble(error))
  }
}
