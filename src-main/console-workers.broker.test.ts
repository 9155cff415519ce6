import { type QueueAddress, queueKey } from '@shared/model/queue'
import { FlowProducer as FlowProducer6, type Job as Job6, Queue as Queue6, Worker as Worker6 } from 'bullmq'
import { FlowProducer as FlowProducer5, Queue as Queue5, Worker as Worker5 } from 'bullmq5'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startWorker as startRqWorker } from './brokers/adapters/rq/testing/rq-program'
import { type RqStage, startRqStage } from './brokers/adapters/rq/testing/rq-stage'
import { startWorker as startSidekiq } from './brokers/adapters/sidekiq/testing/sidekiq-program'
import { type SidekiqStage, startSidekiqStage } from './brokers/adapters/sidekiq/testing/sidekiq-stage'
import type { TestProgram } from './brokers/testing/line-program'
import { type RedisStage, startRedisStage } from './brokers/testing/redis-stage'
import { allOf, type ConsoleHand, consoleHand, only } from './testing/console-hand'
import { type ConsoleRig, startConsoleRig } from './testing/console-rig'

/** Real workers fail jobs, a person repairs them in the console, and the same workers run them: each once, as it was. */

const patiently = { timeout: 20_000, interval: 50 }

let rig: ConsoleRig
let environmentId: string
let hand: ConsoleHand
const closing: (() => Promise<unknown>)[] = []

/** A console on this Redis, and what a person does in it. */
async function openOn(port: number): Promise<void> {
  rig = await startConsoleRig()
  closing.push(() => rig.close())
  environmentId = (await rig.connect(port)).id
  hand = consoleHand(rig, environmentId)
}

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const majors = [
  { major: 6, Queue: Queue6, Worker: Worker6, FlowProducer: FlowProducer6 },
  {
    major: 5,
    Queue: Queue5 as unknown as typeof Queue6,
    Worker: Worker5 as unknown as typeof Worker6,
    FlowProducer: FlowProducer5 as unknown as typeof FlowProducer6,
  },
] as const

describe.each(majors)('BullMQ $major', ({ Queue, Worker, FlowProducer }) => {
  const at = (name: string): QueueAddress => ({ layout: 'bullmq', prefix: 'bull', name })
  const charges = at('charges')
  let stage: RedisStage
  let queue: Queue6
  let isDeclined: boolean
  /** Ids, in the order in which the worker began them. */
  let begun: string[]

  beforeEach(async () => {
    stage = await startRedisStage()
    closing.push(() => stage.stop())
    isDeclined = true
    begun = []
    queue = new Queue(charges.name, connection())
    closing.push(() => queue.close())
    await queue.waitUntilReady()
    await openOn(stage.server.port)
  })

  const connection = () => ({ connection: { port: stage.server.port } })

  function employ(name: string): Worker6 {
    const run = async (job: Job6) => {
      begun.push(job.id!)
      if (isDeclined) throw new Error('card was declined')
      return job.data
    }
    const worker = new Worker(name, run, connection())
    closing.push(() => worker.close())
    return worker
  }

  /** Until this many of the queue's jobs have failed for good; then its worker goes home. */
  async function failed(count: number): Promise<void> {
    const worker = employ(charges.name)
    await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(count), patiently)
    await worker.close()
    begun = []
    isDeclined = false
  }

  const hashOf = (id: string) => stage.admin.hgetall(`bull:charges:${id}`)
  /** What a retry, BullMQ's own too, begins anew. */
  const kept = ({ failedReason: _1, finishedOn: _2, processedOn: _3, ...hash }: Record<string, string>) => hash

  it('runs what was retried once, by priority, with ids, options and attempts as they were', async () => {
    const backoff = { type: 'exponential', delay: 5 }
    const priorities = [9, 2, 5]
    for (const priority of priorities)
      await queue.add('charge', { n: priority }, { jobId: `p-${priority}`, priority, attempts: 2, backoff })
    await queue.add('charge', { n: '9007199254740993' }, { attempts: 3, backoff: { type: 'fixed', delay: 1 } })
    await failed(4)
    const plainId = (await queue.getFailed()).map(({ id }) => id!).find((id) => !id.startsWith('p-'))!
    const ids = ['p-2', 'p-5', 'p-9', plainId]
    const before = await Promise.all(ids.map(hashOf))
    expect(before.map(({ atm }) => atm)).toEqual(['2', '2', '2', '3'])

    const { plan, run } = await hand.replay(charges, allOf('dead'))
    expect(plan).toMatchObject({ count: 4, refusal: null })
    expect(run).toMatchObject({ phase: 'finished', archived: 4, done: 4, skipped: 0, failed: 0 })
    expect((await Promise.all(ids.map(hashOf))).map(kept)).toEqual(before.map(kept))
    expect(await queue.getJobCounts('failed', 'wait', 'prioritized')).toEqual({ failed: 0, wait: 1, prioritized: 3 })

    const worker = employ(charges.name)
    await vi.waitFor(async () => expect(await queue.getCompletedCount()).toBe(4), patiently)
    await worker.close()
    expect(begun).toEqual([plainId, 'p-2', 'p-5', 'p-9'])
    const after = await Promise.all(ids.map(hashOf))
    for (const [index, hash] of after.entries()) {
      const { data, opts, name, timestamp, priority, stacktrace } = before[index]!
      expect(hash).toMatchObject({ data, opts, name, timestamp, priority, stacktrace })
    }
    expect(await hand.followed(run.id)).toMatchObject({ succeeded: 4, diedAgain: 0, waiting: 0 })
  })

  it('lets the parent of a retried child run, once, after it', async () => {
    const flow = new FlowProducer(connection())
    closing.push(() => flow.close())
    const orders = new Queue('orders', connection())
    closing.push(() => orders.close())
    await flow.add({
      name: 'order',
      queueName: 'orders',
      opts: { jobId: 'parent' },
      children: [{ name: 'charge', queueName: charges.name, data: { n: 1 }, opts: { jobId: 'child' } }],
    })
    await failed(1)
    const before = await hashOf('child')
    const parents = employ('orders')
    const { run } = await hand.replay(charges, only('dead', 'child'))
    expect(run).toMatchObject({ done: 1 })
    const after = await hashOf('child')
    expect(after.parentKey).toBe('bull:orders:parent')
    expect(kept(after)).toEqual(kept(before))
    expect(await stage.admin.smembers('bull:orders:parent:dependencies')).toEqual(['bull:charges:child'])
    const worker = employ(charges.name)
    await vi.waitFor(async () => expect(await orders.getCompletedCount()).toBe(1), patiently)
    await Promise.all([worker.close(), parents.close()])
    expect(begun).toEqual(['child', 'parent'])
    expect(await stage.admin.hgetall('bull:orders:parent:processed')).toEqual({ 'bull:charges:child': '{"n":1}' })
  })

  it('runs an edited job once, with the edited bytes and everything else as it was', async () => {
    await queue.add('charge', { amount: 1 }, { jobId: 'c-1', priority: 3, attempts: 1 })
    await failed(1)
    const before = await hashOf('c-1')
    const { plan, run } = await hand.editAndReplay(charges, 'c-1', () => '{"amount": 9007199254740993}')
    expect(plan.samples).toMatchObject([{ before: '{"amount":1}', after: '{"amount": 9007199254740993}' }])
    expect(run).toMatchObject({ phase: 'finished', done: 1 })
    expect(kept(await hashOf('c-1'))).toEqual({ ...kept(before), data: '{"amount": 9007199254740993}' })
    const worker = employ(charges.name)
    await vi.waitFor(async () => expect(await queue.getCompletedCount()).toBe(1), patiently)
    await worker.close()
    expect(begun).toEqual(['c-1'])
  })

  it('takes back what was retried and still waits, byte for byte', async () => {
    await queue.add('charge', { n: 1 }, { jobId: 'c-1', priority: 3 })
    await queue.add('charge', { n: 2 }, { jobId: 'c-2' })
    await failed(2)
    const dump = async () => [
      await hashOf('c-1'),
      await hashOf('c-2'),
      await stage.admin.zrange('bull:charges:failed', 0, '-1', 'WITHSCORES'),
    ]
    const before = await dump()
    const { run } = await hand.replay(charges, allOf('dead'))
    const undone = await hand.undo(charges, run.id)
    expect(undone.run).toMatchObject({ phase: 'finished', done: 2 })
    expect(await dump()).toEqual(before)
    expect(await queue.getJobCounts('failed', 'wait', 'prioritized')).toEqual({ failed: 2, wait: 0, prioritized: 0 })
  })
})

describe('Sidekiq', () => {
  const at = (name: string): QueueAddress => ({ layout: 'sidekiq', prefix: '', name })
  const deadSet = at('dead set')
  let stage: SidekiqStage
  let worker: TestProgram

  beforeEach(async () => {
    stage = await startSidekiqStage()
    closing.push(() => stage.close())
    worker = startSidekiq(stage.server.port, ['payments'])
    closing.push(() => worker.stop())
    await stage.admin.set('test:declined', '1')
    await openOn(stage.server.port)
  })

  const inSet = async (set: string): Promise<readonly Record<string, unknown>[]> =>
    (await stage.admin.zrange(set, 0, '-1')).map((text) => JSON.parse(text))

  /** Jobs that the running process tried and buried. */
  async function died(count: number): Promise<readonly string[]> {
    const jobs = Array.from({ length: count }, (_, n) => ({ queue: 'payments', args: [n, { id: 'a' }], retry: 0 }))
    const jids = await stage.sidekiq.push(jobs)
    await vi.waitFor(async () => expect(await stage.admin.zcard('dead')).toBe(count), patiently)
    await stage.admin.del('test:declined', 'test:given')
    return jids
  }

  const given = async (): Promise<readonly { readonly jid: string; readonly args: string }[]> =>
    (await stage.admin.lrange('test:given', 0, -1)).map((text) => JSON.parse(text))

  /** All that waited was worked on, and the process has nothing in its hands. */
  async function worked(count: number): Promise<void> {
    await vi.waitFor(async () => expect(await stage.admin.llen('test:given')).toBe(count), patiently)
    await worker.stop()
    expect(await stage.admin.llen('queue:payments')).toBe(0)
  }

  it('runs what was retried once, with its jid, class, arguments and one retry_count less', async () => {
    const jids = await died(3)
    const before = await inSet('dead')
    // Nobody takes them while they are compared: the process was told to stop taking.
    await worker.stop()
    const { run } = await hand.replay(deadSet, allOf('dead'))
    expect(run).toMatchObject({ phase: 'finished', title: 'Retry 3 jobs of dead set', archived: 3, done: 3 })
    const waiting = (await stage.admin.lrange('queue:payments', 0, -1)).map((text) => JSON.parse(text))
    for (const job of before) {
      const { enqueued_at: _then, ...same } = job
      const now = waiting.find(({ jid }) => jid === job.jid)
      expect(now).toMatchObject({ ...same, retry_count: (job.retry_count as number) - 1 })
    }
    worker = startSidekiq(stage.server.port, ['payments'])
    await worked(3)
    expect((await given()).map(({ jid }) => jid).sort()).toEqual([...jids].sort())
    expect((await stage.sidekiq.counts()).sets).toEqual({ dead: 0, retry: 0, schedule: 0 })
  })

  it('runs an edited job once, with the edited arguments and every other byte as it was', async () => {
    const [jid] = await died(1)
    const [before] = await stage.admin.zrange('dead', 0, '-1')
    const { run } = await hand.editAndReplay(deadSet, jid!, (body) => body.replace('"a"', '9007199254740993'))
    expect(run).toMatchObject({ phase: 'finished', done: 1 })
    await worked(1)
    expect(before).toContain('"args":[0,{"id":"a"}]')
    expect(await given()).toEqual([{ jid, args: '[0,{"id":9007199254740993}]' }])
  })

  it('retries at once what waits for its next try, and what was scheduled', async () => {
    const [retried] = await stage.sidekiq.push([{ queue: 'payments', args: ['again'] }])
    await vi.waitFor(async () => expect(await stage.admin.zcard('retry')).toBe(1), patiently)
    await stage.admin.del('test:declined', 'test:given')
    const [scheduled] = await stage.sidekiq.push([{ queue: 'payments', args: ['later'], at: 4_102_444_800 }])
    expect((await hand.replay(at('retry set'), allOf('delayed'))).run).toMatchObject({
      title: 'Retry 1 job of retry set now',
      done: 1,
    })
    expect((await hand.replay(at('scheduled set'), only('delayed', scheduled!))).run).toMatchObject({
      title: 'Add 1 job of scheduled set to queue',
      done: 1,
    })
    await worked(2)
    expect((await given()).map(({ jid }) => jid)).toEqual([retried, scheduled])
  })

  it('puts what was retried at once back into its set, with its time, while nobody has taken it', async () => {
    await stage.sidekiq.push([{ queue: 'payments', args: ['again'] }])
    await vi.waitFor(async () => expect(await stage.admin.zcard('retry')).toBe(1), patiently)
    await worker.stop()
    const before = await stage.admin.zrange('retry', 0, '-1', 'WITHSCORES')
    const { run } = await hand.replay(at('retry set'), allOf('delayed'))
    expect(await stage.admin.zcard('retry')).toBe(0)
    expect((await hand.undo(at('retry set'), run.id)).run).toMatchObject({ phase: 'finished', done: 1 })
    expect(await stage.admin.zrange('retry', 0, '-1', 'WITHSCORES')).toEqual(before)
  })

  it('takes back what was retried and still waits, byte for byte', async () => {
    await died(2)
    await worker.stop()
    const before = await stage.admin.zrange('dead', 0, '-1', 'WITHSCORES')
    const { run } = await hand.replay(deadSet, allOf('dead'))
    expect((await hand.undo(deadSet, run.id)).run).toMatchObject({ phase: 'finished', done: 2 })
    expect(await stage.admin.zrange('dead', 0, '-1', 'WITHSCORES')).toEqual(before)
    expect(await stage.admin.llen('queue:payments')).toBe(0)
  })
})

describe('RQ', () => {
  const mail: QueueAddress = { layout: 'rq', prefix: 'rq', name: 'mail' }
  let stage: RqStage

  beforeEach(async () => {
    stage = await startRqStage()
    closing.push(() => stage.close())
    await openOn(stage.server.port)
  })

  interface Told {
    readonly status: string
    readonly args: readonly unknown[]
    readonly dependents: readonly string[]
    readonly meta: Readonly<Record<string, unknown>>
  }
  const told = (id: string) => stage.rq.ask<Told>(['told', id])
  const hashOf = (id: string) => stage.admin.hgetallBuffer(`rq:job:${id}`)
  const worked = () => stage.admin.lrange('worked', 0, -1)

  /** The command as operators run it, a fork for each job, until nothing is queued any more. */
  async function burst(): Promise<void> {
    const worker = startRqWorker(stage.server.port, ['mail'], ['--burst'])
    closing.push(() => worker.stop())
    await vi.waitFor(async () => {
      expect(await stage.admin.llen('rq:queue:mail')).toBe(0)
      expect(await stage.admin.smembers('rq:workers')).toEqual([])
    }, patiently)
    await worker.stop()
  }

  async function failed(...jobs: readonly (readonly [unknown[], Record<string, unknown>])[]): Promise<string[]> {
    const ids: string[] = []
    for (const [args, options] of jobs) ids.push(await stage.submit(['fail', ...args], options))
    await vi.waitFor(async () => {
      await burst()
      expect(await stage.admin.zcard('rq:failed:mail')).toBe(jobs.length)
    }, patiently)
    await stage.admin.del('worked')
    await stage.admin.set('healed', '1')
    return ids
  }

  it('runs what was requeued once, with its id, call, meta and used-up retries, and then what waits for it', async () => {
    const [first, second] = await failed([[1], { meta: { tenant: 'a' } }], [[2], { retry: 1 }])
    const third = await stage.submit(['third'], { depends_on: first })
    const before = await Promise.all([first!, second!].map(hashOf))
    const { run } = await hand.replay(mail, allOf('dead'))
    expect(run).toMatchObject({ phase: 'finished', title: 'Requeue 2 jobs of mail', archived: 2, done: 2 })
    for (const [index, id] of [first!, second!].entries()) {
      const after = await hashOf(id)
      for (const name of ['data', 'meta', 'created_at', 'origin', 'description', 'timeout', 'retries_left'])
        expect(after[name], name).toEqual(before[index]![name])
    }
    expect(await told(first!)).toMatchObject({ status: 'queued', dependents: [third], meta: { tenant: 'a' } })
    await burst()
    expect((await worked()).sort()).toEqual(['["fail", 1]', '["fail", 2]', '["third"]'])
    expect(await Promise.all([first!, second!, third].map(told))).toMatchObject([
      { status: 'finished', args: ['fail', 1], meta: { tenant: 'a' } },
      { status: 'finished', args: ['fail', 2] },
      { status: 'finished', args: ['third'] },
    ])
    expect(await hand.followed(run.id)).toMatchObject({ succeeded: 2, diedAgain: 0 })
  })

  it('offers no edit of a pickle, and says why', async () => {
    const [id] = await failed([[1], {}])
    const detail = await rig.client.messages.inspect({ environmentId, queue: queueKey(mail), id: id! })
    if (detail.body.kind !== 'whole') throw new Error('the body was withheld')
    const plan = await rig.client.plans.prepare({
      environmentId,
      queue: queueKey(mail),
      selection: only('dead', id!),
      action: { kind: 'edit', base64: '', expectedDigest: detail.body.digest, thenReplay: true },
    })
    expect(plan.refusal).toContain('pickled Python object')
  })

  it('takes back what was requeued and still waits, byte for byte', async () => {
    const [id] = await failed([[1], {}])
    const before = [await hashOf(id!), await stage.admin.zscore('rq:failed:mail', id!)]
    const { run } = await hand.replay(mail, allOf('dead'))
    expect((await hand.undo(mail, run.id)).run).toMatchObject({ phase: 'finished', done: 1 })
    expect([await hashOf(id!), await stage.admin.zscore('rq:failed:mail', id!)]).toEqual(before)
    expect(await stage.admin.llen('rq:queue:mail')).toBe(0)
  })
})
