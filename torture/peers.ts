import { Queue, Worker } from 'bullmq'
import { Engine } from '../src-main/engine/engine'
import type { Peer } from './peer'

const bullmq: Peer = {
  name: 'BullMQ',
  async open(port, name) {
    const connection = { port, host: '127.0.0.1' }
    const queue = new Queue(name, { connection })
    queue.on('error', () => {})
    await queue.waitUntilReady()
    let worker: Worker | undefined
    return {
      add: (n, id) => queue.add('job', { n }, id === undefined ? {} : { jobId: id }),
      work(handler, { concurrency, lockMs }) {
        worker = new Worker(name, (job) => handler(job.data.n), {
          connection,
          concurrency,
          lockDuration: lockMs,
          stalledInterval: lockMs / 2,
        })
        worker.on('error', () => {})
      },
      async left() {
        const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'prioritized', 'failed')
        const { failed = 0, ...others } = counts
        return { waiting: Object.values(others).reduce((sum, each) => sum + each, 0), givenUp: failed }
      },
      async close() {
        await worker?.close(true)
        await queue.close()
      },
    }
  },
}

const engine: Peer = {
  name: 'Queuescope',
  async open(port, name) {
    const opened = await Engine.open({ redis: { port } })
    const queue = opened.queue<{ readonly n: number }>(name)
    return {
      add: (n, id) => queue.enqueue({ n }, id === undefined ? {} : { id }),
      work(handler, { concurrency, lockMs }) {
        opened.worker(queue, ({ data }) => handler(data.n), { concurrency, leaseMs: lockMs, onError: () => {} })
      },
      async left() {
        const { ready, delayed, leased, dead } = await queue.stats()
        return { waiting: (ready ?? 0) + (delayed ?? 0) + (leased ?? 0), givenUp: dead ?? 0 }
      },
      close: () => opened.close(0),
    }
  },
}

export const peers: readonly Peer[] = [bullmq, engine]
