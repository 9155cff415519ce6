import { Engine } from '../../src-main/engine/engine'
import type { Contender } from './contender'

export const engine: Contender = {
  name: 'engine',
  async open({ port }, name) {
    const own = await Engine.open({ redis: { port } })
    const queue = own.queue<unknown>(name)
    return {
      enqueueBatch: (bodies) => queue.enqueueBatch(bodies),
      enqueue: (body) => queue.enqueue(body),
      async work(concurrency, started) {
        own.worker(queue, async (message) => started(message), { concurrency, prefetch: concurrency })
      },
      close: () => own.close(),
    }
  },
}
