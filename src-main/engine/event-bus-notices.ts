import type { RedisClient } from '../brokers/clients/redis'

type Listener = (notice: string) => void

/**
 * Listens to channels on a connection of its own: a subscribed connection serves nothing else. It comes back by itself after a
 * loss and subscribes again; what was said meanwhile is not heard. States: none -> (first listener) -> open -> (close) -> over.
 */
export class Notices {
  private readonly listeners = new Map<string, Set<Listener>>()
  private connection: Promise<RedisClient> | undefined

  constructor(private readonly connect: () => RedisClient) {}

  /** Resolves when the server has heard of it; the answer ends it. */
  async listen(channel: string, listener: Listener): Promise<() => Promise<void>> {
    const known = this.listeners.get(channel)
    const own = known ?? new Set<Listener>()
    own.add(listener)
    this.listeners.set(channel, own)
    try {
      const connection = await this.open()
      // Again for a channel that is known: whoever asked first may not have been heard yet.
      await connection.subscribe(channel)
    } catch (error) {
      this.leave(channel, listener)
      throw error
    }
    return async () => {
      if (this.leave(channel, listener)) await (await this.open()).unsubscribe(channel).catch(() => {})
    }
  }

  async close(): Promise<void> {
    const connection = this.connection
    this.connection = undefined
    this.listeners.clear()
    ;(await connection?.catch(() => undefined))?.disconnect()
  }

  /** True when nobody listens to the channel any more. */
  private leave(channel: string, listener: Listener): boolean {
    const own = this.listeners.get(channel)
    if (!own?.delete(listener) || own.size > 0) return false
    this.listeners.delete(channel)
    return true
  }

  private open(): Promise<RedisClient> {
    this.connection ??= this.opened().catch((error: unknown) => {
      this.connection = undefined
      throw error
    })
    return this.connection
  }

  private async opened(): Promise<RedisClient> {
    const connection = this.connect()
    connection.on('message', (channel: string, notice: string) => {
      for (const listener of this.listeners.get(channel) ?? []) listener(notice)
    })
    try {
      if (connection.status === 'wait') await connection.connect()
    } catch (error) {
      connection.disconnect()
      throw error
    }
    return connection
  }
}
