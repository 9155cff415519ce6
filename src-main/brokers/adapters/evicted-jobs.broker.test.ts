import type { QueueAddress } from '@shared/model/queue'
import Bull from 'bull'
import { Queue as Queue6, Worker as Worker6 } from 'bullmq'
import { Queue as Queue5, Worker as Worker5 } from 'bullmq5'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RedisStage, startRedisStage } from '../testing/redis-stage'
import { BullAdapter } from './bull/adapter'
import { BullmqAdapter } from './bullmq/adapter'

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

/** Two jobs that failed, ids 1 and 2, and one that waits for a minute, id 3, by the real library. */
const libraries = [
  ['BullMQ 6', 'bullmq', () => byBullmq(Queue6, Worker6)],
  ['BullMQ 5', 'bullmq', () => byBullmq(Queue5 as unknown as typeof Queue6, Worker5 as unknown as typeof Worker6)],
  ['Bull 4', 'bull', byBull],
] as const

async function byBullmq(Queue: typeof Queue6, Worker: typeof Worker6): Promise<void> {
  const connection = { port: stage.server.port }
  const queue = new Queue('mail', { connection })
  await queue.addBulk([1, 2].map((n) => ({ name: 'send', data: { n } })))
  await queue.add('send', { n: 3 }, { delay: 60_000 })
  const worker = new Worker('mail', undefined, { connection, autorun: false })
  for (let n = 0; n < 2; n += 1)
    await (await worker.getNextJob('me', { block: false }))?.moveToFailed(new Error('no'), 'me', false)
  await Promise.all([queue.close(), worker.close()])
}

async function byBull(): Promise<void> {
  const queue = new Bull('mail', { redis: { port: stage.server.port } })
  await queue.add({ n: 1 })
  await queue.add({ n: 2 })
  await queue.add({ n: 3 }, { delay: 60_000 })
  for (let n = 0; n < 2; n += 1) await (await queue.getNextJob())?.moveToFailed({ message: 'no' }, true)
  await queue.close(true)
}

describe.each(libraries)('a job of %s whose hash was evicted while its id remains', (_, layout, produce) => {
  const mail: QueueAddress = { layout, prefix: 'bull', name: 'mail' }
  const adapterOf = () => (layout === 'bull' ? new BullAdapter(stage.client) : new BullmqAdapter(stage.client))

  it('is listed and opened as that, and says what is left to do', async () => {
    await produce()
    await stage.admin.del('bull:mail:1', 'bull:mail:3')
    const adapter = adapterOf()
    const { items } = await adapter.browse(mail, { state: 'dead', cursor: null, limit: 10 })
    const words = 'only its id is left: its hash was evicted or deleted'
    expect(items.find(({ id }) => id === '1')).toMatchObject({ preview: `(${words})`, error: words, attempts: null })
    expect(items.find(({ id }) => id === '2')).toMatchObject({ preview: '{"n":2}', error: 'no' })
    const delayed = await adapter.browse(mail, { state: 'delayed', cursor: null, limit: 10 })
    expect(delayed.items).toMatchObject([{ id: '3', preview: `(${words})`, bytes: null }])
    const detail = await adapter.inspect(mail, '1')
    expect(detail.summary.state).toBe('dead')
    expect(detail.body).toMatchObject({
      kind: 'missing',
      reason: expect.stringMatching(/evicted or deleted.*discarding it takes the id out.*noeviction/),
    })
    expect((await adapter.read([mail]))[0]).toMatchObject({ dead: 2, delayed: 1, trouble: null })
  })

  it('cannot be retried, can be discarded and put back, and leaves the others as they are', async () => {
    await produce()
    await stage.admin.del('bull:mail:1', 'bull:mail:3')
    const adapter = adapterOf()
    expect(await adapter.replay(mail, ['1'])).toMatchObject([
      { outcome: 'failed', reason: expect.stringContaining('evicted or deleted; discard it') },
    ])
    const before = await stage.admin.zrange('bull:mail:failed', 0, '-1', 'WITHSCORES')
    const kept = await adapter.snapshot(mail, 'dead', ['1'])
    expect(kept.map(({ id }) => id)).toEqual(['1'])
    expect(await adapter.remove(mail, 'dead', ['1'])).toMatchObject([{ outcome: 'applied' }])
    expect(await stage.admin.zrange('bull:mail:failed', 0, '-1')).toEqual(['2'])
    expect(await adapter.remove(mail, 'dead', ['1'])).toMatchObject([{ outcome: 'gone' }])
    expect(await adapter.remove(mail, 'delayed', ['3'])).toMatchObject([{ outcome: 'applied' }])
    expect(await adapter.restore(mail, kept)).toMatchObject([{ outcome: 'applied' }])
    expect(await stage.admin.zrange('bull:mail:failed', 0, '-1', 'WITHSCORES')).toEqual(before)
    expect(await stage.admin.exists('bull:mail:1')).toBe(0)
    expect(await stage.admin.hget('bull:mail:2', 'failedReason')).toBe('no')
  })
})
