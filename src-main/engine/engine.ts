import { hostname } from 'node:os'
import { isDeepStrictEqual } from 'node:util'
import { Failure } from '@shared/failure'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { DriverAbilities } from '../brokers/driver-abilities'
import { type Clock, systemClock } from '../runtime/clock'
import type { Loop } from '../runtime/loop'
import type { Attempt, Handler } from './attempt'
import { courier } from './courier'
import type { Durability } from './durability'
import type { Events, EventsOptions } from './events'
import { expositionOf } from './exposition'
import { QueueMeter } from './meter'
import { metricsOf, type QueueMetrics } from './metrics'
import { type BrokerAddress, type OpenBroker, openBroker } from './open-broker'
import { type BatchReport, type ProcessOptions, processBatch } from './process-batch'
import { promoter } from './promoter'
import { Queue } from './queue'
import { type QueueConfig, queueRules } from './queue-config'
import type { QueueContext } from './queue-context'
import { recoverer } from './recoverer'
import { usualAttempts } from './retry'
import { type HandlerFile, SandboxedHandler } from './sandboxed-handler'
import { scheduler } from './scheduler'
import { openTelemetryTracer, type Tracer, type Tracing, tracingWith } from './tracing'
import { Worker, type WorkerOptions } from './worker'

export type { MendOutcome } from '../brokers/driver'
export type { AbilityAnswer, DriverAbilities, DriverAbility } from '../brokers/driver-abilities'
export type {
  ConsumerGroupStats,
  DriverStats,
  EnqueueOutcome,
  KeepDone,
  PurgeState,
  RateLimit,
  SettleOutcome,
  StoredMessage,
} from '../brokers/driver-messages'
export type { Handler } from './attempt'
export { AttemptTimeoutError } from './attempt'
export type { BrowseOptions, BrowsePage, MessageFilter } from './browsing'
export type { ChunkedOptions } from './chunks'
export type { DeadLetters, ReplayOptions } from './dead-letters'
export type { Durability, DurabilityFacts } from './durability'
export type { BatchOptions, Envelope } from './enqueuer'
export type { BusEvent, Delivery, EventHandler, Subscription } from './event-bus-event'
export type { Events, EventsOptions, SubscribeOptions } from './events'
export type { FamilyOutcome } from './family'
export type { EnqueueOptions } from './identity'
export type { LeaseOptions } from './lender'
export { type Message, type NackOptions, UnreadableBodyError } from './message'
export type { Durations, QueueMetrics, WorkMetrics } from './metrics'
export type { OnceOptions } from './once'
export type { BrokerAddress, RedisBroker, RedisStreamsBroker } from './open-broker'
export { UnrecoverableError } from './outcome'
export { SchemaError } from './payload-schema'
export type { BatchReport, ProcessOptions } from './process-batch'
export type { AnyQueue, Child, Family, Queue } from './queue'
export type { QueueConfig } from './queue-config'
export type { RedisAddress } from './redis-address'
export type { ExponentialRetry, Retry, RetryFunction } from './retry'
export type { SandboxedMessage } from './sandbox-wire'
export { type HandlerFile, SandboxCrashError } from './sandboxed-handler'
export type { CatchUp } from './schedule-times'
export type { Schedule, ScheduledOptions, Schedules, ScheduleView } from './schedules'
export type { SqsAddress, SqsBroker } from './sqs-address'
export type { Tracer } from './tracing'
export type { Worker, WorkerOptions } from './worker'
export type { Processed, WorkerEvents } from './worker-events'
export { Failure }

export type EngineOptions = BrokerAddress & {
  /** Trouble that no caller waits for: of the loops that promote, recover, schedule. Default: nothing is told. */
  readonly onError?: (error: unknown) => void
  /** Measure waits and runs of this process's workers; default true. */
  readonly metrics?: boolean
  /** A tracer of `@opentelemetry/api`, or 'opentelemetry' for the one that the service has registered. Default: no traces. */
  readonly tracing?: Tracer | 'opentelemetry'
}

/** @internal */
interface EngineParts {
  readonly broker: OpenBroker
  /** Attempts of a message that has no limit of its own, per queue. */
  readonly attempts: Map<string, number>
  readonly metrics: boolean
  readonly tracing: Tracing | undefined
  readonly clock: Clock
  readonly report: (error: unknown) => void
}

/** The loops that a worked queue needs. */
interface Tending {
  readonly loops: readonly Loop[]
  readonly scheduler: Loop | undefined
  readonly courier: Loop | undefined
}

const whoIsThis = `${hostname()}:${process.pid}`

/**
 * The queue engine: at-least-once delivery over one broker.
 *
 *     const engine = await Engine.open({ redis: { url: 'redis://127.0.0.1:6379' } })
 *     const mails = engine.queue<{ to: string }>('mails')
 *     await mails.enqueue({ to: 'a@example.org' })
 *     const worker = engine.worker(mails, async ({ data, signal }) => send(data, signal), { concurrency: 50 })
 *     ...
 *     await engine.close()
 */
export class Engine {
  private readonly queues = new Map<
    string,
    { readonly queue: Queue<unknown, unknown>; readonly config: QueueConfig | undefined }
  >()
  private readonly tended = new Map<string, Tending>()
  private readonly workers = new Set<Worker>()
  private readonly buses = new Set<Events>()
  private closed: Promise<void> | undefined

  private constructor(private readonly parts: EngineParts) {}

  /** Connects, or throws a Failure that says why not. Afterwards it reconnects by itself; calls fail while the broker is away. */
  static async open(options: EngineOptions): Promise<Engine> {
    const { tracing, metrics = true, onError } = options
    const attempts = new Map<string, number>()
    const report = (error: unknown): void => onError?.(error)
    const tracer = tracing === 'opentelemetry' ? await openTelemetryTracer() : tracing
    const broker = await openBroker(options, {
      clock: systemClock,
      maxAttempts: (queue) => attempts.get(queue) ?? usualAttempts,
      onError: report,
    })
    return new Engine({
      broker,
      attempts,
      metrics,
      tracing: tracer === undefined ? undefined : tracingWith(tracer),
      clock: systemClock,
      report,
    })
  }

  /** What the broker can do, and why not what it cannot. */
  get abilities(): DriverAbilities {
    return this.parts.broker.driver.abilities
  }

  /** What could be lost, as read when the engine was opened; null: the broker has no such settings. */
  get durability(): Durability | null {
    return this.parts.broker.durability
  }

  /** The same queue for the same name; `config` counts when the name is used first. */
  queue<Schema extends StandardSchemaV1>(
    name: string,
    config: QueueConfig & { readonly schema: Schema },
  ): Queue<StandardSchemaV1.InferOutput<Schema>, StandardSchemaV1.InferInput<Schema>>
  queue<Data = unknown>(name: string, config?: QueueConfig): Queue<Data>
  queue(name: string, config?: QueueConfig): Queue<unknown, unknown> {
    const known = this.queues.get(name)
    if (known) {
      if (config !== undefined && config !== known.config && !isDeepStrictEqual(config, known.config))
        throw new Failure({
          code: 'conflict',
          message: `Queue ${name} was given other rules before.`,
          hint: 'Give its rules in one place, and ask for it by its name alone everywhere else.',
          subject: name,
        })
      return known.queue
    }
    const queue = new Queue<unknown, unknown>(this.contextOf(name, config ?? {}))
    this.queues.set(name, { queue, config })
    return queue
  }

  /** Starts working at once. A handler in a file of its own runs apart from this thread, one message at a time in each sandbox. */
  worker<Data, Input>(
    queue: Queue<Data, Input>,
    handler: Handler<Data> | HandlerFile,
    options: WorkerOptions = {},
  ): Worker {
    this.mustBeOpen()
    const { context } = queue.seat
    this.tend(context)
    const sandboxed =
      typeof handler === 'function'
        ? undefined
        : new SandboxedHandler(handler, this.parts.clock, context.rules.schema !== undefined)
    const worker = new Worker({
      context,
      attempt: sandboxed?.run ?? (handler as Attempt),
      options,
      name: options.name ?? whoIsThis,
      release: async () => {
        this.workers.delete(worker)
        await sandboxed?.close()
      },
    })
    this.workers.add(worker)
    return worker
  }

  /**
   * Works a queue until nothing is ready, the count is reached or the deadline is near, and settles everything before it: for
   * cron jobs and functions that live for one call.
   */
  async processBatch<Data, Input>(
    queue: Queue<Data, Input>,
    handler: Handler<Data>,
    options: ProcessOptions,
  ): Promise<BatchReport> {
    this.mustBeOpen()
    const { context, lender } = queue.seat
    return processBatch(context, lender, handler as Attempt, { worker: whoIsThis, ...options })
  }

  /** An event bus on the same server; its keys are its own. */
  events(options: EventsOptions = {}): Events {
    this.mustBeOpen()
    const { driver, openEvents } = this.parts.broker
    if (!openEvents)
      throw new Failure({
        code: 'unsupported',
        message: `The engine on ${driver.name} carries no events.`,
        hint: 'Open one on Redis for them.',
      })
    const events = openEvents(options)
    this.buses.add(events)
    return events
  }

  /** Of every queue that this engine was asked for: depth, age and lag by the broker, waits and runs of this process. */
  metrics(): Promise<readonly QueueMetrics[]> {
    return Promise.all([...this.queues.values()].map(({ queue }) => metricsOf(queue.seat.context)))
  }

  /** The same in Prometheus' text format, for a /metrics page. */
  async exposition(): Promise<string> {
    const metrics = await this.metrics()
    return expositionOf(
      metrics.map((each) => ({ ...each, meter: this.queues.get(each.queue)?.queue.seat.context.meter })),
    )
  }

  /** Stops all workers with their grace, then everything else. Closing twice is harmless. */
  close(graceMs?: number): Promise<void> {
    this.closed ??= this.shut(graceMs)
    return this.closed
  }

  private async shut(graceMs: number | undefined): Promise<void> {
    await Promise.all([...this.workers].map((worker) => worker.stop(graceMs)))
    await Promise.all([...this.buses].map((events) => events.close(graceMs)))
    await Promise.all([...this.tended.values()].flatMap(({ loops }) => loops.map((loop) => loop.stop())))
    await this.parts.broker.close()
  }

  private contextOf(name: string, config: QueueConfig): QueueContext {
    const { broker, attempts, metrics, tracing, clock, report } = this.parts
    const { driver, mayWrite } = broker
    const rules = queueRules(name, config, driver)
    attempts.set(name, rules.retry.maxAttempts)
    const context: QueueContext = {
      name,
      driver,
      clock,
      rules,
      meter: metrics ? new QueueMeter() : undefined,
      tracing,
      mayWrite,
      tend: () => this.tend(context),
      childDone: () => this.tended.get(name)?.courier?.kick(),
      scheduleChanged: () => this.tended.get(name)?.scheduler?.kick(),
      report,
    }
    return context
  }

  private tend(context: QueueContext): void {
    const { name, driver, clock } = context
    if (this.closed || this.tended.has(name)) return
    const parts = { driver, queue: name, clock, onError: context.report }
    const seat = this.queues.get(name)?.queue.seat
    const ticking = driver.schedules && seat ? scheduler(context, seat.enqueuer) : undefined
    const carrying = driver.families ? courier(context) : undefined
    const loops = [promoter(parts), recoverer(parts), ticking, carrying].filter((loop) => loop !== undefined)
    this.tended.set(name, { loops, scheduler: ticking, courier: carrying })
    for (const loop of loops) loop.start()
  }

  private mustBeOpen(): void {
    if (this.closed !== undefined) throw new Failure({ code: 'closed', message: 'This engine is closed.' })
  }
}
