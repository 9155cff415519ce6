import { Failure } from '@shared/failure'
import type { Driver } from '../brokers/driver'
import type { LeasedMessage } from '../brokers/driver-messages'
import { type Clock, pause } from '../runtime/clock'
import { type Loop, loop } from '../runtime/loop'
import { errorOf } from './error-record'
import { type EventHandler, timeOf } from './event-bus-event'
import { isUnrecoverable, outcomeOf, UnrecoverableError } from './outcome'
import type { RetryPolicy } from './retry'

/** Messages that the loops of a group ask the driver to move at once. */
const perCall = 100
/** The longest that an event lies whose notice was not heard. */
const longestPauseMs = 1_000

export interface GroupWorkOptions {
  readonly driver: Driver
  readonly group: string
  readonly type: string
  readonly handler: EventHandler<never>
  readonly concurrency: number
  readonly leaseMs: number
  readonly policy: RetryPolicy
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

interface InHand {
  readonly leaseId: string
  readonly controller: AbortController
}

/**
 * One group's work on one type. An event: leased -> handled -> acked, or tried again later, or dead; one whose process died is
 * leased anew when its lease runs out. States: idle -> (start) -> working -> (stop) -> idle.
 */
export class GroupWork {
  private readonly inHand = new Set<InHand>()
  private readonly taking: Loop
  private readonly holding: Loop
  private emptied: (() => void) | undefined

  constructor(private readonly options: GroupWorkOptions) {
    const { clock, onError, leaseMs } = options
    this.taking = loop({ everyMs: longestPauseMs, clock, onError, run: (signal) => this.take(signal) })
    this.holding = loop({ everyMs: leaseMs / 3, clock, onError, run: () => this.hold() })
  }

  start(): void {
    this.taking.start()
    this.holding.start()
  }

  /** Something may have come. */
  kick(): void {
    this.taking.kick()
  }

  async stop(graceMs: number): Promise<void> {
    await this.taking.stop()
    const graceOver = new AbortController()
    const emptied = new Promise<void>((resolve) => {
      this.emptied = resolve
      if (this.inHand.size === 0) resolve()
    })
    await Promise.race([emptied, pause(this.options.clock, graceMs, graceOver.signal)])
    graceOver.abort()
    for (const { controller } of this.inHand) controller.abort(new Error('The subscription was stopped.'))
    await this.holding.stop()
  }

  private async take(signal: AbortSignal): Promise<number> {
    const { driver, type, group, concurrency, leaseMs, clock } = this.options
    const { nextDueAt } = await driver.promote(type, perCall)
    const { nextExpiryAt } = await driver.recover(type, perCall)
    while (!signal.aborted && this.inHand.size < concurrency) {
      const count = concurrency - this.inHand.size
      const { lease } = await driver.lease(type, { worker: `${group}:${process.pid}`, count, leaseMs })
      if (!lease) break
      for (const message of lease.messages) void this.handle(lease.leaseId, message)
    }
    // The server decides what is due; this machine's clock only guesses when asking again is worth while.
    const next = Math.min(nextDueAt ?? Number.POSITIVE_INFINITY, nextExpiryAt ?? Number.POSITIVE_INFINITY) - clock.now()
    return Math.min(Math.max(next, 10), longestPauseMs)
  }

  private async handle(leaseId: string, message: LeasedMessage): Promise<void> {
    const { driver, type, group, handler, policy, onError } = this.options
    const held: InHand = { leaseId, controller: new AbortController() }
    this.inHand.add(held)
    try {
      const { id, attempt, maxAttempts } = message
      try {
        const event = { id, type, at: timeOf(id), data: dataOf(message), attributes: message.attributes }
        await handler(event as never, { group, attempt, signal: held.controller.signal })
      } catch (error) {
        onError(error)
        const unrecoverable = isUnrecoverable(error)
        const outcome = outcomeOf(policy, { attempt, maxAttempts, error, unrecoverable, delayMs: undefined })
        const retryInMs = outcome.kind === 'dead' ? undefined : outcome.inMs
        await driver.nack(type, leaseId, [{ id, error: errorOf(error), retryInMs }])
        return
      }
      await driver.ack(type, { leaseId, ids: [id] })
    } catch (error) {
      // It comes again when its lease runs out.
      onError(error)
    } finally {
      this.inHand.delete(held)
      if (this.inHand.size === 0) this.emptied?.()
      this.taking.kick()
    }
  }

  private async hold(): Promise<undefined> {
    const { driver, type, leaseMs } = this.options
    for (const leaseId of new Set([...this.inHand].map((held) => held.leaseId))) {
      if (await driver.extend(type, leaseId, leaseMs)) continue
      const reason = new Failure({ code: 'gone', message: 'The lease was lost: the event is given out again.' })
      for (const held of this.inHand) if (held.leaseId === leaseId) held.controller.abort(reason)
    }
    return undefined
  }
}

/** What is not JSON will not be JSON the next time. */
function dataOf({ id, body }: LeasedMessage): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'))
  } catch (error) {
    throw new UnrecoverableError(`The data of event ${id} is not JSON.`, { cause: error })
  }
}
