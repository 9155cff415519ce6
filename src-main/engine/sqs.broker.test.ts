import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type SqsSimulator, startSqsSimulator } from '../sandbox/sqs/simulator'
import { Engine } from './engine'

let sqs: SqsSimulator
let engine: Engine

beforeAll(async () => {
  sqs = await startSqsSimulator()
  engine = await Engine.open({
    sqs: {
      endpoint: sqs.endpoint,
      region: sqs.region,
      credentials: { kind: 'keys', accessKeyId: 'test', secretAccessKey: 'test' },
    },
    createQueues: true,
    lookSeconds: 0,
  })
})

afterAll(async () => {
  await engine.close(100)
  await sqs.stop()
})

const until = (check: () => Promise<void> | void) => vi.waitFor(check, { timeout: 10_000, interval: 20 })

describe('an engine on SQS', () => {
  it('is worked by the same calls', async () => {
    const queue = engine.queue<number>('sums', { maxAttempts: 2, retryDelaysMs: [0] })
    const seen: number[] = []
    const worker = engine.worker(queue, ({ data, attempt }) => {
      if (data === 3) throw new TypeError(`attempt ${attempt}`)
      seen.push(data)
    })
    const outcomes = await queue.enqueueBatch([1, 2, 3, undefined as never])
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['added', 'added', 'added', 'failed'])
    await queue.enqueue(4)
    await until(async () => expect((await queue.stats()).dead).toBe(1))
    await until(() => expect(seen.sort()).toEqual([1, 2, 4]))
    await worker.stop()
    const { items } = await queue.dead.browse()
    expect(items).toMatchObject([{ state: 'dead', error: { name: 'TypeError', message: 'attempt 2' } }])
    expect(await queue.dead.replay('all')).toBe(1)
    const [again] = await queue.lease({ waitMs: 5_000 })
    expect([again?.data, await again?.ack()]).toEqual([3, 'applied'])
    expect(engine.durability).toBeNull()
  })

  it('is worked in batches by what lives for one call', async () => {
    const queue = engine.queue<number>('called')
    await queue.enqueueBatch([1, 2, 3])
    const report = await engine.processBatch(queue, () => {}, { deadlineMs: 5_000 })
    expect(report).toMatchObject({ leased: 3, acked: 3, ended: 'empty' })
  })

  it('says why not what SQS cannot do, before anything is sent', async () => {
    const queue = engine.queue<number>('limited')
    const refused = (words: RegExp) => ({
      code: 'unsupported',
      subject: 'limited',
      message: expect.stringMatching(words),
    })
    await expect(queue.enqueue(1, { priority: 1 })).rejects.toMatchObject(refused(/no priorities/))
    await expect(queue.get('1')).rejects.toMatchObject(refused(/asked for a message by its id/))
    await expect(queue.browse('ready')).rejects.toMatchObject(refused(/is to receive it/))
    await expect(queue.pause()).rejects.toMatchObject(refused(/stop its workers/))
    await expect(queue.schedules.list()).rejects.toMatchObject(refused(/EventBridge/))
    await expect(queue.once('k', () => 1)).rejects.toMatchObject(refused(/database/))
    expect(() => engine.events()).toThrow(expect.objectContaining({ code: 'unsupported' }))
    expect(sqs.calls('SendMessageBatch') + sqs.calls('SendMessage')).toBeGreaterThan(0)
  })

  it('leaves the limit of a body to SQS, which counts attributes in', async () => {
    const queue = engine.queue<string>('large')
    await expect(queue.enqueue('x'.repeat(1_100_000))).rejects.toMatchObject({ code: 'too-large' })
    const [good, bad] = await queue.enqueueBatch(['x', 'x'.repeat(1_100_000)])
    expect([good?.outcome, bad?.outcome]).toEqual(['added', 'failed'])
  })
})
