import type { Worker } from '@shared/model/worker'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { manualClock } from '../../../runtime/manual-clock'
import { loopback, redisClient } from '../../clients/redis'
import type { TestProgram } from '../../testing/line-program'
import { SidekiqAdapter } from './adapter'
import { heldOf } from './processes'
import { startWorker } from './testing/sidekiq-program'
import { at } from './testing/sidekiq-scene'
import { type SidekiqStage, startSidekiqStage } from './testing/sidekiq-stage'

let stage: SidekiqStage
const running: TestProgram[] = []

beforeAll(async () => {
  stage = await startSidekiqStage()
})
afterAll(() => stage.close())
beforeEach(async () => {
  await stage.admin.flushall()
})
afterEach(async () => {
  for (const program of running.splice(0)) await program.stop('SIGKILL')
})

const start = (queues: readonly string[]): TestProgram => {
  const program = startWorker(stage.server.port, queues)
  running.push(program)
  return program
}

/** The one worker, once it is so; a heartbeat comes every 5 s. */
const workerThat = async (isSo: (worker: Worker) => boolean): Promise<Worker> =>
  await vi.waitUntil(
    async () => {
      const [worker] = (await stage.adapter.workers()).workers
      return worker && isSo(worker) ? worker : false
    },
    { timeout: 20_000, interval: 50 },
  )

describe('a real worker process', () => {
  it('is shown with its host, its queues and what it holds; quiet when it is told to be, and gone when it has ended', async () => {
    const { sidekiq, admin, adapter } = stage
    const [jid] = await sidekiq.push([{ queue: 'slow', args: [1], class: 'Hold' }])
    const program = start(['slow', 'payments'])
    const busy = await workerThat(({ state }) => state === 'busy')
    expect(busy).toMatchObject({
      pid: program.pid,
      queues: ['slow', 'payments'],
      concurrency: 2,
      holdsCount: 1,
      note: expect.stringContaining('tag shop'),
    })
    expect(busy.holds).toMatchObject([{ queue: 'slow', id: jid, name: 'Hold' }])
    const [seconds] = (await admin.time()).map(Number)
    expect(seconds! * 1_000 - busy.heartbeatAt!).toBeLessThan(10_000)
    expect(seconds! * 1_000 - busy.startedAt!).toBeLessThan(30_000)
    expect((await adapter.read([at('slow')]))[0]).toMatchObject({ leased: 1, ready: 0 })
    expect((await adapter.browse(at('slow'), { state: 'leased', cursor: null, limit: 10 })).items).toMatchObject([
      { id: jid, state: 'leased', name: 'Hold' },
    ])
    expect(await adapter.states(at('slow'), [jid!])).toEqual(['leased'])
    expect(await adapter.remove(at('slow'), 'leased', [jid!])).toMatchObject([{ outcome: 'failed' }])

    process.kill(program.pid, 'SIGTSTP')
    expect((await workerThat(({ state }) => state === 'quiet')).holdsCount).toBe(1)
    await admin.set('test:release', '1')
    await program.stop()
    await vi.waitFor(async () => expect((await adapter.workers()).workers).toEqual([]))
  })

  it('is lost when it was killed: its name stays, its heartbeat expires', async () => {
    const { admin } = stage
    const program = start(['slow'])
    const { id } = await workerThat(({ state }) => state === 'idle')
    await program.stop('SIGKILL')
    // A minute later.
    await admin.pexpire(id, 1)
    const lost = await workerThat(({ state }) => state === 'lost')
    expect(lost).toMatchObject({ id, pid: program.pid, queues: null, holds: [], heartbeatAt: null })
    expect(lost.note).toContain('No heartbeat')
  })
})

describe('what workers hold', () => {
  it('is asked for at most once in a heartbeat', async () => {
    const { sidekiq, client, admin } = stage
    const clock = manualClock()
    const adapter = new SidekiqAdapter(client, { clock })
    await sidekiq.push([1, 2, 3].map((n) => ({ queue: 'slow', args: [n], class: 'Hold' })))
    const leased = async () => (await adapter.read([at('slow')]))[0]?.leased
    expect(await leased()).toBe(0)
    await sidekiq.hold()
    await sidekiq.beat()
    expect(await leased()).toBe(0)
    await clock.advance(5_000)
    expect(await leased()).toBe(2)
    await admin.set('test:release', '1')
  })

  it('is read in the form of every version (5 and older from their published format)', () => {
    const job = '{"class":"A","args":[9007199254740993],"jid":"j"}'
    const newer = heldOf(Buffer.from(JSON.stringify({ queue: 'q', payload: job, run_at: 1_700_000_000 })))
    const older = heldOf(Buffer.from(`{"queue":"q","payload":${job},"run_at":1700000000}`))
    for (const held of [newer, older]) {
      expect(held?.job.bytes.toString()).toBe(job)
      expect(held).toMatchObject({ queue: 'q', since: 1_700_000_000_000 })
    }
    expect(heldOf(Buffer.from('no json'))).toBeNull()
  })

  it('is unknown, not none, where a job is too large to be looked at', async () => {
    const { sidekiq, admin, client } = stage
    await sidekiq.push([{ queue: 'slow', args: [1], class: 'Hold' }])
    await sidekiq.beat()
    const [identity] = await admin.smembers('processes')
    await admin.hset(`${identity}:workers`, 'x1', `{"queue":"slow","payload":"${'x'.repeat(70_000)}","run_at":1}`)
    expect((await new SidekiqAdapter(client).read([at('slow')]))[0]).toMatchObject({ leased: null, ready: 1 })
    const [worker] = (await new SidekiqAdapter(client).workers()).workers
    expect(worker!.holdsCount! - worker!.holds.length).toBe(1)
  })

  it('is unknown, and the report incomplete in words, for a user who may read queues alone', async () => {
    const { sidekiq, admin, server } = stage
    await sidekiq.push([{ queue: 'slow', args: [1], class: 'Hold' }])
    await sidekiq.beat()
    const ask = async (username: string, ...keys: readonly string[]) => {
      await admin.call('ACL', 'SETUSER', username, 'on', '>may', '+@all', 'resetkeys', ...keys)
      const client = redisClient({ ...loopback(server.port), username, password: 'may' })
      await client.connect()
      const adapter = new SidekiqAdapter(client)
      const told = { reading: (await adapter.read([at('slow')]))[0], report: await adapter.workers() }
      client.disconnect()
      return told
    }
    const few = await ask('few', '~queue*')
    expect(few.reading).toMatchObject({ ready: 1, leased: null, paused: null, trouble: null })
    expect(few.report).toMatchObject({ workers: [], incomplete: expect.stringContaining('processes') })
    const some = await ask('some', '~queue*', '~processes')
    expect(some.reading).toMatchObject({ ready: 1, leased: null })
    expect(some.report.workers).toMatchObject([{ state: 'unknown', holdsCount: null }])
    expect(some.report.incomplete).toContain('may not run')
  })
})
