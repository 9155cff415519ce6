import { Failure, isFailure } from '@shared/failure'
import type { EnqueueOutcome, NewMessage } from '../brokers/driver-messages'
import { has } from './abilities'
import { Coalescer } from './coalescer'
import { bodyOf, type EnqueueOptions, specialOf } from './identity'
import { checkForEnqueue } from './payload-schema'
import type { QueueContext } from './queue-context'

/** A value together with what is special about its message. */
export interface Envelope<Data> extends EnqueueOptions {
  readonly data: Data | Uint8Array
}

/** What can be said of a whole batch at once. */
export type BatchOptions = Omit<EnqueueOptions, 'id' | 'dedupKey' | 'dedupWindowMs'>

type Encoded = NewMessage | Promise<NewMessage>

/** Most messages in one call to the broker: none takes more than about a millisecond of its time. Redis keeps them by the hundred. */
const mostPerCall = 200
/** And most bytes (of ASCII), so that no call holds the broker up. */
const mostBytesPerCall = 4 * 1024 * 1024

/** Batches above it gain nothing by going together. */
const mostBytesTogether = 1024 * 1024

/** Makes messages of values, and calls of messages: those of an event-loop turn together, large batches in pieces. */
export class Enqueuer {
  private readonly single: Coalescer<NewMessage, EnqueueOutcome, string>
  private readonly batches: Coalescer<readonly NewMessage[], readonly EnqueueOutcome[]>
  /** Nothing to check or to add: a value is its JSON. */
  private readonly plain: boolean
  private readonly carriesTraces: boolean

  constructor(private readonly context: QueueContext) {
    this.single = new Coalescer({ send: (messages) => this.send(messages), most: mostPerCall, tell: tellId })
    this.batches = new Coalescer({
      send: (batches) => this.sendTogether(batches),
      most: 1,
      weightOf: shareOfCall,
      tell: (outcomes, resolve) => resolve(outcomes),
    })
    this.carriesTraces = context.tracing !== undefined && has(context.driver, 'attributes')
    this.plain = context.rules.schema === undefined && context.tracing === undefined
  }

  /** Answers the id: for a duplicate, the first one's. */
  enqueue(data: unknown, options: EnqueueOptions | undefined): Promise<string> {
    try {
      if (!this.plain) return this.enqueueChecked(data, options)
      const { name, driver, rules } = this.context
      const special = options === undefined ? undefined : specialOf(driver, name, options)
      const body = bodyOf(name, data, rules.maxBytes)
      return this.single.ask(special === undefined ? { body } : { ...special, body })
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async enqueueBatch(batch: readonly unknown[], options: BatchOptions | undefined): Promise<readonly EnqueueOutcome[]> {
    const special = specialOf(this.context.driver, this.context.name, options)
    return this.traced(batch.length, (trace) => this.sendAll(batch, (data) => this.encode(data, special, trace)))
  }

  enqueueEnvelopes(envelopes: readonly Envelope<unknown>[]): Promise<readonly EnqueueOutcome[]> {
    return this.traced(envelopes.length, (trace) =>
      this.sendAll(envelopes, (envelope) => this.encodeEnvelope(envelope, undefined, trace)),
    )
  }

  /** A message as it will be sent, checked in every respect; for those who send it themselves. */
  async prepare(envelope: Envelope<unknown>, more?: Partial<NewMessage>): Promise<NewMessage> {
    return this.encodeEnvelope(envelope, more, undefined)
  }

  private enqueueChecked(data: unknown, options: EnqueueOptions | undefined): Promise<string> {
    const special = specialOf(this.context.driver, this.context.name, options)
    return this.traced(1, (trace) => {
      const message = this.encode(data, special, trace)
      return message instanceof Promise ? message.then((late) => this.single.ask(late)) : this.single.ask(message)
    })
  }

  private traced<Answer>(
    count: number,
    send: (trace: Readonly<Record<string, string>> | undefined) => Promise<Answer>,
  ): Promise<Answer> {
    const { tracing, name } = this.context
    if (tracing === undefined) return send(undefined)
    return tracing.producing(name, count, (trace) =>
      send(this.carriesTraces && trace.traceparent !== undefined ? trace : undefined),
    )
  }

  private encodeEnvelope(
    { data, ...options }: Envelope<unknown>,
    more: Partial<NewMessage> | undefined,
    trace: Readonly<Record<string, string>> | undefined,
  ): Encoded {
    const special = specialOf(this.context.driver, this.context.name, options)
    return this.encode(data, more === undefined ? special : { ...special, ...more }, trace)
  }

  private encode(
    data: unknown,
    special: Partial<NewMessage> | undefined,
    trace: Readonly<Record<string, string>> | undefined,
  ): Encoded {
    const { name, rules } = this.context
    const body = bodyOf(name, data, rules.maxBytes)
    // A trace that the caller passes on is not replaced.
    const attributes =
      trace === undefined || special?.attributes?.traceparent !== undefined
        ? special?.attributes
        : { ...trace, ...special?.attributes }
    const message: NewMessage =
      special === undefined && attributes === undefined ? { body } : { ...special, attributes, body }
    if (rules.schema === undefined) return message
    const refusal = checkForEnqueue(rules.schema, name, data instanceof Uint8Array ? this.parsed(data) : data)
    if (refusal instanceof Promise)
      return refusal.then((late) => {
        if (late) throw late
        return message
      })
    if (refusal !== undefined) throw refusal
    return message
  }

  private parsed(bytes: Uint8Array): unknown {
    try {
      return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
    } catch (cause) {
      const { name } = this.context
      throw new Failure(
        {
          code: 'bad-input',
          message: `Queue ${name}: these bytes are not JSON, as its schema wants them.`,
          subject: name,
        },
        { cause },
      )
    }
  }

  /** Encodes each; a bad one is refused alone, in its place. */
  private async sendAll<Item>(
    items: readonly Item[],
    encode: (item: Item) => Encoded,
  ): Promise<readonly EnqueueOutcome[]> {
    const encoded: (Encoded | Failure)[] = []
    let whole = true
    let late = false
    for (let index = 0; index < items.length; index++) {
      try {
        const one = encode(items[index]!)
        encoded.push(one)
        if (one instanceof Promise) late = true
      } catch (error) {
        encoded.push(failureOrThrow(error))
        whole = false
      }
    }
    if (!late && whole) return this.batches.ask(encoded as readonly NewMessage[])
    const known = await Promise.all(encoded.map((one) => (one instanceof Promise ? one.catch(failureOrThrow) : one)))
    const good = known.filter((one): one is NewMessage => !isFailure(one))
    const sent = good.length === 0 ? [] : await this.batches.ask(good)
    let next = 0
    return known.map((one) => (isFailure(one) ? { outcome: 'failed', failure: one } : sent[next++]!))
  }

  private async sendTogether(
    batches: readonly (readonly NewMessage[])[],
  ): Promise<readonly (readonly EnqueueOutcome[])[]> {
    if (batches.length === 1) return [await this.send(batches[0]!)]
    const outcomes = await this.send(batches.flat())
    let at = 0
    return batches.map(({ length }) => {
      at += length
      return outcomes.slice(at - length, at)
    })
  }

  /** What was prepared. Throws only when not one message could be told of: then the whole call was impossible. */
  async send(messages: readonly NewMessage[]): Promise<readonly EnqueueOutcome[]> {
    const { driver, name } = this.context
    this.context.mayWrite()
    const pieces = piecesOf(messages)
    if (pieces === undefined) return driver.enqueue(name, messages)
    const results = await Promise.allSettled(pieces.map((piece) => driver.enqueue(name, piece)))
    const rejected = results.filter((result) => result.status === 'rejected')
    const bug = rejected.find((result) => !isFailure(result.reason))
    if (bug) throw bug.reason
    if (rejected.length === results.length && rejected[0]) throw rejected[0].reason
    return results.flatMap((result, index): readonly EnqueueOutcome[] =>
      result.status === 'fulfilled'
        ? result.value
        : pieces[index]!.map(() => ({ outcome: 'failed', failure: result.reason as Failure })),
    )
  }
}

function tellId(outcome: EnqueueOutcome, resolve: (id: string) => void, reject: (error: unknown) => void): void {
  if (outcome.outcome === 'failed') reject(outcome.failure)
  else resolve(outcome.id)
}

function failureOrThrow(error: unknown): Failure {
  if (isFailure(error)) return error
  throw error
}

/** How much of a call of several batches one takes up. */
function shareOfCall(batch: readonly NewMessage[]): number {
  let bytes = 0
  for (const { body } of batch) bytes += body.length
  return Math.max(batch.length / mostPerCall, bytes / mostBytesTogether)
}

/** undefined: one call takes them all. */
function piecesOf(messages: readonly NewMessage[]): readonly (readonly NewMessage[])[] | undefined {
  const pieces: (readonly NewMessage[])[] = []
  let from = 0
  let bytes = 0
  for (let index = 0; index < messages.length; index++) {
    const { length } = messages[index]!.body
    if (index > from && (index - from >= mostPerCall || bytes + length > mostBytesPerCall)) {
      pieces.push(messages.slice(from, index))
      from = index
      bytes = 0
    }
    bytes += length
  }
  return from === 0 ? undefined : [...pieces, messages.slice(from)]
}
