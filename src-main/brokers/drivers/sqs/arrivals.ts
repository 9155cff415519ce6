import type { Cancel } from '../../../runtime/clock'
import { pause } from '../../../runtime/clock'
import { giveBack } from './putting-back'
import { mostPerReceive, receiveOnce } from './receiving'
import type { Counted } from './sorting'
import { sortOut } from './sorting-out'
import type { SqsContext } from './sqs-context'

/** Held until then, by the clock that never goes back. */
export interface Arrived extends Counted {
  readonly until: number
}

interface Waiting {
  arrived: Arrived[]
  /** The long poll under way, if any. */
  poll: Promise<void> | undefined
  cancelGiveBack: Cancel | undefined
  count: number
  seconds: number
}

/** Source: ReceiveMessage. */
const longestPollSeconds = 20
/** Time for the one who waited to ask for what came. */
const holdMs = 2_000
const afterTroubleMs = 1_000

/**
 * Waits for messages by long polling. SQS tells of a message only by giving it out, so what comes while somebody waits is held
 * here for the lease that follows at once, and given back when none does. Per queue: idle -> (somebody waits) -> polling ->
 * (messages) -> holding -> (lease, or two seconds) -> idle. A poll whose waiters went away runs to its end, since SQS may have
 * given a message to it already.
 */
export class Arrivals {
  private readonly queues = new Map<string, Waiting>()
  private readonly ending = new AbortController()

  constructor(private readonly context: SqsContext) {}

  /** How the last lease asked: the next poll asks alike. */
  remember(queue: string, { count, seconds }: { readonly count: number; readonly seconds: number }): void {
    const waiting = this.of(queue)
    waiting.count = count
    waiting.seconds = seconds
  }

  take(queue: string, count: number): readonly Arrived[] {
    const waiting = this.queues.get(queue)
    if (!waiting || waiting.arrived.length === 0) return []
    const taken = waiting.arrived.splice(0, count)
    if (waiting.arrived.length === 0) waiting.cancelGiveBack?.()
    return taken
  }

  /** Received and not handed on: for the next lease. */
  keep(queue: string, arrived: readonly Arrived[]): void {
    if (arrived.length === 0) return
    const waiting = this.of(queue)
    waiting.arrived.push(...arrived)
    waiting.cancelGiveBack?.()
    waiting.cancelGiveBack = this.context.clock.after(holdMs, () => {
      this.release(queue).catch((error: unknown) => this.context.onError(error))
    })
  }

  /** Resolves when something came, when the poll or the time is over, when aborted, and soon after trouble. */
  async wait(queue: string, waitMs: number, signal: AbortSignal): Promise<void> {
    const waiting = this.of(queue)
    if (signal.aborted || waitMs <= 0 || waiting.arrived.length > 0) return
    waiting.poll ??= this.poll(queue, waiting, waitMs).finally(() => {
      waiting.poll = undefined
    })
    const over = new AbortController()
    const end = () => over.abort()
    signal.addEventListener('abort', end, { once: true })
    try {
      await Promise.race([waiting.poll, pause(this.context.clock, waitMs, over.signal)])
    } finally {
      signal.removeEventListener('abort', end)
      over.abort()
    }
  }

  /** Ends the polls, and gives back what nobody asked for. */
  async close(): Promise<void> {
    this.ending.abort()
    await Promise.all([...this.queues.values()].map(({ poll }) => poll))
    await Promise.all([...this.queues.keys()].map((queue) => this.release(queue)))
  }

  private async poll(name: string, { count, seconds }: Waiting, waitMs: number): Promise<void> {
    const { context, ending } = this
    try {
      const queue = await context.queues.get(name)
      const { received, askedAt } = await receiveOnce(context.line, context.clock, queue, {
        count: queue.fifo ? 1 : Math.min(count, mostPerReceive),
        seconds,
        waitSeconds: Math.min(Math.max(Math.ceil(waitMs / 1_000), 1), longestPollSeconds),
        signal: ending.signal,
      })
      if (received.length === 0) return
      // Hidden from when SQS gave it out, and nobody knows when that was: so much is certain, and a lease renews what is short.
      const until = askedAt + seconds * 1_000
      const ready = await sortOut(context, queue, received)
      this.keep(
        name,
        ready.map((counted) => ({ ...counted, until })),
      )
    } catch {
      if (ending.signal.aborted) return
      // The lease that follows runs into the same trouble, and tells.
      context.queues.forget(name)
      await pause(context.clock, afterTroubleMs, ending.signal)
    }
  }

  private async release(name: string): Promise<void> {
    const waiting = this.queues.get(name)
    if (!waiting || waiting.arrived.length === 0) return
    const unwanted = waiting.arrived.splice(0)
    waiting.cancelGiveBack?.()
    await giveBack(this.context, await this.context.queues.get(name), unwanted)
  }

  private of(queue: string): Waiting {
    const known = this.queues.get(queue)
    if (known) return known
    const waiting = { arrived: [], poll: undefined, cancelGiveBack: undefined, count: 1, seconds: 30 }
    this.queues.set(queue, waiting)
    return waiting
  }
}
