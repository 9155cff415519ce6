import { Queue, Worker } from 'node-resque'
import { describeAdapter } from '../../testing/adapter-conformance'
import type { AdapterScene, SampleMessage } from '../../testing/adapter-stage'
import { startRedisStage } from '../../testing/redis-stage'
import { ResqueAdapter } from './adapter'
import { delayedSchedule, failedList } from './keys'

class CardError extends Error {
  override readonly name = 'CardError'
}

describeAdapter('Resque by node-resque 9.7.1', async () => {
  const stage = await startRedisStage()
  const adapter = new ResqueAdapter(stage.client)
  const connection = { pkg: 'ioredis', host: '127.0.0.1', port: stage.server.port, options: {}, database: 0 }
  const opened: { end(): Promise<unknown> }[] = []
  const address = (name: string) => ({ layout: 'resque', prefix: 'resque', name }) as const
  const close = async () => {
    for (const each of opened.splice(0)) await each.end()
  }
  const jobs = {
    welcome: { perform: () => Promise.resolve('sent') },
    charge: { perform: () => Promise.reject(new CardError('no such card')) },
  }
  let workers = 0

  /** A real worker for these queues until they are empty; answers what it was given, as it stood there. */
  async function work(queues: string[], tasks: Readonly<Record<string, { perform: () => Promise<unknown> }>>) {
    workers += 1
    const worker = new Worker({ connection, queues, name: `host:${1000 + workers}`, timeout: 5 }, tasks)
    const given: string[] = []
    worker.on('job', (_queue: string, job: unknown) => given.push(JSON.stringify(job)))
    await worker.connect()
    const idle = new Promise<void>((resolve) => worker.on('pause', () => resolve()))
    await worker.start()
    await idle
    await worker.end()
    return given
  }

  return {
    name: 'node-resque 9.7.1',
    adapter,
    reading: new ResqueAdapter(stage.readingClient),
    discover: stage.discover,
    async scene(): Promise<AdapterScene> {
      await close()
      await stage.admin.flushall()
      const queue = new Queue({ connection }, jobs)
      await queue.connect()
      opened.push(queue)

      for (let order = 0; order < 7; order += 1) await queue.enqueue('orders', 'charge', [{ order }])
      await work(['orders'], jobs)
      for (const n of [1, 2, 3, 2, 2, 4, 5]) await queue.enqueue('mail', 'welcome', [{ n, text: 'äöü' }])
      await queue.enqueue('re:ports', 'welcome', [])
      const inAnHour = Date.now() + 3_600_000
      for (const n of [1, 2, 3, 4]) await queue.enqueueAt(inAnHour + (n % 2) * 60_000, 'mail', 'welcome', [n])

      const samples: SampleMessage[] = []
      const bodies = {
        ready: { queue: address('mail'), body: '{"class":"welcome","queue":"mail","args":[{"n":1,"text":"äöü"}]}' },
        delayed: { queue: address(delayedSchedule), body: '{"class":"welcome","queue":"mail","args":[2]}' },
        dead: { queue: address(failedList), body: '{"class":"charge","queue":"orders","args":[{"order":6}]}' },
      }
      for (const state of ['ready', 'delayed', 'dead'] as const) {
        const { queue: of, body } = bodies[state]
        const [row] = (await adapter.browse(of, { state, cursor: null, limit: 10 })).items
        const error = { message: 'CardError: no such card', stack: 'conformance' }
        const name = state === 'dead' ? 'charge' : 'welcome'
        samples.push({ queue: of, state, id: row!.id, body, name, ...(state === 'dead' ? { error } : {}) })
      }

      return {
        samples,
        mended: address(failedList),
        writes: stage.writes,
        async truth() {
          const delayed = Object.values(await queue.allDelayed()).flat().length
          return [
            ...(await Promise.all(
              (
                await queue.queues()
              ).map(async (name) => ({
                queue: address(name),
                counts: { ready: await queue.length(name), leased: 0, delayed: 0, dead: 0 },
              })),
            )),
            { queue: address(failedList), counts: { dead: await queue.failedCount(), ready: 0 } },
            { queue: address(delayedSchedule), counts: { delayed, ready: 0 } },
          ]
        },
        work: ({ name }) =>
          work([name === failedList ? 'orders' : name], {
            ...jobs,
            charge: { perform: () => Promise.resolve('paid') },
          }),
        edited: (body) => body.replace(/"order":(\d+)/, '"order":"$1 again"'),
        outgoing: { queue: address('orders'), name: null, body: '{"class":"charge","queue":"orders","args":[7]}' },
        async spoil() {
          await stage.admin.del('resque:queue:mail')
          await stage.admin.set('resque:queue:mail', 'something else')
        },
        async vanish() {
          await queue.delQueue('mail')
        },
      }
    },
    async stop() {
      await close()
      await stage.stop()
    },
  }
})
