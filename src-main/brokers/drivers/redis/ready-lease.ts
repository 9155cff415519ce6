import { pause, systemClock } from '../../../runtime/clock'
import { inOneWrite } from '../../clients/one-write'
import type { RedisClient } from '../../clients/redis'
import type { Script, ScriptArg } from '../../clients/script'

const againAfterMs = 10

/** A script and what it is run on; answered as it would be by itself. */
export interface Prepared {
  readonly script: Script
  readonly keys: readonly string[]
  readonly args: readonly ScriptArg[]
}

/**
 * Leases in the moment in which something becomes ready: BLPOP on the wake marker and the lease behind it are written together,
 * on a connection of their own, and the server runs the second as soon as the first is answered. That saves the way back and
 * forth between hearing of a message and taking it. States: idle -> (take) -> blocked -> (marker, time, abort) -> idle.
 *
 * An abort unblocks by name rather than by hanging up: what the lease took in that very moment still arrives.
 */
export class ReadyLease {
  private connection: RedisClient | undefined
  private clientId: number | undefined
  busy = false

  constructor(
    private readonly connect: () => RedisClient,
    /** For the order to unblock. */
    private readonly redis: RedisClient,
    private readonly wakeKey: string,
  ) {}

  /** The lease script's answer; rejects when Redis is away. One at a time. */
  async take(prepared: Prepared, waitMs: number, signal: AbortSignal): Promise<unknown> {
    this.busy = true
    try {
      const connection = await this.ready()
      if (signal.aborted) return 0
      const unblock = () => void this.unblock()
      signal.addEventListener('abort', unblock, { once: true })
      const { script, keys, args } = prepared
      const answers = inOneWrite(connection, () => [
        connection.callBuffer('BLPOP', this.wakeKey, Math.max(waitMs, 10) / 1000),
        connection.callBuffer('EVALSHA', script.sha, keys.length, ...keys, ...args),
      ])
      try {
        return (await Promise.all(answers))[1]
      } finally {
        signal.removeEventListener('abort', unblock)
      }
    } catch (error) {
      this.close()
      // Hung up by the abort: nobody waits for it any more.
      if (signal.aborted) return 0
      throw error
    } finally {
      this.busy = false
    }
  }

  close(): void {
    this.connection?.disconnect()
    this.connection = undefined
  }

  private async ready(): Promise<RedisClient> {
    const connection = this.connection ?? this.connect()
    this.connection = connection
    if (connection.status === 'wait') {
      await connection.connect()
      // The client would come back by itself, under another name.
      connection.once('close', () => {
        if (this.connection === connection) this.close()
      })
      this.clientId = await clientIdOf(connection)
    }
    return connection
  }

  /**
   * The order may overtake BLPOP on its way: it is given again until it meets it, or nothing is under way any more. Where it is
   * not permitted, hanging up is the only way.
   */
  private async unblock(): Promise<void> {
    const { clientId } = this
    if (clientId === undefined) {
      this.close()
      return
    }
    try {
      while (this.busy && (await this.redis.call('CLIENT', 'UNBLOCK', String(clientId))) !== 1)
        await pause(systemClock, againAfterMs)
    } catch {
      this.close()
    }
  }
}

/** undefined: this user may not ask. */
async function clientIdOf(connection: RedisClient): Promise<number | undefined> {
  try {
    return Number(await connection.call('CLIENT', 'ID'))
  } catch {
    return undefined
  }
}
