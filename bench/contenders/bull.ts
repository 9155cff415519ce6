import Bull from 'bull'
import type { Contender } from './contender'

export const bull: Contender = {
  name: 'Bull',
  async open({ port }, name) {
    const queue = new Bull(name, { redis: { port, host: '127.0.0.1' }, defaultJobOptions: { removeOnComplete: true } })
    await queue.isReady()
    return {
      enqueueBatch: (bodies) => queue.addBulk(bodies.map((data) => ({ data }))),
      enqueue: (body) => queue.add(body),
      async work(concurrency, started) {
        queue.process(concurrency, async (job) => started(job)).catch(() => {})
      },
      close: () => queue.close(),
    }
  },
}
