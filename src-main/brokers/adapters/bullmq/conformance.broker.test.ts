import { type Job, Queue as Queue6, Worker as Worker6 } from 'bullmq'
import { Queue as Queue5, Worker as Worker5 } from 'bullmq5'
import { describeAdapter } from '../../testing/adapter-conformance'
import type { AdapterScene, SampleMessage } from '../../testing/adapter-stage'
import { startRedisStage } from '../../testing/redis-stage'
import { BullmqAdapter } from './adapter'

/** Both majors by the part of their classes that is the same. */
const majors = [
  { version: '6.7.0', Queue: Queue6, Worker: Worker6 },
  {
    version: '5.81.5',
    Queue: Queue5 as unknown as typeof Queue6,
    Worker: Worker5 as unknown as typeof Worker6,
  },
] as const

class CardError extends Error {
  override readonly name = 'CardError'
}

for (const { version, Queue, Worker } of majors) {
  describeAdapter(`BullMQ ${version}`, async () => {
    const stage = await startRedisStage()
    const connection = { port: stage.server.port }
    const opened: (() => Promise<unknown>)[] = []
    const address = (name: string) => ({ layout: 'bullmq', prefix: 'bull', name }) as const
    const close = async () => {
      for (const each of opened.splice(0)) await each()
    }
    const produce = (name: string) => {
      const queue = new Queue(name, { connection })
      opened.push(() => queue.close())
      return queue
    }

    /** A real worker that does nothing of its own accord meanwhile. */
    const employ = (name: string, run: (job: Job) => Promise<unknown>) => {
      const worker = new Worker(name, run, { connection, lockDuration: 600_000, stalledInterval: 600_000 })
      opened.push(() => worker.close(true))
      return worker
    }

    /** Until `count` jobs have ended for good. */
    async function worked(name: string, count: number, run: (job: Job) => Promise<unknown>): Promise<void> {
      let left = count
      let worker: Worker6 | undefined
      await new Promise<void>((resolve) => {
        const one = (job: Job | undefined) => {
          if (job?.finishedOn) left -= 1
          if (left === 0) resolve()
        }
        worker = employ(name, run)
        worker.on('completed', one)
        worker.on('failed', one)
      })
      await worker?.close()
    }

    return {
      name: `BullMQ ${version}`,
      adapter: new BullmqAdapter(stage.client),
      reading: new BullmqAdapter(stage.readingClient),
      discover: stage.discover,
      async scene(): Promise<AdapterScene> {
        await close()
        await stage.admin.flushall()
        const samples: SampleMessage[] = []
        const sample = (job: Job, rest: Pick<SampleMessage, 'state' | 'attempts' | 'error'>) =>
          samples.push({
            queue: address(job.queueName),
            id: job.id!,
            body: JSON.stringify(job.data),
            name: job.name,
            ...rest,
          })

        const mail = produce('mail')
        for (let n = 0; n < 3; n += 1) await mail.add('welcome', { n })
        await worked('mail', 3, () => Promise.resolve('sent'))
        sample((await mail.getCompleted())[0]!, { state: 'done', attempts: 1 })
        const slow = await mail.add('slow', { n: 3 })
        await new Promise<void>((resolve) => {
          employ('mail', () => {
            resolve()
            return new Promise(() => {})
          })
        })
        sample(slow, { state: 'leased', attempts: 1 })
        for (let n = 4; n < 9; n += 1) sample(await mail.add('welcome', { n, text: 'äöü' }), { state: 'ready' })
        sample(await mail.add('urgent', { n: 9 }, { priority: 2 }), { state: 'ready' })
        for (let n = 10; n < 14; n += 1)
          sample(await mail.add('later', { n }, { delay: 3_600_000 }), { state: 'delayed' })

        const orders = produce('orders')
        for (let order = 0; order < 7; order += 1) await orders.add('charge', { order }, { attempts: 2 })
        await worked('orders', 7, () => Promise.reject(new CardError('no such card')))
        for (const job of await orders.getFailed())
          sample(job, {
            state: 'dead',
            attempts: 2,
            error: { message: 'no such card', stack: 'CardError: no such card' },
          })

        const quiet = produce('quiet')
        await quiet.pause()
        for (let n = 0; n < 2; n += 1) sample(await quiet.add('n', { n }), { state: 'ready' })
        samples.sort((a, b) => Number(b.state === 'ready') - Number(a.state === 'ready'))

        return {
          samples,
          mended: address('orders'),
          writes: stage.writes,
          truth: () =>
            Promise.all(
              [mail, orders, quiet].map(async (queue) => {
                const counts = await queue.getJobCounts()
                const { waiting = 0, paused = 0, prioritized = 0 } = counts
                return {
                  queue: address(queue.name),
                  counts: {
                    ready: waiting + paused + prioritized,
                    leased: counts.active ?? 0,
                    delayed: counts.delayed ?? 0,
                    dead: counts.failed ?? 0,
                    done: counts.completed ?? 0,
                  },
                }
              }),
            ),
          async work({ name }) {
            const bodies: string[] = []
            const { waiting = 0, prioritized = 0 } = await orders.getJobCounts()
            await worked(name, waiting + prioritized, (job) => {
              bodies.push(JSON.stringify(job.data))
              return Promise.resolve()
            })
            return bodies
          },
          edited: (body) => body.replace(/"order":(\d+)/, '"order":"$1 again"'),
          outgoing: { name: 'charge', body: '{"order":77}' },
          async spoil({ name }) {
            await stage.admin.del(`bull:${name}:wait`)
            await stage.admin.set(`bull:${name}:wait`, 'something else')
          },
          async vanish({ name }) {
            await stage.admin.del(await stage.admin.keys(`bull:${name}:*`))
          },
        }
      },
      async stop() {
        await close()
        await stage.stop()
      },
    }
  })
}
