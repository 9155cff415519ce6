import type { QueueAddress } from '@shared/model/queue'
import { queueKey } from '@shared/model/queue'
import type { Found, Reader } from '../brokers/reader'
import type { Clock } from '../runtime/clock'
import { type Loop, loop } from '../runtime/loop'
import type { WatchedEnvironment } from './watched-environment'

const discoverEveryMs = 30_000

export interface DiscoveryOptions {
  readonly environment: WatchedEnvironment
  readonly clock: Clock
  /** As it turns up, again in each pass. */
  readonly found: (queue: Found) => void
  /** A whole pass over one layout ended: what is not among `seen` is gone. */
  readonly passed: (layout: QueueAddress['layout'], seen: ReadonlySet<string>) => void
  /** A pass failed, in words; null once one went well again. */
  readonly trouble: (words: string | null) => void
  readonly onError: (error: unknown) => void
}

/** Walks the key space at once and then every 30 s. Only a pass that reached its end takes queues away. */
export class Discovery {
  private readonly loop: Loop

  constructor(private readonly options: DiscoveryOptions) {
    const { clock, onError } = options
    this.loop = loop({ everyMs: discoverEveryMs, run: (signal) => this.pass(signal), onError, clock })
  }

  start(): void {
    this.loop.start()
  }

  kick(): void {
    this.loop.kick()
  }

  stop(): Promise<void> {
    return this.loop.stop()
  }

  private async pass(signal: AbortSignal): Promise<undefined> {
    const readers = this.options.environment.readers()
    if (!readers) return
    const troubles: string[] = []
    for (const reader of readers) {
      const trouble = await this.walk(reader, signal)
      if (trouble !== null) troubles.push(trouble)
      if (signal.aborted) return
    }
    this.options.trouble(troubles.length > 0 ? troubles.join(' ') : null)
  }

  private async walk(reader: Reader, signal: AbortSignal): Promise<string | null> {
    const seen = new Set<string>()
    try {
      await reader.discover((queue) => {
        if (signal.aborted) return
        seen.add(queueKey(queue.address))
        this.options.found(queue)
      }, signal)
    } catch (error) {
      return error instanceof Error ? error.message : 'Queues could not be looked for.'
    }
    if (!signal.aborted) this.options.passed(reader.layout, seen)
    return null
  }
}
