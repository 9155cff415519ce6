import * as v from 'valibot'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { Engine } from './engine'
import { engineOnRedis } from './testing/engine-on-redis'

const on = engineOnRedis('schema')

const zodSchema = z.object({ to: z.object({ mail: z.email() }), copies: z.coerce.number().default(1) })
const valibotSchema = v.object({
  to: v.object({ mail: v.pipe(v.string(), v.email()) }),
  copies: v.optional(v.pipe(v.unknown(), v.transform(Number)), 1),
})
const zodLate = zodSchema.refine(async (value) => value.copies < 100, { path: ['copies'], message: 'too many' })
const valibotLate = v.pipeAsync(
  v.objectAsync({
    to: v.object({ mail: v.pipe(v.string(), v.email()) }),
    copies: v.optional(v.pipe(v.unknown(), v.transform(Number)), 1),
  }),
  v.checkAsync(async ({ copies }) => copies < 100, 'too many'),
)

describe.each([
  ['zod', zodSchema],
  ['valibot', valibotSchema],
  ['zod, asynchronous', zodLate],
  ['valibot, asynchronous', valibotLate],
])('a payload schema of %s', (_, schema) => {
  const good = { to: { mail: 'a@example.org' }, copies: '3' }

  it('refuses what fails it where it is enqueued, with the paths', async () => {
    const name = on.fresh()
    const queue = on.engine.queue(name, { schema })
    const bad = { to: { mail: 'nobody' } } as never
    await expect(queue.enqueue(bad)).rejects.toMatchObject({
      code: 'bad-input',
      subject: name,
      message: expect.stringMatching(new RegExp(`${name}.*to\\.mail: `)),
    })
    const outcomes = await queue.enqueueBatch([good, bad, good])
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['added', 'failed', 'added'])
    await expect(queue.enqueue(Buffer.from('{no json'))).rejects.toMatchObject({ code: 'bad-input' })
    await expect(queue.enqueue(Buffer.from('{}'))).rejects.toMatchObject({ code: 'bad-input' })
    expect(await queue.stats()).toMatchObject({ ready: 2 })
  })

  it('gives handlers what it makes of the payload', async () => {
    const queue = on.engine.queue(on.fresh(), { schema })
    const seen: unknown[] = []
    await queue.enqueue(good)
    await queue.enqueue({ to: { mail: 'b@example.org' } })
    const worker = on.engine.worker(queue, ({ data }) => void seen.push(data))
    await vi.waitFor(() => expect(seen).toHaveLength(2), 5_000)
    await worker.stop()
    expect(seen).toEqual([
      { to: { mail: 'a@example.org' }, copies: 3 },
      { to: { mail: 'b@example.org' }, copies: 1 },
    ])
  })

  it('buries what fails it when it is leased, and never shows it to a handler', async () => {
    const name = on.fresh()
    const queue = on.engine.queue(name, { schema })
    // Enqueued by somebody who knows no schema.
    const other = await Engine.open({ redis: { port: on.server.port } })
    await other.queue<unknown>(name).enqueueBatch([{ to: {} }, good, Buffer.from('no json')])
    await other.close()
    let runs = 0
    const worker = on.engine.worker(queue, () => void runs++)
    await vi.waitFor(async () => expect(await queue.stats()).toMatchObject({ dead: 2, ackedTotal: 1 }), 5_000)
    await worker.stop()
    expect(runs).toBe(1)
    const { items } = await queue.dead.browse()
    const errors = items.map(({ error }) => `${error?.name}: ${error?.message}`)
    expect(errors.sort()).toEqual([
      expect.stringMatching(/^SchemaError: .*to\.mail: /),
      expect.stringMatching(/^UnreadableBodyError: /),
    ])
  })

  it('keeps bad ones from callers that lease without a worker', async () => {
    const name = on.fresh()
    const queue = on.engine.queue(name, { schema })
    const other = await Engine.open({ redis: { port: on.server.port } })
    await other.queue<unknown>(name).enqueueBatch([1, 2, good])
    await other.close()
    const [message] = await queue.lease({ count: 2 })
    expect(message?.data).toEqual({ to: { mail: 'a@example.org' }, copies: 3 })
    expect(await queue.stats()).toMatchObject({ dead: 2, leased: 1 })
  })
})

it('tells the first issues and how many more there are', async () => {
  const schema = z.object({ a: z.string(), b: z.string(), c: z.string(), d: z.string(), e: z.string() })
  const queue = on.engine.queue(on.fresh(), { schema })
  await expect(queue.enqueue({} as never)).rejects.toThrow(/a: .*; b: .*; c: .*; and 2 more/)
})

it('refuses what is no schema', () => {
  expect(() => on.engine.queue(on.fresh(), { schema: {} as never })).toThrow(
    expect.objectContaining({ code: 'bad-input', message: expect.stringContaining('Standard Schema') }),
  )
})
