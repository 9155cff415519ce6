import { hostname } from 'node:os'
import { Failure } from '@shared/failure'
import { type RedisClient, type RedisTarget, redisClient } from '../brokers/clients/redis'
import { redisFailure } from '../brokers/clients/redis-failure'
import type { Driver } from '../brokers/driver'
import { RedisDriver } from '../brokers/drivers/redis/driver'
import { type Clock, systemClock } from '../runtime/clock'
import type { Loop } from '../runtime/loop'
import { defaultPolicy, type RetryPolicy } from './outcome'
import { promoter } from './promoter'
import { Queue } from './queue'
import { recoverer } from './recoverer'
import { type Handler, Worker, type WorkerOptions } from './worker'

export type { DriverStats, PurgeState, SettleOutcome } from '../brokers/driver'
export type { ChunkedOptions } from './chunks'
export type { EnqueueOptions } from './identity'
export type { Message, NackOptions } from './message'
export { type RetryPolicy, UnrecoverableError } from './outcome'
export type { DeadLetters, Envelope, LeaseOptions, Queue } from './queue'
export type { Handler, Worker, WorkerOptions } from './worker'
export { Failure }

/** `url` like redis://user:password@host:6379/0 (rediss:// for TLS), or its parts, or a target with Sentinel or Cluster. */
export type RedisAddress =
  | { readonly url: string }
  | {
      readonly host?: string
      readonly port?: number
      readonly database?: number
      readonly username?: string
      readonly password?: string
      readonly tls?: boolean
    }
  | { readonly target: RedisTarget }

export interface EngineOptions {
  readonly redis: RedisAddress
  /** Before every key; default "qe". */
  readonly prefix?: string
  /** Trouble that no caller waits for: of promoters and recoverers. Default: nothing is told. */
  readonly onError?: (error: unknown) => void
}

export type QueueConfig = Partial<RetryPolicy>

/**
 * The queue engine: at-least-once delivery over one Redis.
 *
 *     const engine = await Engine.open({ redis: { url: 'redis://127.0.0.1:6379' } })
 *     const mails = engine.queue<{ to: string }>('mails')
 *     await mails.enqueue({ to: 'a@example.org' })
 *     const worker = engine.worker(mails, async ({ data, signal }) => send(data, signal), { concurrency: 50 })
 *     ...
 *     await engine.close()
 */
export class Engine {
  private readonly queues = new Map<string, Queue<never>>()
  private readonly policies = new Map<string, RetryPolicy>()
  private readonly tended = new Map<string, readonly Loop[]>()
  private readonly workers = new Set<Worker<never>>()
  private readonly driver: Driver
  private readonly clock: Clock = systemClock
  private closed: Promise<void> | undefined

  private constructor(
    private readonly redis: RedisClient,
    target: RedisTarget,
    private readonly options: EngineOptions,
  ) {
    this.driver = new RedisDriver({
      redis,
      connectAnother: () => redisClient(target),
      ...(options.prefix === undefined ? {} : { prefix: options.prefix }),
      maxAttempts: (queue) => (this.policies.get(queue) ?? defaultPolicy).maxAttempts,
    })
  }

  /** Connects, or throws a Failure that says why not. Afterwards it reconnects by itself; calls fail while Redis is away. */
  static async open(options: EngineOptions): Promise<Engine> {
    const target = targetOf(options.redis)
    const redis = redisClient(target)
    let last: unknown
    redis.on('error', (error: unknown) => {
      last = error
    })
    try {
      await redis.connect()
    } catch (error) {
      redis.disconnect()
      throw redisFailure(last ?? error, whereOf(target))
    }
    return new Engine(redis, target, options)
  }

  /** The same queue for the same name; `config` counts when the name is used first. */
  queue<Data = unknown>(name: string, config: QueueConfig = {}): Queue<Data> {
    const known = this.queues.get(name)
    if (known) return known as unknown as Queue<Data>
    const policy = Object.freeze({ ...defaultPolicy, ...config })
    if (!(policy.maxAttempts >= 1))
      throw new Failure({ code: 'bad-input', message: 'A message is tried at least once.' })
    this.policies.set(name, policy)
    const queue = new Queue<Data>(name, policy, this.driver, () => this.tend(name))
    this.queues.set(name, queue as unknown as Queue<never>)
    return queue
  }

  /** Starts working at once. */
  worker<Data>(queue: Queue<Data>, handler: Handler<Data>, options: WorkerOptions = {}): Worker<Data> {
    this.tend(queue.name)
    const name = options.name ?? `${hostname()}:${process.pid}`
    const worker = new Worker<Data>(queue, handler, { ...options, name, driver: this.driver, clock: this.clock })
    this.workers.add(worker as unknown as Worker<never>)
    return worker
  }

  /** Stops all workers with their grace, then everything else. Closing twice is harmless. */
  close(graceMs?: number): Promise<void> {
    this.closed ??= this.shut(graceMs)
    return this.closed
  }

  private async shut(graceMs: number | undefined): Promise<void> {
    await Promise.all([...this.workers].map((worker) => worker.stop(graceMs)))
    await Promise.all([...this.tended.values()].flat().map((loop) => loop.stop()))
    await this.driver.close()
    this.redis.disconnect()
  }

  private tend(queue: string): void {
    if (this.closed || this.tended.has(queue)) return
    const parts = {
      driver: this.driver,
      queue,
      clock: this.clock,
      onError: (error: unknown) => this.options.onError?.(error),
    }
    const loops = [promoter(parts), recoverer(parts)]
    this.tended.set(queue, loops)
    for (const loop of loops) loop.start()
  }
}

function targetOf(address: RedisAddress): RedisTarget {
  if ('target' in address) return address.target
  if ('url' in address) return targetOfUrl(address.url)
  const { host = '127.0.0.1', port = 6379, database = 0, username = null, password = null, tls = false } = address
  return {
    topology: { kind: 'single', host, port },
    database,
    username,
    password,
    tls: tls ? { ca: null, verify: true } : null,
  }
}

function targetOfUrl(text: string): RedisTarget {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || (url.protocol !== 'redis:' && url.protocol !== 'rediss:'))
    throw new Failure({ code: 'bad-input', message: 'A Redis URL reads redis://user:password@host:6379/0.' })
  const database = url.pathname.length > 1 ? Number(url.pathname.slice(1)) : 0
  if (!Number.isInteger(database) || database < 0)
    throw new Failure({ code: 'bad-input', message: "A Redis URL's path is the database's number." })
  return {
    topology: {
      kind: 'single',
      host: url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
      port: url.port === '' ? 6379 : Number(url.port),
    },
    database,
    username: url.username === '' ? null : decodeURIComponent(url.username),
    password: url.password === '' ? null : decodeURIComponent(url.password),
    tls: url.protocol === 'rediss:' ? { ca: null, verify: true } : null,
  }
}

function whereOf({ topology }: RedisTarget): string {
  switch (topology.kind) {
    case 'single':
      return `${topology.host}:${topology.port}`
    case 'sentinel':
      return `the master ${topology.masterName}`
    case 'cluster':
      return topology.nodes.map(({ host, port }) => `${host}:${port}`).join(', ')
  }
}
