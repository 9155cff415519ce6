import BeeQueue from 'bee-queue'
import type { Contender } from './contender'

export const beeQueue: Contender = {
  name: 'bee-queue',
  async open({ port }, name) {
    const queue = new BeeQueue(name, {
      redis: { port, host: '127.0.0.1' },
      removeOnSuccess: true,
      getEvents: false,
      sendEvents: false,
      storeJobs: false,
    })
    await queue.ready()
    return {
      async enqueueBatch(bodies) {
        const errors = await queue.saveAll(bodies.map((body) => queue.createJob(body)))
        if (errors.size > 0) throw new Error('bee-queue refused a job')
      },
      enqueue: (body) => queue.createJob(body).save(),
      async work(concurrency, started) {
        queue.process(concurrency, async (job) => started(job))
      },
      close: () => queue.close(),
    }
  },
}
