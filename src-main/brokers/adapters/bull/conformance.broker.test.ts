import Bull from 'bull'
import { describeAdapter } from '../../testing/adapter-conformance'
import type { AdapterScene, SampleMessage } from '../../testing/adapter-stage'
import { startRedisStage } from '../../testing/redis-stage'
import { BullAdapter } from './adapter'

/** Nothing of a worker's own happens by itself meanwhile: what writes is what was asked. */
const settings = { guardInterval: 600_000, stalledInterval: 600_000, lockDuration: 600_000 }

describeAdapter('Bull 4.16.5', async () => {
  const stage = await startRedisStage()
  const opened: (() => Promise<unknown>)[] = []
  const open = (name: string) => {
    const queue = new Bull(name, { redis: { port: stage.server.port }, settings })
    opened.push(() => queue.close(true))
    return queue
  }
  const address = (name: string) => ({ layout: 'bull', prefix: 'bull', name }) as const
  const close = async () => {
    for (const each of opened.splice(0)) await each()
  }

  return {
    name: 'Bull 4.16.5',
    adapter: new BullAdapter(stage.client),
    reading: new BullAdapter(stage.readingClient),
    discover: stage.discover,
    async scene(): Promise<AdapterScene> {
      await close()
      await stage.admin.flushall()
      const samples: SampleMessage[] = []
      const sample = (job: Bull.Job, name: string, rest: Pick<SampleMessage, 'state' | 'attempts' | 'error'>) =>
        samples.push({
          queue: address(name),
          id: String(job.id),
          body: JSON.stringify(job.data),
          name: job.name,
          ...rest,
        })

      const mail = open('mail')
      await worked(mail, async () => {
        for (let n = 0; n < 3; n += 1) await mail.add('welcome', { n })
      })
      const [done] = await mail.getCompleted()
      sample(done!, 'mail', { state: 'done' })
      await held(open('mail'), await mail.add('slow', { n: 3 }))
      sample((await mail.getActive())[0]!, 'mail', { state: 'leased' })
      for (let n = 4; n < 9; n += 1) sample(await mail.add('welcome', { n }), 'mail', { state: 'ready' })
      sample(await mail.add({ n: 9 }, { priority: 2 }), 'mail', { state: 'ready' })
      for (let n = 10; n < 14; n += 1)
        sample(await mail.add('later', { n }, { delay: 3_600_000 }), 'mail', { state: 'delayed' })

      const orders = open('orders')
      await worked(orders, async () => {
        for (let n = 0; n < 7; n += 1) await orders.add('charge', { fail: true, order: n }, { attempts: 2 })
      })
      for (const job of await orders.getFailed())
        sample(job, 'orders', {
          state: 'dead',
          attempts: 2,
          error: { message: 'no such card', stack: 'CardError: no such card' },
        })

      const quiet = open('quiet:hours')
      await quiet.pause()
      for (let n = 0; n < 2; n += 1) sample(await quiet.add({ n }), 'quiet:hours', { state: 'ready' })
      samples.sort((a, b) => Number(b.state === 'ready') - Number(a.state === 'ready'))

      return {
        samples,
        mended: address('orders'),
        writes: stage.writes,
        async truth() {
          return await Promise.all(
            [mail, orders, quiet].map(async (queue) => {
              const { waiting, active, delayed, failed, completed } = await queue.getJobCounts()
              const ready = waiting + (await queue.getPausedCount())
              return {
                queue: address(queue.name),
                counts: { ready: queue === quiet ? 2 : ready, leased: active, delayed, dead: failed, done: completed },
              }
            }),
          )
        },
        async work({ name }) {
          const bodies: string[] = []
          const queue = open(name)
          const drained = new Promise<void>((resolve) => void queue.once('drained', () => resolve()))
          const { waiting } = await queue.getJobCounts()
          const completed = new Promise<void>((resolve) => {
            let left = waiting
            queue.on('completed', () => {
              left -= 1
              if (left === 0) resolve()
            })
          })
          void queue.process('*', (job) => {
            bodies.push(JSON.stringify(job.data))
            return Promise.resolve()
          })
          await Promise.all([completed, drained])
          await queue.close(true)
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

class CardError extends Error {
  override readonly name = 'CardError'
}

/** A real worker for all that `produce` adds, until nothing is left that could be tried. */
async function worked(queue: Bull.Queue, produce: () => Promise<void>): Promise<void> {
  await produce()
  const { waiting } = await queue.getJobCounts()
  const worker = new Bull(queue.name, {
    redis: (queue as unknown as { clients: { options: object }[] }).clients[0]!.options,
    settings,
  })
  let left = waiting
  const finished = new Promise<void>((resolve) => {
    const one = (job: Bull.Job) => {
      if (job.finishedOn && (job.attemptsMade >= (job.opts.attempts ?? 1) || !('fail' in job.data))) left -= 1
      if (left === 0) resolve()
    }
    worker.on('completed', one)
    worker.on('failed', one)
  })
  void worker.process('*', (job) =>
    'fail' in job.data ? Promise.reject(new CardError('no such card')) : Promise.resolve('sent'),
  )
  await finished
  await worker.close(true)
}

/** A worker that has taken the job and does not let go until it is closed. */
async function held(worker: Bull.Queue, job: Bull.Job): Promise<void> {
  await new Promise<void>((resolve) => {
    void worker.process('*', () => {
      resolve()
      return new Promise(() => {})
    })
  })
  if (!(await job.isActive())) throw new Error('the job is not held')
}
