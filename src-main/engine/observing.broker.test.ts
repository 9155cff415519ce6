import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startRedis, type TestRedis } from '../brokers/testing/redis-server'
import { Engine, type Tracer } from './engine'

let server: TestRedis

beforeAll(async () => {
  server = await startRedis()
})

afterAll(() => server.stop())

describe('metrics', () => {
  it('count what the broker holds and what this process did', async () => {
    const engine = await Engine.open({ redis: { port: server.port } })
    const queue = engine.queue<string>('counted', { maxAttempts: 1 })
    await queue.enqueue('later', { delayMs: 60_000 })
    await queue.enqueueBatch(['good', 'good', 'bad'])
    const worker = engine.worker(queue, async ({ data }) => {
      if (data === 'bad') throw new Error('no')
    })
    await vi.waitFor(async () => expect(await queue.stats()).toMatchObject({ dead: 1, ackedTotal: 2 }), 5_000)
    await worker.stop()
    const [metrics] = await engine.metrics()
    expect(metrics).toMatchObject({
      queue: 'counted',
      trouble: null,
      broker: { ready: 0, delayed: 1, dead: 1, ackedTotal: 2 },
      here: { acked: 2, failed: 1, dead: 1, wait: { count: 3 }, run: { count: 3 } },
    })
    const { run, wait } = metrics!.here!
    expect(run.p50Ms).toBeLessThanOrEqual(run.p99Ms!)
    expect(wait.p95Ms).toBeGreaterThan(0)
    const text = await engine.exposition()
    expect(text).toContain('queue_depth{queue="counted",state="delayed"} 1\n')
    expect(text).toContain('queue_messages_processed_total{queue="counted",outcome="acked"} 2\n')
    expect(text).toContain('queue_message_run_seconds_count{queue="counted"} 3\n')
    await engine.close()
  })

  it('are not measured where nobody wants them', async () => {
    const engine = await Engine.open({ redis: { port: server.port }, metrics: false })
    engine.queue('unmeasured')
    expect(await engine.metrics()).toMatchObject([{ queue: 'unmeasured', here: null, broker: { ready: 0 } }])
    await engine.close()
  })
})

interface Recorded {
  readonly name: string
  readonly kind: number | undefined
  readonly attributes: Record<string, unknown>
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly spanId: string
  readonly traceId: string
  error: string | undefined
  ended: boolean
}

/** A tracer that remembers; the active span is the one whose handler runs. */
function remembering() {
  const spans: Recorded[] = []
  let active: Recorded | undefined
  const hex = (length: number) => (spans.length + 1).toString(16).padStart(length, '0')
  const tracer: Tracer = {
    startSpan(name, options = {}) {
      const span: Recorded = {
        name,
        kind: options.kind,
        attributes: { ...options.attributes },
        links: (options.links ?? []).map(({ context }) => context),
        spanId: hex(16),
        traceId: hex(32),
        error: undefined,
        ended: false,
      }
      spans.push(span)
      return {
        spanContext: () => ({ traceId: span.traceId, spanId: span.spanId, traceFlags: 1 }),
        setAttribute: (key, value) => {
          span.attributes[key] = value
        },
        setStatus: () => {},
        recordException: ({ message }) => {
          span.error = message
        },
        end: () => {
          span.ended = true
        },
      }
    },
    startActiveSpan(name, options, run) {
      const span = tracer.startSpan(name, options)
      active = spans.at(-1)
      return run(span)
    },
  }
  return { tracer, spans, active: () => active }
}

describe('traces', () => {
  it('lead from the one who enqueues to the handler', async () => {
    const { tracer, spans, active } = remembering()
    const engine = await Engine.open({ redis: { port: server.port }, tracing: tracer })
    const queue = engine.queue<string>('traced', { maxAttempts: 1 })
    const seen: unknown[] = []
    await queue.enqueue('good', { attributes: { tenant: 't' } })
    await queue.enqueueBatch(['bad', 'good'])
    const worker = engine.worker(
      queue,
      ({ data, attributes }) => {
        seen.push([active()?.name, attributes.tenant])
        if (data === 'bad') throw new TypeError('no')
      },
      { concurrency: 1 },
    )
    await vi.waitFor(async () => expect(await queue.stats()).toMatchObject({ dead: 1, ackedTotal: 2 }), 5_000)
    await worker.stop()
    const produced = spans.filter(({ kind }) => kind === 3)
    const consumed = spans.filter(({ kind }) => kind === 4)
    expect(produced.map(({ name }) => name)).toEqual(['send traced', 'send traced'])
    expect(produced[1]!.attributes).toMatchObject({
      'messaging.system': 'queuescope',
      'messaging.destination.name': 'traced',
      'messaging.batch.message_count': 2,
    })
    expect(consumed.map(({ links }) => links[0]?.spanId)).toEqual([
      produced[0]!.spanId,
      produced[1]!.spanId,
      produced[1]!.spanId,
    ])
    expect(consumed.map(({ links }) => links[0]?.traceId)).toEqual([
      produced[0]!.traceId,
      produced[1]!.traceId,
      produced[1]!.traceId,
    ])
    expect(consumed.map(({ error, attributes }) => [error, attributes['error.type']])).toEqual([
      [undefined, undefined],
      ['no', 'TypeError'],
      [undefined, undefined],
    ])
    expect(spans.every(({ ended }) => ended)).toBe(true)
    expect(seen).toEqual([
      ['process traced', 't'],
      ['process traced', undefined],
      ['process traced', undefined],
    ])
    await engine.close()
  })

  it('pass on a context that the caller brings, and begin anew where there is none', async () => {
    const { tracer, spans } = remembering()
    const engine = await Engine.open({ redis: { port: server.port }, tracing: tracer })
    const plain = await Engine.open({ redis: { port: server.port } })
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    await engine.queue<number>('brought').enqueue(1, { attributes: { traceparent, tracestate: 'a=1' } })
    await plain.queue<number>('brought').enqueue(2)
    const worker = engine.worker(engine.queue<number>('brought'), () => {}, { concurrency: 1 })
    await vi.waitFor(() => expect(spans.filter(({ kind }) => kind === 4)).toHaveLength(2), 5_000)
    await worker.stop()
    expect(spans.filter(({ kind }) => kind === 4).map(({ links }) => links.map(({ spanId }) => spanId))).toEqual([
      ['b7ad6b7169203331'],
      [],
    ])
    await plain.close()
    await engine.close()
  })

  it('use the registered tracer of OpenTelemetry, which need not be there', async () => {
    const engine = await Engine.open({ redis: { port: server.port }, tracing: 'opentelemetry' })
    const queue = engine.queue<number>('registered')
    const id = await queue.enqueue(1)
    // The API without an SDK gives spans of no trace: there is nothing to pass on.
    expect((await queue.get(id))?.attributes).toEqual({})
    const worker = engine.worker(queue, () => {})
    await vi.waitFor(async () => expect(await queue.get(id)).toBeUndefined(), 5_000)
    await worker.stop()
    await engine.close()
  })
})
