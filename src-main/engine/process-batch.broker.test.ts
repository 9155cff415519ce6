import { describe, expect, it } from 'vitest'
import { engineOnRedis } from './testing/engine-on-redis'

const on = engineOnRedis('batch')

describe('processBatch', () => {
  it('works until nothing is ready, and tells what became of everything', async () => {
    const queue = on.engine.queue<number>(on.fresh(), { maxAttempts: 2, retryDelaysMs: [60_000] })
    await queue.enqueueBatch([0, 1, 2, 3, 4, 5])
    await queue.enqueueBatch([10], { maxAttempts: 1 })
    const errors: number[] = []
    const report = await on.engine.processBatch(
      queue,
      ({ data }) => {
        if (data === 3 || data === 10) throw new Error('no')
      },
      { deadlineMs: 10_000, concurrency: 3, onError: (_, message) => errors.push(message.data as number) },
    )
    expect(report).toMatchObject({
      leased: 7,
      acked: 5,
      failed: 1,
      dead: 1,
      givenBack: 0,
      lost: 0,
      ended: 'empty',
      tookMs: expect.any(Number),
    })
    expect(report.tookMs).toBeLessThan(5_000)
    expect(errors.sort()).toEqual([10, 3])
    expect(await queue.stats()).toMatchObject({ ready: 0, leased: 0, delayed: 1, dead: 1, ackedTotal: 5 })
  })

  it('leaves messages alone that their handlers settled', async () => {
    const queue = on.engine.queue<number>(on.fresh())
    await queue.enqueueBatch([0, 1])
    const report = await on.engine.processBatch(queue, (message) => message.nack('later', { delayMs: 60_000 }), {
      deadlineMs: 10_000,
    })
    expect(report).toMatchObject({ leased: 2, settled: 2, acked: 0, lost: 0 })
    expect(await queue.stats()).toMatchObject({ delayed: 2 })
  })

  it('takes no more than it was told', async () => {
    const queue = on.engine.queue<number>(on.fresh())
    await queue.enqueueBatch(Array.from({ length: 50 }, (_, n) => n))
    const report = await on.engine.processBatch(queue, () => {}, { deadlineMs: 10_000, count: 7, concurrency: 4 })
    expect(report).toMatchObject({ leased: 7, acked: 7, ended: 'count' })
    expect(await queue.stats()).toMatchObject({ ready: 43, leased: 0 })
  })

  it('settles everything before the deadline, and gives back what is not done', async () => {
    const queue = on.engine.queue<number>(on.fresh(), { maxAttempts: 1 })
    await queue.enqueueBatch([0, 1, 2, 3])
    const aborted: string[] = []
    const from = performance.now()
    const report = await on.engine.processBatch(
      queue,
      ({ data, signal }) =>
        data === 0
          ? undefined
          : new Promise(() => signal.addEventListener('abort', () => aborted.push((signal.reason as Error).name))),
      { deadlineMs: 1_500, concurrency: 2 },
    )
    expect(performance.now() - from).toBeLessThan(1_500)
    expect(report).toMatchObject({ acked: 1, givenBack: 2, dead: 0, ended: 'deadline' })
    expect(aborted).toEqual(['DeadlineReached', 'DeadlineReached'])
    // Also those who had but one attempt: not being done in time is no failure of theirs.
    expect(await queue.stats()).toMatchObject({ ready: 3, leased: 0, dead: 0 })
  })

  it('refuses what makes no sense', async () => {
    const queue = on.engine.queue<number>(on.fresh())
    for (const options of [{ deadlineMs: 0 }, { deadlineMs: 10, count: 0 }, { deadlineMs: 10, concurrency: 0 }])
      await expect(on.engine.processBatch(queue, () => {}, options)).rejects.toMatchObject({ code: 'bad-input' })
  })
})
