import { systemClock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'

/**
 * Waits for a queue's wake marker on a connection of its own, since BLPOP holds up every other command on it. One BLPOP
 * serves all waiters of this process. States: idle -> (first waiter) -> blocked -> (marker, time, or last waiter gone) -> idle.
 * A marker taken while nobody waits any more is put back: it may be another process's.
 */
export class ReadyWait {
  private readonly waiters = new Set<() => void>()
  private connection: RedisClient | undefined
  private blocked = false

  constructor(
    private readonly connect: () => RedisClient,
    private readonly wakeKey: string,
  ) {}

  /** Resolves on a marker, after `waitMs`, on abort, or when Redis is away: the caller looks for itself in any case. */
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
      // Another waiter's BLPOP may take longer.
      const cancel = systemClock.after(waitMs, done)
      signal.addEventListener('abort', aborted, { once: true })
      this.waiters.add(done)
      this.block(waitMs)
    })
  }

  close(): void {
    this.wakeAll()
    this.unblock()
  }

  private block(waitMs: number): void {
    if (this.blocked) return
    this.blocked = true
    const connection = this.connection ?? this.connect()
    this.connection = connection
    const asked = connection.status === 'wait' ? connection.connect() : Promise.resolve()
    asked
      .then(() => connection.blpop(this.wakeKey, Math.max(waitMs, 10) / 1000))
      .then(
        (taken) => {
          if (taken && this.waiters.size === 0) return connection.rpush(this.wakeKey, '1')
          return undefined
        },
        () => this.unblock(),
      )
      .catch(() => {})
      .finally(() => {
        if (this.connection === connection) this.blocked = false
        this.wakeAll()
      })
  }

  private unblock(): void {
    this.connection?.disconnect()
    this.connection = undefined
    this.blocked = false
  }

  private wakeAll(): void {
    for (const wake of [...this.waiters]) wake()
  }
}
