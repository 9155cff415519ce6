import { describe, expect, it, vi } from 'vitest'
import { loopback, redisClient } from '../brokers/clients/redis'
import { Engine, type Message, type WorkerEvents } from './engine'
import { engineOnRedis } from './testing/engine-on-redis'

const on = engineOnRedis('worker')
const until = (check: () => Promise<void> | void, timeout = 10_000) => vi.waitFor(check, { timeout, interval: 10 })

function gate() {
  let open: () => void = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open: () => open(), opened }
}

describe('a worker', () => {
  it('ends an attempt whose time is over: its signal aborts, and it is tried again', async () => {
    const queue = on.engine.queue<string>(on.fresh(), { timeoutMs: 30, maxAttempts: 2, retryDelaysMs: [0] })
    const reasons: string[] = []
    const worker = on.engine.worker(queue, ({ signal }) => {
      signal.addEventListener('abort', () => reasons.push((signal.reason as Error).name))
      return new Promise(() => {})
    })
    const id = await queue.enqueue('x')
    await until(async () => expect(await queue.stats()).toMatchObject({ dead: 1, leased: 0 }))
    expect(reasons).toEqual(['TimeoutError', 'TimeoutError'])
    expect((await queue.get(id))?.error).toMatchObject({
      name: 'TimeoutError',
      message: expect.stringMatching(/30 ms/),
    })
    await worker.stop(0)
  })

  it('leaves a quick attempt of a queue with a time limit alone', async () => {
    const queue = on.engine.queue<number>(on.fresh(), { timeoutMs: 10_000 })
    const worker = on.engine.worker(queue, ({ data }) => data)
    await queue.enqueueBatch([1, 2, 3])
    await until(async () => expect(await queue.stats()).toMatchObject({ ackedTotal: 3 }))
    await worker.stop()
  })

  it('leases ahead, begins in order, and gives back what it has not begun', async () => {
    const queue = on.engine.queue<number>(on.fresh())
    const { open, opened } = gate()
    const begun: number[] = []
    const worker = on.engine.worker(
      queue,
      async ({ data }) => {
        begun.push(data)
        await opened
      },
      { concurrency: 2, prefetch: 3 },
    )
    await queue.enqueueBatch([0, 1, 2, 3, 4, 5, 6])
    await until(async () => expect(await queue.stats()).toMatchObject({ leased: 5, ready: 2 }))
    expect([begun, worker.active]).toEqual([[0, 1], 2])
    const stopping = worker.stop()
    await until(async () => expect(await queue.stats()).toMatchObject({ leased: 2, ready: 5 }))
    open()
    await stopping
    expect(begun).toEqual([0, 1])
    expect(await queue.stats()).toMatchObject({ leased: 0, ready: 5, ackedTotal: 2, dead: 0 })
  })

  it('works through what it leased ahead, handlers that end at once included', async () => {
    const queue = on.engine.queue<number>(on.fresh())
    const seen: number[] = []
    await queue.enqueueBatch(Array.from({ length: 1_000 }, (_, n) => n))
    const worker = on.engine.worker(queue, ({ data }) => void seen.push(data), { concurrency: 1, prefetch: 100 })
    await until(async () => expect(await queue.stats()).toMatchObject({ ackedTotal: 1_000 }))
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, n) => n))
    await worker.stop()
  })

  it('pauses and resumes, while another worker goes on', async () => {
    const queue = on.engine.queue<number>(on.fresh())
    const { open, opened } = gate()
    const seen: string[] = []
    const slow = on.engine.worker(queue, async () => {
      await opened
      seen.push('slow')
    })
    await queue.enqueue(1)
    await until(() => expect(slow.active).toBe(1))
    const paused = slow.pause()
    expect(slow.paused).toBe(true)
    open()
    await paused
    expect([seen, slow.active]).toEqual([['slow'], 0])
    const other = on.engine.worker(queue, () => void seen.push('other'))
    await queue.enqueue(2)
    await until(() => expect(seen).toEqual(['slow', 'other']))
    await other.stop()
    slow.resume()
    await queue.enqueue(3)
    await until(() => expect(seen).toEqual(['slow', 'other', 'slow']))
    await slow.stop()
  })

  it('tells what happens to those who listen, and its hooks', async () => {
    const queue = on.engine.queue<string>(on.fresh(), { maxAttempts: 2, retryDelaysMs: [0], keepDone: {} })
    const told: string[] = []
    const errors: [unknown, string | undefined][] = []
    const processed: unknown[] = []
    const worker = on.engine.worker(
      queue,
      ({ data, attempt }) => {
        if (data === 'bad' || attempt === 1) throw new Error(`no ${data}`)
        return { ok: data }
      },
      {
        onError: (error, message) => errors.push([error, message?.id]),
        onProcessed: (message, { result, runMs, waitMs }) => {
          processed.push([message.id, result])
          expect(runMs).toBeGreaterThanOrEqual(0)
          expect(waitMs).toBeGreaterThanOrEqual(0)
        },
      },
    )
    const note =
      <Name extends keyof WorkerEvents>(name: Name, say: (event: WorkerEvents[Name]) => string = () => '') =>
      (event: WorkerEvents[Name]) =>
        void told.push(`${name} ${say(event)}`.trim())
    worker.on(
      'acked',
      note('acked', ({ message, result }) => `${message.data} ${JSON.stringify(result)}`),
    )
    worker.on(
      'failed',
      note('failed', ({ message, retryInMs }) => `${message.data} ${retryInMs}`),
    )
    worker.on(
      'dead',
      note('dead', ({ message, error }) => `${message.data} ${error.message}`),
    )
    worker.on(
      'leased',
      note('leased', ({ messages }) => String(messages.length)),
    )
    worker.on('idle', note('idle'))
    const end = worker.on('acked', () => told.push('never'))
    end()
    end()
    const [good, bad] = [await queue.enqueue('good'), await queue.enqueue('bad')]
    await until(async () => expect(await queue.stats()).toMatchObject({ dead: 1, ackedTotal: 1, done: 1 }))
    await until(() => expect(told.at(-1)).toBe('idle'))
    expect(told.filter((each) => !/^(leased|idle)/.test(each)).sort()).toEqual([
      'acked good {"ok":"good"}',
      'dead bad no bad',
      'failed bad 0',
      'failed good 0',
    ])
    expect(told.some((each) => each.startsWith('leased'))).toBe(true)
    expect(processed).toEqual([[good, { ok: 'good' }]])
    expect(errors.map(([, id]) => id).sort()).toEqual([good, bad, bad].sort())
    expect((await queue.get(good))?.result).toBe('{"ok":"good"}')
    await worker.stop()
  })

  it('survives hooks and listeners that throw', async () => {
    const queue = on.engine.queue<number>(on.fresh())
    const errors: string[] = []
    const worker = on.engine.worker(queue, () => 1, {
      onProcessed: () => {
        throw new Error('hook')
      },
      onError: (error, message) => {
        if (!message) errors.push((error as Error).message)
        throw new Error('worse')
      },
    })
    worker.on('acked', () => {
      throw new Error('listener')
    })
    await queue.enqueueBatch([1, 2])
    await until(async () => expect(await queue.stats()).toMatchObject({ ackedTotal: 2 }))
    await until(() => expect(errors.sort()).toEqual(['hook', 'hook', 'listener', 'listener']))
    await worker.stop()
  })

  it('writes down whatever a handler throws', async () => {
    const queue = on.engine.queue<number>(on.fresh(), { maxAttempts: 1 })
    const thrown = [
      'text',
      null,
      undefined,
      Object.assign(new Error('round'), { cause: undefined as unknown }),
      new Proxy(new Error('x'), {
        get() {
          throw new Error('do not look')
        },
      }),
    ]
    ;(thrown[3] as Error).cause = thrown[3]
    await queue.enqueueBatch(thrown.map((_, index) => index))
    const worker = on.engine.worker(queue, ({ data }) => {
      throw thrown[data]
    })
    await until(async () => expect(await queue.stats()).toMatchObject({ dead: thrown.length }))
    await worker.stop()
    const { items } = await queue.dead.browse()
    expect(items.map(({ error }) => error?.message).sort()).toEqual(
      ['text', 'null', 'undefined', 'round', expect.any(String)].sort(),
    )
  })

  it('lets a handler settle its message itself, once', async () => {
    const queue = on.engine.queue<string>(on.fresh())
    const outcomes: unknown[] = []
    const worker = on.engine.worker(queue, async (message) => {
      outcomes.push(await message.nack('later', { delayMs: 60_000 }))
      outcomes.push(await message.ack())
      await message.nack('x', { delayMs: -1 }).catch((error: { code: string }) => outcomes.push(error.code))
    })
    await queue.enqueue('x')
    await until(async () => expect(await queue.stats()).toMatchObject({ delayed: 1, leased: 0 }))
    expect(outcomes).toEqual(['applied', 'stale', 'bad-input'])
    await worker.stop()
  })

  it('keeps progress and log lines with the message', async () => {
    const queue = on.engine.queue<string>(on.fresh())
    const { open, opened } = gate()
    const worker = on.engine.worker(queue, async (message) => {
      await message.log('began')
      await message.progress({ percent: 40 })
      await opened
    })
    const id = await queue.enqueue('x')
    await until(async () =>
      expect(await queue.get(id)).toMatchObject({ state: 'leased', progress: '{"percent":40}', logs: ['began'] }),
    )
    open()
    await worker.stop()
    expect(await queue.get(id)).toBeUndefined()
  })

  it('hears that its lease was lost, and what it does then counts no more', async () => {
    const name = on.fresh()
    const queue = on.engine.queue<string>(name, { maxAttempts: 10 })
    const { open, opened } = gate()
    const lost: string[] = []
    const first: Message[] = []
    const worker = on.engine.worker(
      queue,
      async (message) => {
        first.push(message as Message)
        await opened
      },
      { leaseMs: 300, concurrency: 1 },
    )
    worker.on('leaseLost', ({ messages }) => lost.push(...messages.map(({ id }) => id)))
    const id = await queue.enqueue('x')
    await until(() => expect(first).toHaveLength(1))
    // Somebody who takes leases away: as if this process had slept through it.
    const { driver } = queue.seat.context
    await until(async () => {
      await driver.extend(name, first[0]!.leaseId, 1)
      await driver.recover(name, 10)
      expect(await queue.stats()).toMatchObject({ ready: 1, leased: 0 })
    })
    await until(() => expect(lost).toEqual([id]))
    expect([first[0]!.signal.aborted, (first[0]!.signal.reason as Error).name]).toEqual([true, 'LeaseLost'])
    open()
    await until(async () => expect(await queue.stats()).toMatchObject({ ackedTotal: 1, leased: 0, ready: 0 }))
    await worker.stop()
  })

  it('works, and stops at once, for a user who may not name its connections', async () => {
    const admin = redisClient(loopback(on.server.port))
    await admin.connect()
    await admin.call('ACL', 'SETUSER', 'plain', 'on', '>pw', '~*', '&*', '+@all', '-client')
    const engine = await Engine.open({ redis: { port: on.server.port, username: 'plain', password: 'pw' } })
    const queue = engine.queue<string>(on.fresh())
    const troubles: unknown[] = []
    const seen: string[] = []
    const worker = engine.worker(queue, ({ data }) => void seen.push(data), {
      onError: (error) => troubles.push(error),
    })
    await queue.enqueue('first')
    await vi.waitFor(() => expect(seen).toEqual(['first']), 5_000)
    await queue.enqueue('second, to an idle worker')
    await vi.waitFor(() => expect(seen).toHaveLength(2), 4_000)
    const from = performance.now()
    await worker.stop()
    expect(performance.now() - from).toBeLessThan(4_000)
    expect(troubles).toEqual([])
    await engine.close()
    admin.disconnect()
  })
})
