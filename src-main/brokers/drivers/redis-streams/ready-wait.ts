import type { RedisClient } from '../../clients/redis'
import { Waiters } from '../../clients/waiters'

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
  private readonly waiters = new Waiters(() => this.unblock())
  private connection: RedisClient | undefined
  private busy: object | undefined

  constructor(
    private readonly connect: () => RedisClient,
    /** What to watch; undefined: something is ready already. */
    private readonly look: () => Promise<Watched | undefined>,
  ) {}

  /** Resolves on news, after `waitMs`, on abort, or when Redis is away: the caller looks for itself in any case. */
  wait(waitMs: number, signal: AbortSignal): Promise<void> {
    return this.waiters.wait(waitMs, signal, () => {
      if (!this.busy) void this.block(waitMs)
    })
  }

  close(): void {
    this.waiters.wakeAll()
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
        this.waiters.wakeAll()
      }
    }
  }

  private unblock(): void {
    this.connection?.disconnect()
    this.connection = undefined
    this.busy = undefined
    // Somebody may have come to wait while the last one left.
    this.waiters.wakeAll()
  }
}
