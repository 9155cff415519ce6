import { type QueueAddress, queueKey } from '@shared/model/queue'

/** One after the other for each queue: what one act holds, another would miss. */
export class Turns {
  private readonly last = new Map<string, Promise<unknown>>()

  async take<T>(queue: QueueAddress, act: () => Promise<T>): Promise<T> {
    const key = queueKey(queue)
    const before = this.last.get(key) ?? Promise.resolve()
    const mine = before.then(act, act)
    this.last.set(key, mine)
    try {
      return await mine
    } finally {
      if (this.last.get(key) === mine) this.last.delete(key)
    }
  }
}
