import type { Worker } from '@shared/model/worker'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { loopback, redisClient } from '../../clients/redis'
import type { TestProgram } from '../../testing/line-program'
import { RqAdapter } from './adapter'
import { startWorker } from './testing/rq-program'
import { mail, type RqStage, startRqStage } from './testing/rq-stage'

let stage: RqStage
const running: TestProgram[] = []

beforeAll(async () => {
  stage = await startRqStage()
})
afterAll(() => stage.close())
beforeEach(async () => {
  await stage.admin.flushall()
})
afterEach(async () => {
  for (const program of running.splice(0)) await program.stop('SIGKILL')
})

const start = (...queues: readonly string[]): TestProgram => {
  const program = startWorker(stage.server.port, queues)
  running.push(program)
  return program
}

const workerThat = async (isSo: (worker: Worker) => boolean): Promise<Worker> =>
  await vi.waitUntil(
    async () => {
      const [worker] = (await stage.adapter.workers()).workers
      return worker && isSo(worker) ? worker : false
    },
    { timeout: 20_000, interval: 50 },
  )

describe('a real worker process', () => {
  it('is shown with its host, its queues and the job it holds, and is gone when it has ended', async () => {
    const { adapter, admin } = stage
    const id = await stage.submit(['hold'])
    const program = start('mail', 'other')
    const busy = await workerThat(({ state, holds }) => state === 'busy' && holds.length === 1)
    expect(busy).toMatchObject({
      pid: program.pid,
      queues: ['mail', 'other'],
      concurrency: 1,
      holds: [{ queue: 'mail', id, name: 'tasks.send' }],
      note: expect.stringContaining('RQ 1.13.0, Python 3'),
    })
    expect(Date.now() - busy.holds[0]!.since!).toBeLessThan(20_000)
    expect((await adapter.read([mail]))[0]).toMatchObject({ ready: 0, leased: 1 })
    expect(await adapter.remove(mail, 'leased', [id])).toMatchObject([{ outcome: 'failed' }])
    expect((await stage.discover(adapter)).map(({ product }) => product)).toEqual(['RQ 1.13.0'])
    // A warm shutdown: it ends when the job has ended.
    process.kill(program.pid, 'SIGTERM')
    expect((await workerThat(({ state }) => state === 'quiet')).note).toContain('ends after its job')
    await admin.set('release', '1')
    await vi.waitFor(async () => expect((await adapter.workers()).workers).toEqual([]), { timeout: 20_000 })
    expect(await adapter.states(mail, [id])).toEqual(['done'])
  })

  it('is quiet while all are suspended, and lost when it was killed and its hash has expired', async () => {
    const { admin, rq } = stage
    const program = start('mail')
    await workerThat(({ state }) => state === 'idle')
    await rq.ask(['suspension', true])
    // It looks between two jobs.
    await stage.submit(['x'])
    expect((await workerThat(({ state }) => state === 'quiet')).note).toContain('suspended')
    await program.stop('SIGKILL')
    // Seven minutes later.
    const [key] = await admin.smembers('rq:workers')
    await admin.pexpire(key!, 1)
    const lost = await workerThat(({ state }) => state === 'lost')
    expect(lost).toMatchObject({ host: null, queues: null, holds: [], holdsCount: null })
  })
})

it('a user who may not read workers is told so', async () => {
  const { admin, server, submit } = stage
  await submit([1])
  await admin.call('ACL', 'SETUSER', 'few', 'on', '>may', '+@all', 'resetkeys', '~rq:queue*', '~rq:job*')
  const client = redisClient({ ...loopback(server.port), username: 'few', password: 'may' })
  await client.connect()
  const report = await new RqAdapter(client).workers()
  const [row] = (await new RqAdapter(client).browse(mail, { state: 'ready', cursor: null, limit: 1 })).items
  client.disconnect()
  expect(report).toMatchObject({ workers: [], incomplete: expect.stringContaining('rq:workers') })
  expect(row).toMatchObject({ name: 'tasks.send' })
})
