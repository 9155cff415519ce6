import type { DeadLetterBox, Looking } from '../brokers/driver'
import type { BusEvent, EventHandler, Subscription } from './event-bus-event'
import type { RetryOptions } from './retry'

export interface EventsOptions {
  /** Before every key; default "qb". */
  readonly prefix?: string
  /** Events of a type that are kept at least, acked or not; default 1,000. More while a group has not acked them. */
  readonly keepRecent?: number
}

export interface SubscribeOptions extends RetryOptions {
  /**
   * At least once: the subscribers of a group share its events, each event goes to every group, and one that a handler throws
   * on comes again, then waits among the group's dead letters. Without it: best effort, to who listens when it is published.
   */
  readonly group?: string
  /** Where a group begins that is new: with what is kept, or with what comes. Default 'recent'. */
  readonly from?: 'recent' | 'now'
  /** Handlers at work at once, per type; default 1: in order, but for what is tried again. */
  readonly concurrency?: number
  /** How long a dead subscriber holds an event back; default 30 s. A handler may take longer. */
  readonly leaseMs?: number
}

/** Events beside queues: what happened, told to whoever wants to know. Closed with its engine. */
export interface Events {
  /** Answers the event's id once the server has it. */
  publish(
    type: string,
    data: unknown,
    options?: { readonly attributes?: Readonly<Record<string, string>> },
  ): Promise<string>
  /** Resolves when everything published from now on reaches the handler. */
  subscribe<Data = unknown>(
    types: string | readonly string[],
    handler: EventHandler<Data>,
    options?: SubscribeOptions,
  ): Promise<Subscription>
  /** The newest `count` events of a type, oldest first. */
  recent<Data = unknown>(type: string, count: number): Promise<readonly BusEvent<Data>[]>
  /** What a group could not handle: to be looked at and replayed. Close it when done. */
  deadLetters(type: string, group: string): DeadLetterBox & Looking & { close(): Promise<void> }
  /** Stops all subscriptions with their grace. */
  close(graceMs?: number): Promise<void>
}
