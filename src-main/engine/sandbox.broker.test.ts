import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import type { Processed } from './engine'
import { engineOnRedis } from './testing/engine-on-redis'

const on = engineOnRedis('sandbox')
const file = (name: string) => new URL(`./testing/${name}`, import.meta.url)

interface Act {
  readonly act: string
  readonly value?: unknown
}

describe.each(['thread', 'process'] as const)('a handler in a %s of its own', (kind) => {
  it('gets messages and answers as any other', async () => {
    const queue = on.engine.queue<Act>(on.fresh())
    const answers: Processed['result'][] = []
    const worker = on.engine.worker(
      queue,
      { file: fileURLToPath(file('sandboxed.mjs')), kind },
      { concurrency: 2, onProcessed: (_, { result }) => answers.push(result) },
    )
    await queue.enqueueBatch(
      [1, 2, 3, 4].map((value) => ({ act: 'answer', value })),
      { attributes: { a: 'b' } },
    )
    await vi.waitFor(() => expect(answers).toHaveLength(4), 15_000)
    await worker.stop()
    const own = answers as { value: number; attempt: number; attributes: unknown; thread: number; pid: number }[]
    expect(own.map(({ value }) => value).sort()).toEqual([1, 2, 3, 4])
    expect(own[0]).toMatchObject({ attempt: 1, attributes: { a: 'b' } })
    // Two sandboxes served all four, and neither was this one.
    const places = new Set(own.map(({ thread, pid }) => `${pid}/${thread}`))
    expect(places.size).toBeLessThanOrEqual(2)
    expect(places.has(`${process.pid}/0`)).toBe(false)
  })

  it('fails an attempt by what it throws, or by a crash, and the worker lives on', async () => {
    const queue = on.engine.queue<Act>(on.fresh(), { maxAttempts: 2, retryDelaysMs: [0] })
    const worker = on.engine.worker(queue, { file: file('sandboxed.mjs'), kind }, { concurrency: 1 })
    const thrown = await queue.enqueue({ act: 'throw', value: 'way' })
    const never = await queue.enqueue({ act: 'unrecoverable' })
    const crashed = await queue.enqueue({ act: 'exit', value: 7 })
    await queue.enqueue({ act: 'answer' })
    await vi.waitFor(async () => expect(await queue.stats()).toMatchObject({ dead: 3, ackedTotal: 1 }), 20_000)
    await worker.stop()
    expect(await queue.get(thrown)).toMatchObject({ attempts: 2, error: { name: 'RangeError', message: 'no way' } })
    expect(await queue.get(never)).toMatchObject({ attempts: 1 })
    expect(await queue.get(crashed)).toMatchObject({
      attempts: 2,
      error: { name: 'SandboxCrashError', message: expect.stringMatching(/exited with code 7/) },
    })
  })

  it('is ended when its time is over, however busy it is', async () => {
    const queue = on.engine.queue<Act>(on.fresh(), { maxAttempts: 1, timeoutMs: 1_500 })
    const worker = on.engine.worker(queue, { file: file('sandboxed.mjs'), kind }, { concurrency: 1 })
    const spun = await queue.enqueue({ act: 'spin' })
    await vi.waitFor(async () => expect(await queue.stats()).toMatchObject({ dead: 1 }), 15_000)
    await queue.enqueue({ act: 'answer' })
    await vi.waitFor(async () => expect(await queue.stats()).toMatchObject({ ackedTotal: 1 }), 15_000)
    expect(await queue.get(spun)).toMatchObject({ error: { name: 'TimeoutError' } })
    await worker.stop()
  })

  it('can tell its progress, and hears of the end', async () => {
    const queue = on.engine.queue<Act>(on.fresh(), { keepDone: {} })
    const worker = on.engine.worker(queue, { file: file('sandboxed.mjs'), kind }, { concurrency: 2 })
    const noted = await queue.enqueue({ act: 'note', value: 5 })
    await vi.waitFor(async () => expect(await queue.stats()).toMatchObject({ done: 1 }), 15_000)
    expect(await queue.get(noted)).toMatchObject({ progress: '{"at":5}', logs: ['at 5'], result: '[true,true]' })
    await queue.enqueue({ act: 'wait' })
    await vi.waitFor(() => expect(worker.active).toBe(1), 5_000)
    await worker.stop(0)
    expect(await queue.stats()).toMatchObject({ ready: 1, leased: 0 })
  })
})

it('gives a sandboxed handler what the schema made of the payload', async () => {
  const schema = z.object({ act: z.string(), value: z.coerce.number().default(7) })
  const answers: unknown[] = []
  const queue = on.engine.queue(on.fresh(), { schema })
  const worker = on.engine.worker(
    queue,
    { file: file('sandboxed.mjs') },
    { onProcessed: (_, { result }) => answers.push((result as { value: unknown }).value) },
  )
  await queue.enqueueBatch([{ act: 'answer' }, { act: 'answer', value: '8' }])
  await vi.waitFor(() => expect(answers.sort()).toEqual([7, 8]), 15_000)
  await worker.stop()
})

it('takes a CommonJS module, and says when a file has no handler or is none', async () => {
  const answers: unknown[] = []
  const queue = on.engine.queue<string>(on.fresh(), { maxAttempts: 1 })
  const good = on.engine.worker(
    queue,
    { file: file('named.cjs') },
    { onProcessed: (_, { result }) => answers.push(result) },
  )
  await queue.enqueue('x')
  await vi.waitFor(() => expect(answers).toEqual(['named x']), 15_000)
  await good.stop()
  for (const [name, words] of [
    ['nothing.cjs', /exports no handler/],
    ['nowhere.mjs', /nowhere\.mjs/],
  ] as const) {
    const worker = on.engine.worker(queue, { file: file(name) })
    const id = await queue.enqueue('x')
    await vi.waitFor(async () => expect((await queue.get(id))?.state).toBe('dead'), 15_000)
    expect((await queue.get(id))?.error?.message).toMatch(words)
    await worker.stop()
  }
  expect(() => on.engine.worker(queue, { file: '' })).toThrow(expect.objectContaining({ code: 'bad-input' }))
})
