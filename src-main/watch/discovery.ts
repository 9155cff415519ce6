import type { Layout } from '@shared/model/queue'
import { queueKey } from '@shared/model/queue'
import type { Found } from '../brokers/reader'
import type { Clock } from '../runtime/clock'
import { type Loop, loop } from '../runtime/loop'
import type { WatchedEnvironment } from './watched-environment'

/** Between the end of a pass and the next. */
const discoverEveryMs = 30_000

export interface DiscoveryOptions {
  readonly environment: WatchedEnvironment
  readonly clock: Clock
  /** As it turns up, again in each pass. */
  readonly found: (queue: Found) => void
  /** A whole pass over these layouts ended: what is not among `seen` is gone. */
  readonly passed: (layouts: readonly Layout[], seen: ReadonlyMap<string, Found>) => void
  /** Keys looked at so far; null once a pass has ended. */
  readonly progress: (keys: number | null) => void
  /** A pass failed, or left something out, in words; none once one saw everything again. */
  readonly notices: (words: readonly string[]) => void
  readonly onError: (error: unknown) => void
}

/**
 * Looks for queues at once, as fast as the server bears, and then again and again at a pace that costs an idle environment little.
 * Only a pass that reached its end takes queues away.
 */
export class Discovery {
  private readonly loop: Loop
  private isHurried = true
  private isRecalled = false

  constructor(private readonly options: DiscoveryOptions) {
    const { clock, onError } = options
    this.loop = loop({ everyMs: discoverEveryMs, run: (signal) => this.pass(signal), onError, clock })
  }

  start(): void {
    this.loop.start()
  }

  /** Somebody waits: the connection is back, or a person wants to know now. */
  kick(): void {
    this.isHurried = true
    this.loop.kick()
  }

  stop(): Promise<void> {
    return this.loop.stop()
  }

  private async pass(signal: AbortSignal): Promise<undefined> {
    const { environment, progress, passed, notices } = this.options
    const finder = environment.finder()
    if (!finder) return
    await this.recall()
    const pace = this.isHurried ? 'hurried' : 'idle'
    this.isHurried = false
    const seen = new Map<string, Found>()
    const report = await finder.find({
      found: (queue) => {
        if (signal.aborted) return
        seen.set(queueKey(queue.address), queue)
        this.options.found(queue)
      },
      // Only a pass that somebody waits for is worth telling of.
      onProgress: (keys) => pace === 'hurried' && progress(keys),
      signal,
      pace,
    })
    progress(null)
    if (signal.aborted) return
    passed(report.whole, seen)
    notices([...report.troubles, ...report.bounds])
    if (report.troubles.length === 0) await environment.memory?.keep([...seen.values()])
  }

  private async recall(): Promise<void> {
    if (this.isRecalled) return
    this.isRecalled = true
    for (const queue of (await this.options.environment.memory?.recall()) ?? []) this.options.found(queue)
  }
}
