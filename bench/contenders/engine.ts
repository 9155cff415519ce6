import { Engine } from '../../src-main/engine/engine'
import type { Contender } from './contender'

/** Its best setting for handlers that take no time, as the peers have theirs: two batches of a hundred come with each lease. */
const prefetch = 400

export const engine: Contender = {
  name: 'engine',
  async open({ port }, name) {
    const own = await Engine.open({ redis: { port } })
    const queue = own.queue<unknown>(name)
    return {
      enqueueBatch: (bodies) => queue.enqueueBatch(bodies),
      enqueue: (body) => queue.enqueue(body),
      async work(concurrency, started) {
        own.worker(queue, async (message) => started(message), { concurrency, prefetch })
      },
      close: () => own.close(),
    }
  },
}
