import { Failure } from '@shared/failure'
import type { SettleOutcome } from '../brokers/driver-messages'
import { type Attempt, attemptOf } from './attempt'
import { failureOf, type Lender } from './lender'
import type { Message } from './message'
import type { QueueContext } from './queue-context'

export interface ProcessOptions {
  /** When everything must be settled, from now: what a function or a cron job has left of its time. */
  readonly deadlineMs: number
  /** At most so many messages; default 100. */
  readonly count?: number
  /** Messages in handlers at a time; default 10. */
  readonly concurrency?: number
  /** Told in the history of a message whose lease runs out. */
  readonly worker?: string
  readonly onError?: (error: unknown, message: Message) => void
}

export interface BatchReport {
  readonly leased: number
  readonly acked: number
  /** To be tried again. */
  readonly failed: number
  readonly dead: number
  /** By their handlers themselves, with ack or nack. */
  readonly settled: number
  /** Not done in time: ready again for whoever comes next. */
  readonly givenBack: number
  /** Their lease was lost meanwhile: somebody else has them. */
  readonly lost: number
  /** Why it ended: nothing was ready, the count was reached, or the time was over. */
  readonly ended: 'empty' | 'count' | 'deadline'
  readonly tookMs: number
}

/** A tenth of the time, at most this, is left for telling the broker what became of everything. */
const longestSettlingMs = 1_000

/** A lease outlives the deadline by this: a process that is frozen at the end loses its messages soon after. */
const leaseMarginMs = 5_000

/** Works a queue for a while, in a process that must end by a deadline. */
export function processBatch(
  context: QueueContext,
  lender: Lender,
  handler: Attempt,
  options: ProcessOptions,
): Promise<BatchReport> {
  const { deadlineMs, count = 100, concurrency = 10 } = options
  if (!(deadlineMs > 0 && count >= 1 && concurrency >= 1))
    throw new Failure({
      code: 'bad-input',
      message: `Queue ${context.name}: a batch needs a deadlineMs above 0, and a count and a concurrency of at least 1.`,
      subject: context.name,
    })
  return new TimedBatch(context, lender, attemptOf(context, handler), { ...options, count, concurrency }).run()
}

const timeUp = Symbol('time up')

/** Lanes share a line of leased messages; whoever finds it empty leases for all that have nothing to do. */
class TimedBatch {
  private readonly tally = { leased: 0, acked: 0, failed: 0, dead: 0, settled: 0, givenBack: 0, lost: 0 }
  private readonly line: Message[] = []
  private readonly startedAt: number
  private readonly cut: Promise<typeof timeUp>
  private tellOver: () => void = () => {}
  private leasing: Promise<void> | undefined
  private busy = 0
  private over = false
  private empty = false

  constructor(
    private readonly context: QueueContext,
    private readonly lender: Lender,
    private readonly attempt: Attempt,
    private readonly options: ProcessOptions & { readonly count: number; readonly concurrency: number },
  ) {
    this.startedAt = context.clock.elapsed()
    this.cut = new Promise((resolve) => {
      this.tellOver = () => resolve(timeUp)
    })
  }

  async run(): Promise<BatchReport> {
    const { deadlineMs, count, concurrency } = this.options
    const cancel = this.context.clock.after(deadlineMs - Math.min(deadlineMs / 10, longestSettlingMs), () => {
      this.over = true
      this.tellOver()
    })
    try {
      await Promise.all(Array.from({ length: Math.min(concurrency, count) }, () => this.lane()))
    } finally {
      cancel()
    }
    return {
      ...this.tally,
      ended: this.over ? 'deadline' : this.empty ? 'empty' : 'count',
      tookMs: this.context.clock.elapsed() - this.startedAt,
    }
  }

  private async lane(): Promise<void> {
    for (;;) {
      const message = this.line.shift()
      if (message) {
        this.busy++
        await (this.over ? this.giveBack(message) : this.settle(message))
        this.busy--
        continue
      }
      if (this.empty || this.over || this.tally.leased >= this.options.count) return
      this.leasing ??= this.leaseMore().finally(() => {
        this.leasing = undefined
      })
      await this.leasing
    }
  }

  private async leaseMore(): Promise<void> {
    const { deadlineMs, count, concurrency, worker } = this.options
    const left = deadlineMs - (this.context.clock.elapsed() - this.startedAt)
    const messages = await this.lender.leaseUnchecked({
      count: Math.min(concurrency - this.busy, count - this.tally.leased),
      leaseMs: Math.ceil(left + leaseMarginMs),
      worker,
    })
    if (messages.length === 0) this.empty = true
    this.tally.leased += messages.length
    this.line.push(...messages)
  }

  private async settle(message: Message): Promise<void> {
    const { meter, clock } = this.context
    const at = clock.elapsed()
    const ended = await Promise.race([outcomeOf(this.attempt, message), this.cut])
    if (message.over) {
      this.tally.settled++
      return
    }
    if (ended === timeUp) return this.giveBack(message)
    meter?.runs.add(clock.elapsed() - at)
    if ('result' in ended) {
      if (this.count(await message.ack(ended.result), 'acked') && meter) meter.acked++
      return
    }
    this.options.onError?.(ended.error, message)
    const failure = failureOf(message, ended.error)
    const isDead = failure.retryInMs === undefined
    if (!this.count(await this.lender.fail(message, failure), isDead ? 'dead' : 'failed') || !meter) return
    meter.failed++
    if (isDead) meter.dead++
  }

  /** It counts as an attempt, and never as the last one. */
  private async giveBack(message: Message): Promise<void> {
    const reason = new Error('The time for this batch was over.')
    reason.name = 'DeadlineReached'
    message.abort(reason)
    const error = { name: reason.name, message: reason.message, stack: null }
    this.count(await this.lender.fail(message, { id: message.id, error, retryInMs: 0 }), 'givenBack')
  }

  private count(outcome: SettleOutcome, what: keyof typeof this.tally): boolean {
    this.tally[outcome === 'applied' ? what : 'lost']++
    return outcome === 'applied'
  }
}

/** Both ends of an attempt as values: in a race the loser's rejection would go unheard. */
async function outcomeOf(
  attempt: Attempt,
  message: Message,
): Promise<{ readonly result: unknown } | { readonly error: unknown }> {
  try {
    return { result: await attempt(message) }
  } catch (error) {
    return { error }
  }
}
