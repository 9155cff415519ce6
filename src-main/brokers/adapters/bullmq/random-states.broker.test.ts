import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import { FlowProducer as FlowProducer6, type Job, Queue as Queue6, Worker as Worker6 } from 'bullmq'
import { FlowProducer as FlowProducer5, Queue as Queue5, Worker as Worker5 } from 'bullmq5'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RedisStage, startRedisStage } from '../../testing/redis-stage'
import { randomOf } from '../../testing/torture'
import { BullmqAdapter } from './adapter'
import { boardHandler } from './testing/bull-board'

const majors = [
  { major: 6, Queue: Queue6, Worker: Worker6, FlowProducer: FlowProducer6 },
  {
    major: 5,
    Queue: Queue5 as unknown as typeof Queue6,
    Worker: Worker5 as unknown as typeof Worker6,
    FlowProducer: FlowProducer5 as unknown as typeof FlowProducer6,
  },
] as const

let stage: RedisStage
const closing: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  stage = await startRedisStage()
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await stage.admin.flushall()
})
afterAll(() => stage.stop())

const at = (name: string): QueueAddress => ({ layout: 'bullmq', prefix: 'bull', name })
const token = 'a-worker'

describe.each(majors)('BullMQ $major', ({ Queue, Worker, FlowProducer }) => {
  it('and bull-board count 100 random states as they are counted here', async () => {
    const connection = { port: stage.server.port }
    const names = ['orders', 'mail'] as const
    const queues = names.map((name) => new Queue(name, { connection }))
    // They take a job when they are told to, and hold it for as long as it pleases the dice.
    const workers = names.map((name) => new Worker(name, undefined, { connection, autorun: false }))
    const flow = new FlowProducer({ connection })
    closing.push(() => Promise.all([...queues, ...workers, flow].map((each) => each.close())))
    await Promise.all(queues.map((queue) => queue.waitUntilReady()))
    const board = boardHandler(queues)
    // With scripts, and by the plain commands that are left to a user who may only read.
    const adapters = [new BullmqAdapter(stage.client), new BullmqAdapter(stage.readingClient)]
    const below = randomOf(20_261_124)
    const held: Record<string, Job[]> = { orders: [], mail: [] }
    const seen = new Set<string>()

    async function act(index: number, step: number): Promise<void> {
      const queue = queues[index]!
      const holding = held[queue.name]!
      const random = async (state: 'failed' | 'delayed' | 'waiting' | 'prioritized' | 'completed') => {
        const jobs = await queue.getJobs([state], 0, 20)
        return jobs.length === 0 ? undefined : jobs[below(jobs.length)]
      }
      switch (below(17)) {
        case 0:
        case 1:
          await queue.addBulk(Array.from({ length: below(4) + 1 }, (_, n) => ({ name: 'job', data: { step, n } })))
          break
        case 2:
          await queue.add('urgent', { step }, { priority: below(5) + 1 })
          break
        case 3:
          await queue.add('later', { step }, { delay: 600_000 + below(1_000) })
          break
        case 4:
          await queue.add('first', { step }, { lifo: true, attempts: 2, backoff: { type: 'fixed', delay: 600_000 } })
          break
        case 5:
        case 6:
        case 7: {
          const job = await workers[index]!.getNextJob(token, { block: false })
          if (job) holding.push(job)
          break
        }
        case 8:
          await holding.pop()?.moveToCompleted('done', token, false)
          break
        case 9:
        case 10:
          await holding.pop()?.moveToFailed(new Error('no'), token, false)
          break
        case 11:
          if (await queue.isPaused()) await queue.resume()
          else await queue.pause()
          break
        case 12:
          await flow.add({
            name: 'parent',
            queueName: queue.name,
            children: [{ name: 'child', queueName: names[1 - index]!, data: { step } }],
          })
          break
        case 13:
          await (await random('failed'))?.retry()
          break
        case 14:
          await (await random('delayed'))?.promote()
          break
        case 15:
          await (await random(below(2) ? 'waiting' : 'completed'))?.remove()
          break
        case 16:
          // No worker takes a job for as long as that lasts.
          if (below(2)) await queue.rateLimit(600_000)
          else await queue.removeRateLimitKey()
          break
      }
    }

    for (let step = 0; step < 100; step += 1) {
      for (let acts = below(3) + 1; acts > 0; acts -= 1) await act(below(2), step)
      const [listed, counts] = await Promise.all([
        board(false),
        Promise.all(queues.map((queue) => queue.getJobCounts())),
      ])
      for (const adapter of adapters) {
        const readings = await adapter.read(names.map(at))
        for (const [index, name] of names.entries()) {
          const theirs = counts[index]!
          const { ready, leased, delayed, dead, done, paused, trouble } = readings[index]!
          const where = `step ${step}, ${name}`
          expect({ ready, leased, delayed, dead, done, trouble }, where).toEqual({
            ready: (theirs.waiting ?? 0) + (theirs.paused ?? 0) + (theirs.prioritized ?? 0),
            leased: theirs.active,
            delayed: theirs.delayed,
            dead: theirs.failed,
            done: theirs.completed,
            trouble: null,
          })
          const onBoard = listed.find((each) => each.name === name)!
          expect(onBoard.counts, where).toMatchObject({ active: leased, delayed, failed: dead, completed: done })
          expect(onBoard.isPaused, where).toBe(paused)
          for (const [state, count] of Object.entries(theirs)) if (count > 0) seen.add(state)
          if (paused) seen.add('is paused')
        }
      }
      const [asked] = adapters
      for (const [index, name] of names.entries()) {
        const flows = (await asked!.details(at(name))).find(({ title }) => title === 'Flows')!
        expect(flows.facts[0]!.value, `step ${step}, ${name}`).toBe(String(counts[index]!['waiting-children']))
        if ((await stage.admin.exists(`bull:${name}:limiter`)) === 1) seen.add('rate-limited')
      }
      if (step % 20 === 19) await listedAll(asked!, step)
    }
    const states = ['waiting', 'prioritized', 'active', 'delayed', 'failed', 'completed', 'waiting-children']
    expect([...seen]).toEqual(expect.arrayContaining([...states, 'is paused', 'rate-limited']))

    /** The lists hold the same jobs that BullMQ lists. */
    async function listedAll(adapter: BullmqAdapter, step: number): Promise<void> {
      const types = {
        ready: ['waiting', 'paused', 'prioritized'],
        leased: ['active'],
        delayed: ['delayed'],
        dead: ['failed'],
        done: ['completed'],
      } as const satisfies Record<MessageState, readonly string[]>
      for (const queue of queues) {
        for (const [state, kinds] of Object.entries(types)) {
          const page = await adapter.browse(at(queue.name), { state: state as MessageState, cursor: null, limit: 200 })
          const jobs = await queue.getJobs([...kinds] as Parameters<typeof queue.getJobs>[0], 0, 500)
          const theirs = jobs.map(({ id }) => id!)
          expect(page.items.map(({ id }) => id).sort(), `step ${step}, ${queue.name}, ${state}`).toEqual(theirs.sort())
        }
      }
    }
  }, 120_000)
})
