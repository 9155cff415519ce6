import type { FailedMessage, SettleOutcome } from '../brokers/driver-messages'
import type { Told } from './held-lease'
import type { Message } from './message'
import { EventSource, type WorkerEvents, type WorkerHooks } from './worker-events'

/** What a worker tells its hooks and listeners. One that throws is reported, and harms no message. */
export class WorkerVoice {
  readonly events = new EventSource<WorkerEvents>((error) => this.trouble(error))

  constructor(private readonly hooks: WorkerHooks) {}

  /** Asked once a batch: most workers have no ear for single acks. */
  get tellsAcked(): boolean {
    return this.hooks.onProcessed !== undefined || this.events.hears('acked')
  }

  acked({ done, lease }: Told, outcomes: readonly SettleOutcome[]): void {
    done.forEach((message, index) => {
      if (outcomes[index] !== 'applied') return
      const { result, ranMs: runMs } = message
      const processed = { result, runMs, waitMs: Math.max(lease.leasedAt - message.enqueuedAt, 0) }
      this.guarded(() => this.hooks.onProcessed?.(message, processed))
      this.events.emit('acked', { message, ...processed })
    })
  }

  nacked(message: Message, { error, retryInMs }: FailedMessage): void {
    if (retryInMs === undefined) this.events.emit('dead', { message, error })
    else this.events.emit('failed', { message, error, retryInMs })
  }

  failed(error: unknown, message: Message): void {
    this.guarded(() => this.hooks.onError?.(error, message))
  }

  /** Trouble that is no message's own. */
  trouble(error: unknown): void {
    try {
      this.hooks.onError?.(error, undefined)
    } catch {}
    this.events.emit('error', { error })
  }

  private guarded(hook: () => void): void {
    try {
      hook()
    } catch (error) {
      this.trouble(error)
    }
  }
}
