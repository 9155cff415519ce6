import { hostname } from 'node:os'
import { Failure } from '@shared/failure'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { DriverAbilities } from '../brokers/driver-abilities'
import { type Clock, systemClock } from '../runtime/clock'
import type { Loop } from '../runtime/loop'
import type { Attempt, Handler } from './attempt'
import { courier } from './courier'
import type { Durability } from './durability'
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
export type { FamilyOutcome } from './family'
export type { EnqueueOptions } from './identity'
export type { LeaseOptions } from './lender'
export { type Message, type NackOptions, UnreadableBodyError } from './message'
export type { Durations, QueueMetrics, WorkMetrics } from './metrics'
export type { OnceOptions } from './once'
export type { BrokerAddress } from './open-broker'
export { UnrecoverableError } from './outcome'
export { SchemaError } from './payload-schema'
export type { BatchReport, ProcessOptions } from './process-batch'
export type { Child, Family, Queue } from './queue'
export type { QueueConfig } from './queue-config'
export type { RedisAddress } from './redis-address'
export type { ExponentialRetry, Retry, RetryFunction } from './retry'
export type { SandboxedMessage } from './sandbox-wire'
export { type HandlerFile, SandboxCrashError } from './sandboxed-handler'
export type { CatchUp } from './schedule-times'
export type { Schedule, ScheduledOptions, Schedules, ScheduleView } from './schedules'
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
  private readonly queues = new Map<string, Queue<unknown, unknown>>()
  private readonly attempts = new Map<string, number>()
  private readonly tended = new Map<string, readonly Loop[]>()
  private readonly couriers = new Map<string, Loop>()
  private readonly workers = new Set<Worker>()
  private readonly clock: Clock = systemClock
  private broker!: OpenBroker
  private tracing: Tracing | undefined
  private closed: Promise<void> | undefined

  private constructor(private readonly options: EngineOptions) {}

  /** Connects, or throws a Failure that says why not. Afterwards it reconnects by itself; calls fail while the broker is away. */
  static async open(options: EngineOptions): Promise<Engine> {
    const engine = new Engine(options)
    const { tracing } = options
    if (tracing !== undefined)
      engine.tracing = tracingWith(tracing === 'opentelemetry' ? await openTelemetryTracer() : tracing)
    engine.broker = await openBroker(options, {
      clock: engine.clock,
      maxAttempts: (queue) => engine.attempts.get(queue) ?? usualAttempts,
    })
    return engine
  }

  /** What the broker can do, and why not what it cannot. */
  get abilities(): DriverAbilities {
    return this.broker.driver.abilities
  }

  /** What could be lost, as read when the engine was opened; null: the broker has no such settings. */
  get durability(): Durability | null {
    return this.broker.durability
  }

  /** The same queue for the same name; `config` counts when the name is used first. */
  queue<Schema extends StandardSchemaV1>(
    name: string,
    config: QueueConfig & { readonly schema: Schema },
  ): Queue<StandardSchemaV1.InferOutput<Schema>, StandardSchemaV1.InferInput<Schema>>
  queue<Data = unknown>(name: string, config?: QueueConfig): Queue<Data>
  queue(name: string, config: QueueConfig = {}): Queue<unknown, unknown> {
    const known = this.queues.get(name)
    if (known) return known
    const queue = new Queue<unknown, unknown>(this.contextOf(name, config))
    this.queues.set(name, queue)
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
        : new SandboxedHandler(handler, this.clock, context.rules.schema !== undefined)
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
  processBatch<Data, Input>(
    queue: Queue<Data, Input>,
    handler: Handler<Data>,
    options: ProcessOptions,
  ): Promise<BatchReport> {
    this.mustBeOpen()
    const { context, lender } = queue.seat
    return processBatch(context, lender, handler as Attempt, { worker: whoIsThis, ...options })
  }

  /** Of every queue that this engine was asked for: depth, age and lag by the broker, waits and runs of this process. */
  metrics(): Promise<readonly QueueMetrics[]> {
    return Promise.all([...this.queues.values()].map(({ seat }) => metricsOf(seat.context)))
  }

  /** The same in Prometheus' text format, for a /metrics page. */
  async exposition(): Promise<string> {
    const metrics = await this.metrics()
    return expositionOf(metrics.map((each) => ({ ...each, meter: this.queues.get(each.queue)?.seat.context.meter })))
  }

  /** Stops all workers with their grace, then everything else. Closing twice is harmless. */
  close(graceMs?: number): Promise<void> {
    this.closed ??= this.shut(graceMs)
    return this.closed
  }

  private async shut(graceMs: number | undefined): Promise<void> {
    await Promise.all([...this.workers].map((worker) => worker.stop(graceMs)))
    await Promise.all([...this.tended.values()].flat().map((loop) => loop.stop()))
    await this.broker.close()
  }

  private contextOf(name: string, config: QueueConfig): QueueContext {
    const { driver, mayWrite } = this.broker
    const rules = queueRules(name, config, driver)
    this.attempts.set(name, rules.retry.maxAttempts)
    const context: QueueContext = {
      name,
      driver,
      clock: this.clock,
      rules,
      meter: this.options.metrics === false ? undefined : new QueueMeter(),
      tracing: this.tracing,
      mayWrite,
      tend: () => this.tend(context),
      childDone: () => this.couriers.get(name)?.kick(),
      report: (error) => this.options.onError?.(error),
    }
    return context
  }

  private tend(context: QueueContext): void {
    const { name, driver, clock } = context
    if (this.closed || this.tended.has(name)) return
    const parts = { driver, queue: name, clock, onError: context.report }
    const loops = [promoter(parts), recoverer(parts)]
    const seat = this.queues.get(name)?.seat
    if (driver.schedules && seat) loops.push(scheduler(context, seat.enqueuer))
    if (driver.families) {
      const own = courier(context)
      this.couriers.set(name, own)
      loops.push(own)
    }
    this.tended.set(name, loops)
    for (const loop of loops) loop.start()
  }

  private mustBeOpen(): void {
    if (this.closed !== undefined) throw new Failure({ code: 'closed', message: 'This engine is closed.' })
  }
}
