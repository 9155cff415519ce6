import { Failure, isFailure } from '@shared/failure'
import { type Clock, systemClock } from '../../../runtime/clock'
import { LineToSqs } from '../../clients/line-to-sqs'
import { connectSqs, type SqsConnection, type SqsTarget } from '../../clients/sqs'
import type { Driver } from '../../driver'
import type { DriverAbilities } from '../../driver-abilities'
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
import { type SqsQueueKind, sqsAbilities } from './abilities'
import { Arrivals } from './arrivals'
import { DeadLetters } from './dead-letters'
import { enqueueAll } from './enqueue'
import { statsOf } from './figures'
import { HiddenRetries } from './hidden-retries'
import { type KnownQueue, KnownQueues } from './known-queues'
import { LeaseBook } from './lease-book'
import { checkLeaseRequest, leaseFrom } from './leasing'
import { type PurgeRequest, purgeState, WholePurges } from './purging'
import { redriveTold } from './redrive-told'
import { SentBefore } from './sent-before'
import { ackHeld, extendHeld, nackHeld } from './settling'
import type { SqsContext } from './sqs-context'
import { turnHeld } from './turning'

export interface SqsDriverOptions {
  /** Region, endpoint and credentials; default: those of the AWS tools. */
  readonly target?: SqsTarget
  /** Attempts of a message that has no limit of its own, per queue. */
  readonly maxAttempts: (queue: string) => number
  /** Makes queues and their dead-letter queues at first use. Default: a missing queue is told as such. */
  readonly createQueues?: boolean
  /** Before every queue's name at SQS. */
  readonly prefix?: string
  /** What the queues are, for what the driver declares; default both. */
  readonly kind?: SqsQueueKind
  /** A message without a group for a FIFO queue: refused (the default), or a group of its own, in no order to others. */
  readonly ungrouped?: 'refuse' | 'alone'
  /** How long a queue that looks empty is asked, in replay, purge and looking, before it is believed: 0 to 20, default 1. */
  readonly lookSeconds?: number
  /** Trouble that no caller waits for; default: nothing is told. */
  readonly onError?: (error: unknown) => void
  readonly clock?: Clock
}

/** Finds region and credentials, or throws a Failure that says what is missing. Queues are looked up at their first use. */
export async function openSqsDriver(options: SqsDriverOptions): Promise<SqsDriver> {
  const connection = connectSqs(options.target)
  const driver = new SqsDriver(connection, options)
  try {
    await driver.prepare()
  } catch (error) {
    connection.close()
    throw error
  }
  return driver
}

/**
 * The engine's queues on SQS: one queue there for each, visibility as lease, receives as attempts. Delivery is at least once:
 * whatever takes two steps (a death, a replay, a copy for a long delay) is sent first and deleted afterwards. What SQS does by
 * itself needs no loop: promote and recover have nothing to do here, and cost nothing.
 */
export class SqsDriver implements Driver {
  readonly name = 'sqs'
  readonly abilities: DriverAbilities
  readonly dead: DeadLetters
  private readonly context: SqsContext
  private readonly arrivals: Arrivals
  private readonly wholePurges: WholePurges
  private readonly sentBefore = new SentBefore()

  constructor(
    connection: SqsConnection,
    private readonly options: SqsDriverOptions,
  ) {
    const { clock = systemClock, prefix = '', createQueues: create = false, lookSeconds = 1 } = options
    const line = new LineToSqs(connection)
    this.context = {
      line,
      clock,
      queues: new KnownQueues({ line, clock, prefix, create }),
      leases: new LeaseBook(clock),
      hidden: new HiddenRetries(clock),
      maxAttempts: options.maxAttempts,
      lookSeconds: Math.min(Math.max(Math.round(lookSeconds), 0), 20),
      onError: options.onError ?? (() => {}),
    }
    this.abilities = sqsAbilities(options.kind ?? 'both')
    this.arrivals = new Arrivals(this.context)
    this.dead = new DeadLetters(this.context)
    this.wholePurges = new WholePurges(this.context)
  }

  /** Region and credentials are there. */
  prepare(): Promise<void> {
    return this.context.line.prepare()
  }

  async enqueue(queue: string, messages: readonly NewMessage[]): Promise<readonly EnqueueOutcome[]> {
    if (messages.length === 0) return []
    if (messages.length > 1_000)
      throw new Failure({
        code: 'bad-input',
        message: `At most 1,000 messages a call, not ${messages.length}.`,
        subject: queue,
      })
    const terms = { queue, now: this.context.clock.now(), ungrouped: this.options.ungrouped ?? ('refuse' as const) }
    return this.on(queue, (known) => enqueueAll(this.context, this.sentBefore, known, messages, terms))
  }

  async lease(queue: string, request: LeaseRequest): Promise<LeaseReply> {
    checkLeaseRequest(queue, request)
    return this.on(queue, (known) => leaseFrom(this.context, this.arrivals, known, request))
  }

  async turn(queue: string, finished: FinishedBatch, request: LeaseRequest): Promise<Turn> {
    checkLeaseRequest(queue, request)
    return this.on(queue, (known) => turnHeld(this.context, this.arrivals, known, { finished, request }))
  }

  async ack(queue: string, finished: FinishedBatch): Promise<readonly SettleOutcome[]> {
    return this.on(queue, (known) => ackHeld(this.context, known, finished))
  }

  async nack(queue: string, leaseId: string, failures: readonly FailedMessage[]): Promise<readonly SettleOutcome[]> {
    return this.on(queue, (known) => nackHeld(this.context, known, leaseId, failures))
  }

  async extend(queue: string, leaseId: string, leaseMs: number): Promise<boolean> {
    return this.on(queue, (known) => extendHeld(this.context, known, leaseId, leaseMs))
  }

  /** SQS shows a message by itself when it is due. */
  async promote(): Promise<{ readonly moved: number; readonly nextDueAt: number | null }> {
    return { moved: 0, nextDueAt: null }
  }

  /** SQS shows a message by itself when its lease ends; one that has no attempt left is buried when it is leased. */
  async recover(): Promise<{ readonly requeued: number; readonly died: number; readonly nextExpiryAt: number | null }> {
    return { requeued: 0, died: 0, nextExpiryAt: null }
  }

  async purge(queue: string, state: PurgeState, request: PurgeRequest): Promise<ReplayStep> {
    return this.on(queue, (known) => purgeState(this.context, this.dead, { queue: known, state }, request))
  }

  /** All at once, what is delayed and leased and what is sent within the next minute included; once a minute. */
  async purgeWhole(queue: string): Promise<void> {
    await this.on(queue, (known) => this.wholePurges.purge(known))
  }

  async stats(queue: string): Promise<DriverStats> {
    return this.on(queue, (known) => statsOf(this.context, known))
  }

  waitForReady(queue: string, waitMs: number, signal: AbortSignal): Promise<void> {
    return this.arrivals.wait(queue, waitMs, signal)
  }

  /** What is special about this queue, in words: its redrive policy and what it means for attempts and dead letters. */
  async describe(queue: string): Promise<string> {
    return redriveTold(this.context, queue)
  }

  async close(): Promise<void> {
    await this.arrivals.close()
    await this.dead.close()
    this.context.line.close()
  }

  /** A queue that is gone is looked up anew the next time. */
  private async on<Answer>(queue: string, act: (known: KnownQueue) => Promise<Answer>): Promise<Answer> {
    try {
      return await act(await this.context.queues.get(queue))
    } catch (error) {
      if (isFailure(error) && error.code === 'not-found') this.context.queues.forget(queue)
      throw error
    }
  }
}
