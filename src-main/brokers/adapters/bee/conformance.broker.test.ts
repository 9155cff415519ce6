import BeeQueue from 'bee-queue'
import { vi } from 'vitest'
import { describeAdapter } from '../../testing/adapter-conformance'
import type { AdapterScene, SampleMessage } from '../../testing/adapter-stage'
import { startRedisStage } from '../../testing/redis-stage'
import { BeeAdapter } from './adapter'

describeAdapter('bee-queue 2.0.0', async () => {
  const stage = await startRedisStage()
  const opened: BeeQueue[] = []
  const open = async (name: string) => {
    const queue = new BeeQueue(name, { redis: { port: stage.server.port }, stallInterval: 600_000 })
    opened.push(queue)
    return await queue.ready()
  }
  const address = (name: string) => ({ layout: 'bee', prefix: 'bq', name }) as const
  const close = async () => {
    // A worker that holds a job says that it gave up waiting for it.
    await Promise.allSettled(opened.splice(0).map((queue) => queue.close(1)))
  }

  return {
    name: 'bee-queue 2.0.0',
    adapter: new BeeAdapter(stage.client),
    reading: new BeeAdapter(stage.readingClient),
    discover: stage.discover,
    async scene(): Promise<AdapterScene> {
      await close()
      await stage.admin.flushall()
      const samples: SampleMessage[] = []
      const sample = (name: string, job: BeeQueue.Job<object>, state: SampleMessage['state']) =>
        samples.push({
          queue: address(name),
          state,
          id: job.id,
          body: JSON.stringify(job.data),
          attempts: { ready: 0, delayed: 0, leased: 1, done: 1, dead: 2 }[state],
          ...(state === 'dead'
            ? { error: { message: 'CardError: no such card', stack: 'CardError: no such card' } }
            : {}),
        })

      const mail = await open('mail')
      const done = await addAll(mail, 3, (n) => ({ n }))
      await worked(await open('mail'), 3)
      const slow: BeeQueue.Job<object> = await mail.createJob<object>({ n: 3 }).save()
      await held(await open('mail'))
      for (const job of await addAll(mail, 6, (n) => ({ n, text: 'äöü' }))) sample('mail', job, 'ready')
      for (const job of done) sample('mail', job, 'done')
      sample('mail', slow, 'leased')
      for (let n = 0; n < 4; n += 1) {
        sample(
          'mail',
          await mail
            .createJob<object>({ n })
            .delayUntil(Date.now() + 3_600_000)
            .save(),
          'delayed',
        )
      }
      const orders = await open('orders:eu')
      const failing = await addAll(orders, 7, (order) => ({ fail: true, order }), 1)
      await worked(await open('orders:eu'), 7)
      for (const job of failing) sample('orders:eu', job, 'dead')

      return {
        samples,
        mended: address('orders:eu'),
        writes: stage.writes,
        truth: () =>
          Promise.all(
            [mail, orders].map(async (queue) => {
              const health = await queue.checkHealth()
              return {
                queue: address(queue.name),
                counts: {
                  ready: health.waiting,
                  leased: health.active,
                  delayed: health.delayed,
                  dead: health.failed,
                  done: health.succeeded,
                },
              }
            }),
          ),
        async work({ name }) {
          const worker = await open(name)
          const { waiting, succeeded } = await worker.checkHealth()
          const bodies: string[] = []
          worker.process((job: BeeQueue.Job<object>) => {
            bodies.push(JSON.stringify(job.data))
            return Promise.resolve()
          })
          await vi.waitFor(async () => {
            const health = await worker.checkHealth()
            if (health.succeeded !== succeeded + waiting) throw new Error('still at work')
          }, 5_000)
          await worker.close(1)
          return bodies
        },
        edited: (body) => body.replace(/"order":(\d+)/, '"order":"$1 again"'),
        outgoing: { name: null, body: '{"order":77}' },
        async spoil({ name }) {
          await stage.admin.del(`bq:${name}:waiting`)
          await stage.admin.set(`bq:${name}:waiting`, 'something else')
        },
        async vanish({ name }) {
          await stage.admin.del(await stage.admin.keys(`bq:${name}:*`))
        },
      }
    },
    async stop() {
      await close()
      await stage.stop()
    },
  }
})

async function addAll(queue: BeeQueue, count: number, data: (n: number) => object, retries = 0) {
  const jobs: BeeQueue.Job<object>[] = []
  for (let n = 0; n < count; n += 1) jobs.push(await queue.createJob(data(n)).retries(retries).save())
  return jobs
}

class CardError extends Error {
  override readonly name = 'CardError'
}

/** A real worker until `count` jobs have ended, well or not. */
async function worked(worker: BeeQueue, count: number): Promise<void> {
  worker.process((job: BeeQueue.Job<object>) =>
    'fail' in job.data ? Promise.reject(new CardError('no such card')) : Promise.resolve('sent'),
  )
  await vi.waitFor(async () => {
    const { failed, succeeded } = await worker.checkHealth()
    if (failed + succeeded !== count) throw new Error('still at work')
  }, 5_000)
  await worker.close(1)
}

/** A worker that takes the next job and does not let go. */
function held(worker: BeeQueue): Promise<void> {
  return new Promise((resolve) => {
    worker.process(() => {
      resolve()
      return new Promise<void>(() => {})
    })
  })
}
