import { Queue, Worker } from 'bullmq'
import type { Contender } from './contender'

export const bullmq: Contender = {
  name: 'BullMQ',
  async open({ port }, name) {
    const connection = { port, host: '127.0.0.1' }
    const queue = new Queue(name, { connection })
    await queue.waitUntilReady()
    let worker: Worker | undefined
    return {
      enqueueBatch: (bodies) => queue.addBulk(bodies.map((data) => ({ name: 'job', data }))),
      enqueue: (body) => queue.add('job', body),
      async work(concurrency, started) {
        worker = new Worker(name, async (job) => started(job), {
          connection,
          concurrency,
          removeOnComplete: { count: 0 },
        })
        await worker.waitUntilReady()
      },
      async close() {
        await worker?.close()
        await queue.close()
      },
    }
  },
}
