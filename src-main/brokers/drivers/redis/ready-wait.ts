import type { RedisClient } from '../../clients/redis'
import { Waiters } from '../../clients/waiters'

/**
 * Waits for a queue's wake marker on a connection of its own, since BLPOP holds up every other command on it. One BLPOP
 * serves all waiters of this process. States: idle -> (first waiter) -> blocked -> (marker, time, or last waiter gone) -> idle.
 * A marker taken while nobody waits any more is put back: it may be another process's.
 */
export class ReadyWait {
  private readonly waiters = new Waiters(() => this.unblock())
  private connection: RedisClient | undefined
  private blocked = false

  constructor(
    private readonly connect: () => RedisClient,
    private readonly wakeKey: string,
  ) {}

  /** Resolves on a marker, after `waitMs`, on abort, or when Redis is away: the caller looks for itself in any case. */
  wait(waitMs: number, signal: AbortSignal): Promise<void> {
    return this.waiters.wait(waitMs, signal, () => this.block(waitMs))
  }

  close(): void {
    this.waiters.wakeAll()
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
        this.waiters.wakeAll()
      })
  }

  private unblock(): void {
    this.connection?.disconnect()
    this.connection = undefined
    this.blocked = false
  }
}
