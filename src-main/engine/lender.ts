import { Failure } from '@shared/failure'
import type { FailedMessage, FinishedBatch, Lease, SettleOutcome } from '../brokers/driver-messages'
import { pause } from '../runtime/clock'
import { Coalescer } from './coalescer'
import { errorOf } from './error-record'
import { perKey } from './grouped'
import { type Holder, Message, type NackOptions } from './message'
import { isUnrecoverable, outcomeOf } from './outcome'
import { checkForLease } from './payload-schema'
import type { QueueContext } from './queue-context'
import { keepsResultOf, resultOf } from './result'

export interface LeaseOptions {
  /** At most 250; default 1. */
  readonly count?: number
  /** How long to wait for a message when none is ready; default 0. */
  readonly waitMs?: number
  /** How long they are in the caller's hands unless extended; default 30 s. */
  readonly leaseMs?: number
  /** Told in the history of a message whose lease runs out. */
  readonly worker?: string
  readonly signal?: AbortSignal
}

/** A lease hands out bodies, and the ack of the one before may travel with it. */
export const mostPerLease = 250
/** Failures take longer: each writes a history. */
export const mostFailuresPerCall = 50
const mostAcksPerCall = 500

interface Settled {
  readonly leaseId: string
  readonly id: string
}

const leaseOf = ({ leaseId }: Settled): string => leaseId

/** Lends messages to callers without a worker. Acks, and nacks, of one event-loop turn travel together. */
export class Lender {
  private readonly acking: Coalescer<Settled & { readonly result: string | undefined }, SettleOutcome>
  private readonly nacking: Coalescer<Settled & { readonly failure: FailedMessage }, SettleOutcome>

  constructor(private readonly context: QueueContext) {
    const { driver, name } = context
    const tell = (outcome: SettleOutcome, resolve: (outcome: SettleOutcome) => void) => resolve(outcome)
    this.acking = new Coalescer({
      send: (settled) =>
        perKey(settled, leaseOf, (leaseId, own) => {
          const results = new Map(own.flatMap(({ id, result }) => (result === undefined ? [] : [[id, result]])))
          return driver.ack(
            name,
            finishedBatch(context, {
              leaseId,
              ids: own.map(({ id }) => id),
              results: results.size > 0 ? results : undefined,
            }),
          )
        }),
      most: mostAcksPerCall,
      tell,
    })
    this.nacking = new Coalescer({
      send: (settled) =>
        perKey(settled, leaseOf, (leaseId, own) =>
          driver.nack(
            name,
            leaseId,
            own.map(({ failure }) => failure),
          ),
        ),
      most: mostFailuresPerCall,
      tell,
    })
  }

  /** Empty when none came in time. What fails the schema never reaches the caller: it is dead at once. */
  async lease(options: LeaseOptions = {}): Promise<readonly Message[]> {
    const { clock } = this.context
    const until = clock.elapsed() + (options.waitMs ?? 0)
    for (;;) {
      const leased = await this.leaseUnchecked({ ...options, waitMs: Math.max(until - clock.elapsed(), 0) })
      const messages = await this.checked(leased)
      if (messages.length > 0 || leased.length === 0) return messages
    }
  }

  /** The same with what fails the schema, for those who check at the attempt. */
  async leaseUnchecked(options: LeaseOptions): Promise<readonly Message[]> {
    const { driver, name, clock, rules } = this.context
    const { count = 1, waitMs = 0, leaseMs = 30_000, worker = 'lease', signal = new AbortController().signal } = options
    if (!(count >= 1 && leaseMs >= 1))
      throw new Failure({
        code: 'bad-input',
        message: `Queue ${name}: a lease takes a count and a leaseMs of at least 1.`,
        subject: name,
      })
    this.context.tend()
    const until = clock.elapsed() + waitMs
    for (;;) {
      signal.throwIfAborted()
      this.context.mayWrite()
      const { lease, limitedForMs } = await driver.lease(name, {
        worker,
        count: Math.min(Math.floor(count), mostPerLease),
        leaseMs,
        limit: rules.limit,
        groupLimit: rules.groupLimit,
      })
      if (lease) return this.inHand(lease)
      const left = until - clock.elapsed()
      if (left <= 0) return []
      if (limitedForMs === undefined) await driver.waitForReady(name, left, signal)
      else await pause(clock, Math.min(limitedForMs, left), signal)
    }
  }

  fail(message: Message, failure: FailedMessage): Promise<SettleOutcome> {
    message.over = true
    return this.nacking.ask({ leaseId: message.leaseId, id: message.id, failure })
  }

  private inHand(lease: Lease): readonly Message[] {
    const { leaseId } = lease
    const { context } = this
    const holder: Holder = {
      leaseId,
      context,
      ack: async (message, result) => {
        message.over = true
        const json = keepsResultOf(message, result) ? resultOf(message, result) : undefined
        const outcome = await this.acking.ask({ leaseId, id: message.id, result: json })
        if (outcome === 'applied' && message.attributes.parent !== undefined) context.childDone()
        return outcome
      },
      nack: (message, error, options) => this.fail(message, failureOf(message, error, options)),
      extend: (leaseMs) => context.driver.extend(context.name, leaseId, leaseMs),
    }
    return lease.messages.map((message) => new Message(message, holder))
  }

  private async checked(messages: readonly Message[]): Promise<readonly Message[]> {
    const { schema } = this.context.rules
    if (schema === undefined) return messages
    const checked = await Promise.all(
      messages.map(async (message) => {
        try {
          message.accept(await checkForLease(schema, message.data))
          return [message]
        } catch (error) {
          await message.nack(error, { unrecoverable: true })
          return []
        }
      }),
    )
    return checked.flat()
  }
}

/** How a failed attempt is written down. */
export function failureOf(message: Message, error: unknown, options: NackOptions = {}): FailedMessage {
  const { attempt, maxAttempts, id } = message
  const outcome = outcomeOf(message.holder.context.rules.retry, {
    attempt,
    maxAttempts,
    error,
    unrecoverable: options.unrecoverable ?? isUnrecoverable(error),
    delayMs: options.delayMs,
  })
  return { id, error: errorOf(error), retryInMs: outcome.kind === 'dead' ? undefined : outcome.inMs }
}

/** A batch as the driver is told of it, with what the queue wants kept. */
export function finishedBatch(
  { rules }: QueueContext,
  {
    leaseId,
    ids,
    results,
  }: { leaseId: string; ids: readonly string[]; results: ReadonlyMap<string, string> | undefined },
): FinishedBatch {
  return rules.keepDone === undefined && results === undefined
    ? { leaseId, ids }
    : { leaseId, ids, results, keep: rules.keepDone }
}
