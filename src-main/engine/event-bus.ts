import { Failure } from '@shared/failure'
import { asked } from '../brokers/clients/asked'
import type { RedisClient } from '../brokers/clients/redis'
import { runScript } from '../brokers/clients/script'
import type { DeadLetterBox, Looking } from '../brokers/driver'
import { RedisStreamsDriver } from '../brokers/drivers/redis-streams/driver'
import { contentOf, defaultBodyField, fieldsOf } from '../brokers/drivers/redis-streams/entry'
import { askedQueue, type StreamKeys, streamKeys } from '../brokers/drivers/redis-streams/keys'
import { type Clock, systemClock } from '../runtime/clock'
import { type BusEvent, type EventHandler, eventOfNotice, type Subscription, timeOf } from './event-bus-event'
import { GroupWork } from './event-bus-group'
import { Notices } from './event-bus-notices'
import * as scripts from './event-bus-script'
import { bodyOf } from './identity'
import { type RetryOptions, retryPolicy } from './retry'

export type { BusEvent, EventHandler, Subscription } from './event-bus-event'

export interface EventBusOptions {
  readonly redis: RedisClient
  /** A new client, not connected, for listening: a subscribed connection serves nothing else. */
  readonly connectAnother: () => RedisClient
  /** Before every key; default "qb". */
  readonly prefix?: string
  /** Events of a type that are kept at least, acked or not; default 1,000. More while a group has not acked them. */
  readonly keepRecent?: number
  readonly clock?: Clock
  /** Trouble that no caller waits for. Default: nothing is told. */
  readonly onError?: (error: unknown) => void
}

export interface PublishOptions {
  readonly attributes?: Readonly<Record<string, string>>
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

/** Longest body: an event tells what happened, and large things by where they are. */
const mostBytes = 1024 * 1024

/**
 * Events on Redis: a stream per type, so that nothing published is lost to a group of subscribers, and a notice by pub/sub, so
 * that nobody waits. Publishing is one step: the event is in the stream when anybody hears of it.
 *
 *     const bus = new EventBus({ redis, connectAnother })
 *     await bus.subscribe('order.paid', async ({ data }, { attempt }) => ship(data), { group: 'shipping' })
 *     await bus.publish('order.paid', { order: 17 })
 */
export class EventBus {
  private readonly prefix: string
  private readonly keepRecent: number
  private readonly clock: Clock
  private readonly notices: Notices
  private readonly subscriptions = new Set<Subscription>()
  private readonly keys = new Map<string, StreamKeys>()

  constructor(private readonly options: EventBusOptions) {
    const { prefix = 'qb', keepRecent = 1_000, clock = systemClock } = options
    if (!(Number.isInteger(keepRecent) && keepRecent >= 0))
      throw new Failure({ code: 'bad-input', message: `Some events or none are kept, not ${keepRecent}.` })
    this.prefix = prefix
    this.keepRecent = keepRecent
    this.clock = clock
    this.notices = new Notices(options.connectAnother)
  }

  /** Answers the event's id once the server has it. A failure of code 'outcome-unknown' says that it may have it all the same. */
  async publish(type: string, data: unknown, { attributes }: PublishOptions = {}): Promise<string> {
    const keys = this.keysOf(type)
    const body = bodyOf(type, data, mostBytes)
    if (typeof body !== 'string')
      throw new Failure({
        code: 'bad-input',
        message: `${type}: the data of an event is JSON, not bytes.`,
        subject: type,
      })
    const fields = fieldsOf({ body, ...(attributes ? { attributes } : {}) }, defaultBodyField)
    const told = JSON.stringify(attributes ?? {})
    const args = [this.channelOf(keys), this.keepRecent, told, body, ...fields]
    return String(
      await asked(this.options.redis, askedQueue(keys), 'publish', () =>
        runScript(this.options.redis, scripts.publish, [keys.of.stream], args),
      ),
    )
  }

  /** Resolves when everything published from now on reaches the handler. */
  async subscribe<Data = unknown>(
    types: string | readonly string[],
    handler: EventHandler<Data>,
    options: SubscribeOptions = {},
  ): Promise<Subscription> {
    const all = [...new Set(typeof types === 'string' ? [types] : types)]
    if (all.length === 0) throw new Failure({ code: 'bad-input', message: 'A subscription names at least one type.' })
    const ends: ((graceMs: number) => Promise<void>)[] = []
    const end = async (graceMs: number) => void (await Promise.all(ends.map((each) => each(graceMs))))
    try {
      for (const type of all)
        ends.push(
          options.group === undefined
            ? await this.listen(type, handler as EventHandler)
            : await this.work(type, handler as EventHandler<never>, options.group, options),
        )
    } catch (error) {
      await end(0)
      throw error
    }
    let stopped: Promise<void> | undefined
    const subscription: Subscription = {
      stop: (graceMs = 10_000) => {
        this.subscriptions.delete(subscription)
        stopped ??= end(graceMs)
        return stopped
      },
    }
    this.subscriptions.add(subscription)
    return subscription
  }

  /** The newest `count` events of a type, oldest first, whoever has acked them. */
  async recent<Data = unknown>(type: string, count: number): Promise<readonly BusEvent<Data>[]> {
    const keys = this.keysOf(type)
    const { redis } = this.options
    const most = Math.min(Math.max(Math.trunc(count), 0), Math.max(this.keepRecent, 1))
    if (most === 0) return []
    const found = await asked(redis, askedQueue(keys), 'read recent events', () =>
      redis.xrevrangeBuffer(keys.of.stream, '+', '-', 'COUNT', most),
    )
    return found.reverse().flatMap(([entry, fields]) => {
      const id = entry.toString('latin1')
      const { body, attributes } = contentOf(fields, defaultBodyField)
      try {
        const data: Data = JSON.parse(Buffer.from(body).toString('utf8'))
        return [{ id, type, at: timeOf(id), data, attributes }]
      } catch {
        // Somebody else's entry, which is no event.
        return []
      }
    })
  }

  /** What a group could not handle: to be looked at and replayed. Close it when done. */
  deadLetters(type: string, group: string): DeadLetterBox & Looking & { close(): Promise<void> } {
    this.keysOf(type)
    const driver = this.driverOf(group, 1)
    return { ...driver.dead, ...driver.looking, close: () => driver.close() }
  }

  /** Stops all subscriptions with their grace. The client that was given stays open. */
  async close(graceMs?: number): Promise<void> {
    await Promise.all([...this.subscriptions].map((subscription) => subscription.stop(graceMs)))
    await this.notices.close()
  }

  private async listen(type: string, handler: EventHandler): Promise<() => Promise<void>> {
    const never = new AbortController().signal
    return this.notices.listen(this.channelOf(this.keysOf(type)), (notice) => {
      const event = eventOfNotice(type, notice)
      if (!event) return
      // A handler that throws at once and one that rejects are told alike.
      new Promise((resolve) => resolve(handler(event, { group: undefined, attempt: 1, signal: never }))).catch(
        (error: unknown) => this.report(error),
      )
    })
  }

  private async work(
    type: string,
    handler: EventHandler<never>,
    group: string,
    options: SubscribeOptions,
  ): Promise<(graceMs: number) => Promise<void>> {
    const { concurrency = 1, leaseMs = 30_000, from = 'recent' } = options
    if (!(Number.isInteger(concurrency) && concurrency >= 1))
      throw new Failure({ code: 'bad-input', message: `${type}: at least one handler works, not ${concurrency}.` })
    const policy = retryPolicy(type, options)
    const driver = this.driverOf(group, policy.maxAttempts)
    if (from === 'now') await this.beginNow(type, group)
    await driver.join(type)
    const work = new GroupWork({
      driver,
      group,
      type,
      handler,
      concurrency,
      leaseMs,
      policy,
      clock: this.clock,
      onError: (error) => this.report(error),
    })
    const deafen = await this.notices.listen(this.channelOf(this.keysOf(type)), () => work.kick())
    work.start()
    return async (graceMs) => {
      await deafen()
      await work.stop(graceMs)
      await driver.close()
    }
  }

  /** A group that is there already goes on where it stands. */
  private async beginNow(type: string, group: string): Promise<void> {
    const keys = this.keysOf(type)
    const { redis } = this.options
    await asked(redis, askedQueue(keys), 'subscribe', async () => {
      try {
        await redis.xgroup('CREATE', keys.of.stream, group, '$', 'MKSTREAM')
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith('BUSYGROUP'))) throw error
      }
    })
  }

  private driverOf(group: string, maxAttempts: number): RedisStreamsDriver {
    const { redis, connectAnother } = this.options
    const { prefix } = this
    // The bus trims by itself: it keeps what is recent.
    return new RedisStreamsDriver({
      redis,
      connectAnother,
      prefix,
      group,
      afterAck: 'keep',
      maxAttempts: () => maxAttempts,
    })
  }

  private keysOf(type: string): StreamKeys {
    const known = this.keys.get(type)
    if (known) return known
    const keys = streamKeys({ prefix: this.prefix, queue: type, group: 'none' })
    this.keys.set(type, keys)
    return keys
  }

  private channelOf = ({ base }: StreamKeys): string => `${base}notices`

  private report(error: unknown): void {
    this.options.onError?.(error)
  }
}
