import { systemClock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'

/** Streams and the entries after which something is news, as XREAD takes them. */
export interface Watched {
  readonly keys: readonly string[]
  readonly after: readonly string[]
}

/**
 * Waits for news of a queue on a connection of its own, since XREAD BLOCK holds up every other command on it. One XREAD serves
 * all waiters of this process; it takes nothing, so that every process hears of every entry. States: idle -> (first waiter)
 * -> looking -> blocked -> (news, time, or last waiter gone) -> idle.
 */
export class ReadyWait {
  private readonly waiters = new Set<() => void>()
  private connection: RedisClient | undefined
  private busy: object | undefined

  constructor(
    private readonly connect: () => RedisClient,
    /** What to watch; undefined: something is ready already. */
    private readonly look: () => Promise<Watched | undefined>,
  ) {}

  /** Resolves on news, after `waitMs`, on abort, or when Redis is away: the caller looks for itself in any case. */
  async wait(waitMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || waitMs <= 0) return
    await new Promise<void>((resolve) => {
      const done = () => {
        cancel()
        this.waiters.delete(done)
        signal.removeEventListener('abort', aborted)
        resolve()
      }
      const aborted = () => {
        done()
        if (this.waiters.size === 0) this.unblock()
      }
      // Another waiter's XREAD may take longer.
      const cancel = systemClock.after(waitMs, done)
      signal.addEventListener('abort', aborted, { once: true })
      this.waiters.add(done)
      if (!this.busy) void this.block(waitMs)
    })
  }

  close(): void {
    this.wakeAll()
    this.unblock()
  }

  private async block(waitMs: number): Promise<void> {
    const own = {}
    this.busy = own
    try {
      const watched = await this.look()
      if (watched && this.busy === own) {
        const connection = this.connection ?? this.connect()
        this.connection = connection
        if (connection.status === 'wait') await connection.connect()
        await connection.call(
          'XREAD',
          'COUNT',
          1,
          'BLOCK',
          Math.max(Math.round(waitMs), 10),
          'STREAMS',
          ...watched.keys,
          ...watched.after,
        )
      }
    } catch {
      // Away, or cut off on purpose: whoever waited looks for itself.
      if (this.busy === own) this.unblock()
    } finally {
      if (this.busy === own) {
        this.busy = undefined
        this.wakeAll()
      }
    }
  }

  private unblock(): void {
    this.connection?.disconnect()
    this.connection = undefined
    this.busy = undefined
    // Somebody may have come to wait while the last one left.
    this.wakeAll()
  }

  private wakeAll(): void {
    for (const wake of [...this.waiters]) wake()
  }
}
