import type { Redis } from 'ioredis'
import { describe, expect, it, vi } from 'vitest'
import { loopback, redisClient } from '../brokers/clients/redis'
import type { EnqueueOutcome, Queue } from './engine'
import { engineOnRedis } from './testing/engine-on-redis'

const on = engineOnRedis('enqueue')
const circular: { self?: unknown } = {}
circular.self = circular

const codeOf = (outcome: EnqueueOutcome | undefined) =>
  outcome?.outcome === 'failed' ? outcome.failure.code : outcome?.outcome
const refusal = async (act: Promise<unknown>) => {
  const error = await act.then(
    () => undefined,
    (thrown: unknown) => thrown as { readonly code: string; readonly message: string; readonly subject: string },
  )
  return error
}

describe('enqueue', () => {
  it('carries what is special about a message to its handler', async () => {
    const queue = on.engine.queue<string>(on.fresh())
    const id = await queue.enqueue('x', {
      id: 'order-1',
      group: 'customer 7',
      maxAttempts: 3,
      traceId: 'affair 5',
      source: 'shop',
      attributes: { tenant: 't' },
    })
    const [message] = await queue.lease()
    expect(message).toMatchObject({
      id,
      ownId: 'order-1',
      group: 'customer 7',
      maxAttempts: 3,
      attempt: 1,
      replays: 0,
      attributes: { tenant: 't', traceId: 'affair 5', source: 'shop' },
    })
    expect(message!.data).toBe('x')
    expect(await message!.ack()).toBe('applied')
  })

  it('waits for its time, given as a delay or as an instant', async () => {
    const queue = on.engine.queue<string>(on.fresh())
    await queue.enqueue('later', { delayMs: 60_000 })
    await queue.enqueue('at a date', { at: new Date(Date.now() + 60_000) })
    await queue.enqueue('in the past', { at: Date.now() - 1_000 })
    await queue.enqueue('now', { delayMs: 0 })
    await vi.waitFor(async () => expect(await queue.stats()).toMatchObject({ ready: 2, delayed: 2 }), 5_000)
  })

  it('answers the id of the first for a duplicate', async () => {
    const queue = on.engine.queue<number>(on.fresh())
    const [a, b] = await Promise.all([queue.enqueue(1, { id: 'one' }), queue.enqueue(2, { id: 'one' })])
    expect(b).toBe(a)
    const first = await queue.enqueue(3, { dedupKey: 'k', dedupWindowMs: 60_000 })
    expect(await queue.enqueue(4, { dedupKey: 'k' })).toBe(first)
    const outcomes = await queue.enqueueEnvelopes([
      { data: 5, dedupKey: 'k' },
      { data: 6, dedupKey: 'other' },
    ])
    expect(outcomes.map(codeOf)).toEqual(['duplicate', 'added'])
    expect(await queue.stats()).toMatchObject({ ready: 3 })
  })

  it('sends the batches of one turn together, and tells each of its own', async () => {
    const queue = on.engine.queue<unknown>(on.fresh())
    const numbers = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index)
    const batches = [numbers(0, 60), [100, circular, 101], [], numbers(200, 1_000), numbers(2_000, 60)]
    const outcomes = await Promise.all(batches.map((batch) => queue.enqueueBatch(batch)))
    expect(outcomes.map((own) => own.map(codeOf))).toEqual(
      batches.map((batch) => batch.map((value) => (value === circular ? 'bad-input' : 'added'))),
    )
    const ids = outcomes.flatMap((own) => own.flatMap((each) => (each.outcome === 'added' ? [each.id] : [])))
    const stored = await Promise.all(ids.map(async (id) => String((await queue.get(id))?.body)))
    expect(stored).toEqual(batches.flat().flatMap((value) => (value === circular ? [] : [String(value)])))
  })

  it('refuses what breaks a rule, naming queue and rule, and writes nothing', async () => {
    const name = on.fresh()
    const queue = on.engine.queue<unknown>(name, { maxBytes: 1_000 })
    const bad: readonly [Promise<unknown>, string, RegExp][] = [
      [queue.enqueue(undefined), 'bad-input', /JSON knows no undefined/],
      [queue.enqueue(circular), 'bad-input', /circular/],
      [queue.enqueue(7n), 'bad-input', /BigInt/],
      [queue.enqueue(() => 1), 'bad-input', /JSON/],
      [queue.enqueue('x'.repeat(1_000)), 'too-large', /1002 bytes/],
      [queue.enqueue(Buffer.alloc(1_001)), 'too-large', /1001 bytes/],
      [queue.enqueue('é'.repeat(500)), 'too-large', /1002 bytes/],
      [queue.enqueue(1, { delayMs: -1 }), 'bad-input', /delay/],
      [queue.enqueue(1, { delayMs: Number.NaN }), 'bad-input', /delay/],
      [queue.enqueue(1, { delayMs: 1, at: 1 }), 'bad-input', /give one/],
      [queue.enqueue(1, { at: new Date('nonsense') }), 'bad-input', /Date/],
      [queue.enqueue(1, { priority: 10 }), 'bad-input', /priority/],
      [queue.enqueue(1, { priority: 1.5 }), 'bad-input', /priority/],
      [queue.enqueue(1, { maxAttempts: 0 }), 'bad-input', /tried/],
      [queue.enqueue(1, { id: '' }), 'bad-input', /id/],
      [queue.enqueue(1, { group: 'x'.repeat(600) }), 'bad-input', /group/],
      [queue.enqueue(1, { dedupKey: 'k', dedupWindowMs: 0 }), 'bad-input', /dedupWindowMs/],
      [queue.enqueue(1, { attributes: { a: 1 as never } }), 'bad-input', /attribute "a"/],
      [queue.enqueue(1, { attributes: { traceparent: 'nonsense' } }), 'bad-input', /traceparent/],
      [queue.enqueue(1, { attributes: { tracestate: 'NO' } }), 'bad-input', /tracestate/],
    ]
    for (const [act, code, words] of bad) {
      const error = await refusal(act)
      expect([error?.code, error?.subject]).toEqual([code, name])
      expect(error?.message).toMatch(words)
      expect(error?.message).toContain(name)
    }
    expect(await queue.stats()).toMatchObject({ ready: 0, delayed: 0, enqueuedTotal: 0 })
  })

  it('takes a body of 5 MB and no more', async () => {
    const queue = on.engine.queue<string>(on.fresh())
    await queue.enqueue('x'.repeat(4_999_998))
    expect((await refusal(queue.enqueue('x'.repeat(4_999_999))))?.code).toBe('too-large')
    expect((await queue.lease())[0]?.data).toHaveLength(4_999_998)
  })

  it('stores bytes as they are, and numbers of 64 bits as they were written', async () => {
    const queue = on.engine.queue<unknown>(on.fresh())
    const text = '{"b":12345678901234567890, "a":1,"a":2}'
    await queue.enqueue(Buffer.from(text))
    expect(Buffer.from((await queue.lease())[0]!.body).toString()).toBe(text)
  })
})

describe('a batch', () => {
  it('tells of each item, and one bad item does not stop the rest', async () => {
    const queue = on.engine.queue<unknown>(on.fresh(), { maxBytes: 100 })
    const outcomes = await queue.enqueueBatch([1, undefined, circular, 2, 7n, 'x'.repeat(200), 3])
    expect(outcomes.map(codeOf)).toEqual([
      'added',
      'bad-input',
      'bad-input',
      'added',
      'bad-input',
      'too-large',
      'added',
    ])
    const more = await queue.enqueueEnvelopes([
      { data: 4, delayMs: -1 },
      { data: 5, priority: 77 },
      { data: 6, id: 'six' },
      { data: 7, id: 'six' },
    ])
    expect(more.map(codeOf)).toEqual(['bad-input', 'bad-input', 'added', 'duplicate'])
    expect((await queue.lease({ count: 10 })).map(({ data }) => data)).toEqual([1, 2, 3, 6])
    expect(await queue.enqueueBatch([])).toEqual([])
    expect((await queue.enqueueBatch([undefined])).map(codeOf)).toEqual(['bad-input'])
  })

  it('of 10,000 is taken in pieces, in order', async () => {
    const queue = on.engine.queue<number>(on.fresh())
    const outcomes = await queue.enqueueBatch(Array.from({ length: 10_000 }, (_, n) => n))
    expect(outcomes.every(({ outcome }) => outcome === 'added')).toBe(true)
    const ids = outcomes.map((each) => (each.outcome === 'added' ? Number(each.id) : Number.NaN))
    expect(ids.every((id, index) => index === 0 || id > ids[index - 1]!)).toBe(true)
    expect((await queue.lease({ count: 3 })).map(({ data }) => data)).toEqual([0, 1, 2])
    expect(await queue.stats()).toMatchObject({ ready: 9_997, leased: 3 })
  })

  it('throws when nothing at all could be done', async () => {
    const queue = on.engine.queue<number>('x'.repeat(600))
    expect((await refusal(queue.enqueueBatch([1, 2])))?.code).toBe('bad-input')
    await expect(queue.enqueueBatch([1], { priority: -1 })).rejects.toMatchObject({ code: 'bad-input' })
  })

  it('throws what is no expected failure', async () => {
    const queue = on.engine.queue<unknown>(on.fresh()) as Queue<unknown> & { seat: { context: { driver: unknown } } }
    const { driver } = queue.seat.context as unknown as { driver: { enqueue: unknown } }
    const spy = vi
      .spyOn(driver as { enqueue: () => Promise<never> }, 'enqueue')
      .mockRejectedValue(new TypeError('a bug'))
    await expect(queue.enqueueBatch([1])).rejects.toThrow(TypeError)
    await expect(queue.enqueue(1)).rejects.toThrow(TypeError)
    spy.mockRestore()
  })

  it('names the key where something else has written', async () => {
    const name = on.fresh()
    const redis = redisClient(loopback(on.server.port)) as Redis
    await redis.connect()
    await redis.set(`qe:{${name}}:payload`, 'mine')
    const error = await refusal(on.engine.queue<number>(name).enqueue(1))
    expect(error).toMatchObject({ code: 'wrong-type', subject: `qe:{${name}}:payload` })
    redis.disconnect()
  })
})
