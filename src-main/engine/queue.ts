import type {
  Driver,
  DriverStats,
  FailedMessage,
  Lease,
  LeasedMessage,
  NewMessage,
  PurgeState,
  SettleOutcome,
} from '../brokers/driver'
import { type ChunkedOptions, purgeAll, replayAll } from './chunks'
import { Coalescer } from './coalescer'
import { type EnqueueOptions, messageOf } from './identity'
import { type Holder, Message, type NackOptions } from './message'
import { errorOf, outcomeOf, type RetryPolicy, UnrecoverableError } from './outcome'

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

/** A value together with what is special about its message. */
export interface Envelope<Data> extends EnqueueOptions {
  readonly data: Data | Uint8Array
}

export interface DeadLetters {
  /** Ready again at once, with fresh attempts and their history kept. Ids that are not dead are passed over; answers how many moved. */
  replay(which: string | readonly string[] | 'all', options?: ChunkedOptions): Promise<number>
}

/** Most messages in one call to the server: none takes more than about a millisecond of its time. */
const mostPerCall = 500
/** A lease hands out bodies, and the ack of the one before may travel with it. */
export const mostPerLease = 250
/** Failures take longer: each writes a history. */
export const mostFailuresPerCall = 50
/** And most bytes, so that no call holds the server up. */
const mostBytesPerCall = 4 * 1024 * 1024

/** One named queue. Calls of one event-loop turn go out as one batch. */
export class Queue<Data = unknown> {
  readonly dead: DeadLetters
  private readonly enqueuing: Coalescer<NewMessage, string>
  private readonly acking: Coalescer<Settled, SettleOutcome>
  private readonly nacking: Coalescer<Settled & { readonly failure: FailedMessage }, SettleOutcome>

  constructor(
    readonly name: string,
    readonly policy: RetryPolicy,
    private readonly driver: Driver,
    /** Sees to it that promoter and recoverer run for this queue. */
    private readonly tend: () => void,
  ) {
    this.enqueuing = new Coalescer((messages) => this.send(messages), mostPerCall)
    this.acking = new Coalescer(
      (settled) => byLease(settled, (leaseId, own) => driver.ack(name, { leaseId, ids: own.map((each) => each.id) })),
      mostPerCall,
    )
    this.nacking = new Coalescer(
      (settled) =>
        byLease(settled, (leaseId, own) =>
          driver.nack(
            name,
            leaseId,
            own.map((each) => each.failure),
          ),
        ),
      mostFailuresPerCall,
    )
    this.dead = {
      replay: async (which, options = {}) => {
        if (which === 'all') return replayAll(driver, name, options)
        const ids = typeof which === 'string' ? [which] : which
        let moved = 0
        for (let at = 0; at < ids.length; at += mostPerCall) {
          options.signal?.throwIfAborted()
          const applied = await driver.replayIds(name, ids.slice(at, at + mostPerCall))
          moved += applied.filter(Boolean).length
          options.onProgress?.(moved)
        }
        return moved
      },
    }
  }

  /** Answers the id once the server has it. A failure of code 'outcome-unknown' says that it may have it all the same. */
  async enqueue(data: Data | Uint8Array, options?: EnqueueOptions): Promise<string> {
    return this.enqueuing.ask(messageOf(data, options))
  }

  /** Ids in the order given. Up to 500 messages (of 4 MB together) are taken all or none; a larger batch in such pieces. */
  async enqueueBatch(batch: readonly (Data | Uint8Array)[], options?: EnqueueOptions): Promise<readonly string[]> {
    return this.send(batch.map((data) => messageOf(data, options)))
  }

  /** The same with something special about each. */
  async enqueueEnvelopes(batch: readonly Envelope<Data>[]): Promise<readonly string[]> {
    return this.send(batch.map(({ data, ...options }) => messageOf(data, options)))
  }

  /** Takes ready messages in hand; each must be acked or nacked before the lease ends. Empty when none came in time. */
  async lease(options: LeaseOptions = {}): Promise<readonly Message<Data>[]> {
    const { count = 1, waitMs = 0, leaseMs = 30_000, worker = 'lease', signal = new AbortController().signal } = options
    this.tend()
    const until = performance.now() + waitMs
    for (;;) {
      signal.throwIfAborted()
      const lease = await this.driver.lease(this.name, { worker, count: Math.min(count, mostPerLease), leaseMs })
      if (lease) return this.inHand(lease)
      const left = until - performance.now()
      if (left <= 0) return []
      await this.driver.waitForReady(this.name, left, signal)
    }
  }

  stats(): Promise<DriverStats> {
    return this.driver.stats(this.name)
  }

  purge(state: PurgeState, options?: ChunkedOptions): Promise<number> {
    return purgeAll(this.driver, this.name, state, options)
  }

  /** Nothing is leased any more, by anybody, until resume. What is in hand stays there. */
  pause(): Promise<void> {
    return this.driver.setPaused(this.name, true)
  }

  resume(): Promise<void> {
    return this.driver.setPaused(this.name, false)
  }

  /** How a failed attempt of this queue is written down. */
  failureOf(message: LeasedMessage, thrown: unknown, options: NackOptions = {}): FailedMessage {
    const outcome = outcomeOf(this.policy, {
      attempt: message.attempt,
      maxAttempts: message.maxAttempts,
      unrecoverable: options.unrecoverable ?? thrown instanceof UnrecoverableError,
      delayMs: options.delayMs,
    })
    return { id: message.id, error: errorOf(thrown), retryInMs: outcome.kind === 'dead' ? undefined : outcome.inMs }
  }

  private inHand(lease: Lease): readonly Message<Data>[] {
    const { leaseId } = lease
    const holder: Holder = {
      leaseId,
      ack: ({ id }) => this.acking.ask({ leaseId, id }),
      nack: (message, error, options) =>
        this.nacking.ask({ leaseId, id: message.id, failure: this.failureOf(message, error, options) }),
      extend: (leaseMs) => this.driver.extend(this.name, leaseId, leaseMs),
    }
    return lease.messages.map((message) => new Message<Data>(message, holder))
  }

  private async send(messages: readonly NewMessage[]): Promise<readonly string[]> {
    const pieces = piecesOf(messages)
    if (pieces.length === 1) return this.driver.enqueue(this.name, messages)
    return (await Promise.all(pieces.map((piece) => this.driver.enqueue(this.name, piece)))).flat()
  }
}

interface Settled {
  readonly leaseId: string
  readonly id: string
}

/** One call per lease; answers in the order asked. */
async function byLease<Item extends Settled>(
  settled: readonly Item[],
  send: (leaseId: string, own: readonly Item[]) => Promise<readonly SettleOutcome[]>,
): Promise<readonly SettleOutcome[]> {
  const places = new Map<string, number[]>()
  settled.forEach(({ leaseId }, index) => {
    const own = places.get(leaseId)
    if (own) own.push(index)
    else places.set(leaseId, [index])
  })
  const answers: SettleOutcome[] = []
  await Promise.all(
    [...places].map(async ([leaseId, own]) => {
      const outcomes = await send(
        leaseId,
        own.map((index) => settled[index]!),
      )
      own.forEach((index, at) => {
        answers[index] = outcomes[at]!
      })
    }),
  )
  return answers
}

function piecesOf(messages: readonly NewMessage[]): readonly (readonly NewMessage[])[] {
  const pieces: (readonly NewMessage[])[] = []
  let from = 0
  let bytes = 0
  messages.forEach(({ body }, index) => {
    if (index > from && (index - from >= mostPerCall || bytes + body.length > mostBytesPerCall)) {
      pieces.push(messages.slice(from, index))
      from = index
      bytes = 0
    }
    bytes += body.length
  })
  return from === 0 ? [messages] : [...pieces, messages.slice(from)]
}
