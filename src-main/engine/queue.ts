import { Failure } from '@shared/failure'
import type { MessageState } from '@shared/model/message'
import type { Mending, MendOutcome } from '../brokers/driver'
import type { DriverAbility } from '../brokers/driver-abilities'
import type { DriverStats, EnqueueOutcome, PurgeState, StoredMessage } from '../brokers/driver-messages'
import { partOf } from './abilities'
import { type BrowseOptions, type BrowsePage, browse } from './browsing'
import { type ChunkedOptions, purgeAll } from './chunks'
import { DeadLetters } from './dead-letters'
import { type BatchOptions, Enqueuer, type Envelope } from './enqueuer'
import { enqueueFamily, type FamilyOutcome } from './family'
import type { EnqueueOptions } from './identity'
import { type LeaseOptions, Lender } from './lender'
import type { Message } from './message'
import { type OnceOptions, runOnce } from './once'
import type { QueueContext } from './queue-context'
import type { QueueSeat } from './queue-seat'
import { Schedules } from './schedules'

/** A parent that becomes ready when its children are done. */
export interface Family<Input> {
  readonly data: Input
  /** With an id, the call may be repeated within a day: what it had enqueued is not enqueued again. */
  readonly options?: Omit<EnqueueOptions, 'dedupKey' | 'dedupWindowMs'>
  readonly children: readonly Child[]
}

export interface Child {
  readonly queue: AnyQueue
  readonly data: unknown
  readonly options?: Omit<EnqueueOptions, 'dedupKey' | 'dedupWindowMs'>
}

/** A queue of any payload. */
export interface AnyQueue {
  readonly name: string
  /** @internal */
  readonly seat: QueueSeat
}

/** One named queue. Calls of one event-loop turn go out as one batch. */
export class Queue<Data = unknown, Input = Data> {
  readonly dead: DeadLetters<Data>
  readonly schedules: Schedules<Input>
  /** @internal */
  readonly seat: QueueSeat
  private readonly enqueuer: Enqueuer
  private readonly lender: Lender

  /** @internal */
  constructor(private readonly context: QueueContext) {
    this.enqueuer = new Enqueuer(context)
    this.lender = new Lender(context)
    this.dead = new DeadLetters(context, this.enqueuer)
    this.schedules = new Schedules(context, this.enqueuer)
    this.seat = { context, enqueuer: this.enqueuer, lender: this.lender }
  }

  get name(): string {
    return this.context.name
  }

  /**
   * Answers the id once the broker has it; for a duplicate the first one's. A Failure 'outcome-unknown' says that it may have it
   * all the same.
   */
  enqueue(data: Input | Uint8Array, options?: EnqueueOptions): Promise<string> {
    return this.enqueuer.enqueue(data, options)
  }

  /** Any number; what became of each stands in the order given. Throws only when nothing at all could be enqueued. */
  enqueueBatch(batch: readonly (Input | Uint8Array)[], options?: BatchOptions): Promise<readonly EnqueueOutcome[]> {
    return this.enqueuer.enqueueBatch(batch, options)
  }

  /** The same with something special about each. */
  enqueueEnvelopes(batch: readonly Envelope<Input>[]): Promise<readonly EnqueueOutcome[]> {
    return this.enqueuer.enqueueEnvelopes(batch)
  }

  /** Children may stand in other queues of the same engine; their results are the parent's `children()`. */
  enqueueFamily({ data, options = {}, children }: Family<Input>): Promise<FamilyOutcome> {
    return enqueueFamily(
      { seat: this.seat, data, options },
      children.map((child) => ({ seat: child.queue.seat, data: child.data, options: child.options ?? {} })),
    )
  }

  /** Takes ready messages in hand; each must be acked or nacked before the lease ends. Empty when none came in time. */
  async lease(options?: LeaseOptions): Promise<readonly Message<Data>[]> {
    return (await this.lender.lease(options)) as readonly Message<Data>[]
  }

  stats(): Promise<DriverStats> {
    return this.context.driver.stats(this.name)
  }

  /** By its id, or the id that its sender chose. undefined: there is no such message (any more). */
  async get(id: string): Promise<StoredMessage | undefined> {
    const { driver, name } = this.context
    const looking = partOf(driver, driver.looking, { ability: 'find', queue: name, act: 'find a message' })
    return looking.find(name, id)
  }

  /** A page of messages in one state. Looking consumes nothing. */
  browse(state: MessageState, options: BrowseOptions = {}): Promise<BrowsePage> {
    return browse(this.context, state, options)
  }

  async purge(state: PurgeState, options?: ChunkedOptions): Promise<number> {
    this.context.mayWrite()
    return purgeAll(this.context.driver, this.name, state, options)
  }

  /** Nothing is leased any more, by anybody, until resume. What is in hand stays there. */
  pause(): Promise<void> {
    return this.setPaused(true)
  }

  resume(): Promise<void> {
    return this.setPaused(false)
  }

  /** Ready now instead of later. */
  promote(id: string): Promise<MendOutcome> {
    return this.mend('promote', 'promote messages', (mending) => mending.promoteIds(this.name, [id]))
  }

  /** 0 (first) to 9. */
  async changePriority(id: string, priority: number): Promise<MendOutcome> {
    if (!(Number.isInteger(priority) && priority >= 0 && priority <= 9))
      throw new Failure({
        code: 'bad-input',
        message: `Queue ${this.name}: a priority is 0 (first) to 9, not ${priority}.`,
        subject: id,
      })
    return this.mend('changePriority', 'change priorities', (mending) =>
      mending.changePriority(this.name, [id], priority),
    )
  }

  /** Removes a message that nobody has begun. */
  cancel(id: string): Promise<MendOutcome> {
    return this.mend('cancel', 'cancel messages', (mending) => mending.cancel(this.name, [id]))
  }

  /**
   * For effects that must not happen twice. Runs `act` if nobody has, under this key; later callers get its result (a JSON
   * value), callers meanwhile a Failure 'conflict'.
   */
  once<Result>(key: string, act: () => Promise<Result> | Result, options?: OnceOptions): Promise<Result> {
    return runOnce(this.context, key, act, options)
  }

  private async setPaused(paused: boolean): Promise<void> {
    const { driver, name } = this.context
    this.context.mayWrite()
    const pausing = partOf(driver, driver.pausing, { ability: 'pause', queue: name, act: 'be paused' })
    await pausing.setPaused(name, paused)
  }

  private async mend(
    ability: DriverAbility,
    act: string,
    run: (mending: Mending) => Promise<readonly MendOutcome[]>,
  ): Promise<MendOutcome> {
    const { driver, name } = this.context
    this.context.mayWrite()
    const [outcome] = await run(partOf(driver, driver.mending, { ability, queue: name, act }))
    return outcome ?? 'gone'
  }
}
