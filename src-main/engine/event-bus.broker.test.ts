import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { isFailure } from '@shared/failure'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loopback, type RedisClient, redisClient } from '../brokers/clients/redis'
import { startRedis, type TestRedis } from '../brokers/testing/redis-server'
import { type BusEvent, EventBus, type EventBusOptions } from './event-bus'
import { UnrecoverableError } from './outcome'

let server: TestRedis
let redis: RedisClient
const opened: EventBus[] = []

beforeAll(async () => {
  server = await startRedis()
  redis = connect()
  await redis.connect()
})

afterAll(async () => {
  await Promise.all(opened.map((bus) => bus.close(0)))
  redis.disconnect()
  await server.stop()
})

const connect = () => redisClient(loopback(server.port))

function open(options: Partial<EventBusOptions> = {}): EventBus {
  const bus = new EventBus({ redis, connectAnother: connect, ...options })
  opened.push(bus)
  return bus
}

let counter = 0
const fresh = () => `order.paid ${counter++}`

/** Events as they come, and a way to wait for them. */
function inbox() {
  const events: BusEvent[] = []
  return {
    events,
    take: (event: BusEvent) => void events.push(event),
    data: () => events.map(({ data }) => data),
    holds: (count: number) => expect.poll(() => events.length, { timeout: 8_000, interval: 5 }).toBe(count),
  }
}

describe('publishing', () => {
  it('reaches every group once, and everybody who listens', async () => {
    const bus = open()
    const type = fresh()
    const [mails, stock, ears] = [inbox(), inbox(), inbox()]
    await bus.subscribe(type, mails.take, { group: 'mails' })
    await bus.subscribe(type, stock.take, { group: 'stock' })
    await bus.subscribe(type, ears.take)
    const ids: string[] = []
    for (let n = 0; n < 50; n++) ids.push(await bus.publish(type, { n }, { attributes: { source: `shop\n${n}` } }))
    for (const each of [mails, stock, ears]) {
      await each.holds(50)
      expect(each.events.map(({ id }) => id)).toEqual(ids)
      expect(each.data()).toEqual(ids.map((_, n) => ({ n })))
      expect(each.events[7]).toMatchObject({ type, attributes: { source: 'shop\n7' } })
      expect(Math.abs(each.events[0]!.at - Date.now())).toBeLessThan(60_000)
    }
  })

  it('shares the events of a group among its subscribers', async () => {
    const type = fresh()
    const [one, two] = [inbox(), inbox()]
    await open().subscribe(type, one.take, { group: 'g' })
    await open().subscribe(type, two.take, { group: 'g' })
    const bus = open()
    await Promise.all(Array.from({ length: 60 }, (_, n) => bus.publish(type, n)))
    await expect.poll(() => one.events.length + two.events.length, { timeout: 8_000 }).toBe(60)
    const all = [...one.data(), ...two.data()] as number[]
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, n) => n))
  })

  it('keeps for a group what came while nobody of it was there', async () => {
    const bus = open()
    const type = fresh()
    const early = inbox()
    const first = await bus.subscribe(type, early.take, { group: 'g' })
    await bus.publish(type, 1)
    await early.holds(1)
    await first.stop()
    await first.stop()
    await bus.publish(type, 2)
    const late = inbox()
    await bus.subscribe(type, late.take, { group: 'g' })
    await late.holds(1)
    expect(late.data()).toEqual([2])
  })

  it('begins a new group with what is kept, or with what comes', async () => {
    const bus = open()
    const type = fresh()
    await bus.publish(type, 'old')
    const [all, news] = [inbox(), inbox()]
    await bus.subscribe(type, all.take, { group: 'all' })
    await bus.subscribe(type, news.take, { group: 'news', from: 'now' })
    await bus.publish(type, 'new')
    await all.holds(2)
    await news.holds(1)
    expect([all.data(), news.data()]).toEqual([['old', 'new'], ['new']])
  })

  it('refuses what is no event, and says why', async () => {
    const bus = open()
    const type = fresh()
    const circular: Record<string, unknown> = {}
    circular.self = circular
    const odd = [undefined, circular, 1n, Buffer.from('x'), 'x'.repeat(2_000_000)]
    const refused = await Promise.all(odd.map((data) => bus.publish(type, data).catch((thrown: unknown) => thrown)))
    expect(refused.map((each) => isFailure(each) && each.code)).toEqual([
      'bad-input',
      'bad-input',
      'bad-input',
      'bad-input',
      'too-large',
    ])
    await expect(bus.subscribe([], () => {})).rejects.toMatchObject({ code: 'bad-input' })
    await expect(bus.subscribe(type, () => {}, { group: '' })).rejects.toMatchObject({ code: 'bad-input' })
    await expect(bus.subscribe(type, () => {}, { group: 'g', concurrency: 0 })).rejects.toMatchObject({
      code: 'bad-input',
    })
    expect(await bus.recent(type, 10)).toEqual([])
  })
})

describe('handlers that fail', () => {
  it('get the event again, and leave it among the dead letters in the end', async () => {
    const thrown: unknown[] = []
    const bus = open({ onError: (error) => void thrown.push(error) })
    const type = fresh()
    const attempts: number[] = []
    const other = inbox()
    await bus.subscribe(type, other.take, { group: 'other' })
    await bus.subscribe(
      type,
      (_, { attempt }) => {
        attempts.push(attempt)
        throw new TypeError('no')
      },
      { group: 'weak', maxAttempts: 3, retryDelaysMs: [0, 20] },
    )
    const id = await bus.publish(type, { n: 1 })
    const letters = bus.deadLetters(type, 'weak')
    await expect.poll(async () => (await letters.find(type, id))?.state, { timeout: 8_000 }).toBe('dead')
    expect(attempts).toEqual([1, 2, 3])
    expect(thrown).toHaveLength(3)
    expect((await letters.find(type, id))?.error).toMatchObject({ name: 'TypeError', message: 'no' })
    expect(await letters.replayIds(type, [id])).toEqual([true])
    await expect.poll(() => attempts.length, { timeout: 8_000 }).toBe(6)
    await letters.close()
    expect(other.data()).toEqual([{ n: 1 }])
  })

  it('bury at once what cannot be recovered, and what is not JSON', async () => {
    const bus = open()
    const type = fresh()
    await bus.subscribe(
      type,
      () => {
        throw new UnrecoverableError('never')
      },
      { group: 'g' },
    )
    await bus.publish(type, 1)
    await redis.xadd(`qb:{${type}}:stream`, '*', 'body', '{not json')
    const letters = bus.deadLetters(type, 'g')
    const dead = () => letters.browse(type, { state: 'dead', cursor: null, limit: 10 })
    await expect.poll(async () => (await dead()).items.length, { timeout: 8_000 }).toBe(2)
    await letters.close()
    // What is no event is not replayed as one.
    expect((await bus.recent(type, 10)).map(({ data }) => data)).toEqual([1])
  })

  it('are waited for at a stop, for as long as the grace', async () => {
    const bus = open()
    const type = fresh()
    let finish = () => {}
    const signals: AbortSignal[] = []
    const begun = inbox()
    const subscription = await bus.subscribe(
      type,
      (event, { signal }) => {
        begun.take(event)
        signals.push(signal)
        return new Promise<void>((resolve) => {
          finish = resolve
        })
      },
      { group: 'g' },
    )
    await bus.publish(type, 1)
    await begun.holds(1)
    const stopping = subscription.stop(8_000)
    finish()
    await stopping
    expect(signals[0]?.aborted).toBe(false)
    const again = await bus.subscribe(
      type,
      (event, { signal }) => {
        begun.take(event)
        signals.push(signal)
        return new Promise(() => {})
      },
      { group: 'g' },
    )
    await bus.publish(type, 2)
    await begun.holds(2)
    await again.stop(10)
    expect(signals[1]?.aborted).toBe(true)
  })
})

describe('what is kept', () => {
  it('answers the newest events, oldest of them first', async () => {
    const bus = open()
    const type = fresh()
    for (let n = 0; n < 5; n++) await bus.publish(type, n)
    expect((await bus.recent(type, 3)).map(({ data }) => data)).toEqual([2, 3, 4])
    expect(await bus.recent(type, 0)).toEqual([])
    expect(await bus.recent(fresh(), 3)).toEqual([])
  })

  it('is trimmed to the recent ones when all groups have acked the rest', async () => {
    const bus = open({ keepRecent: 20 })
    const type = fresh()
    const box = inbox()
    await bus.subscribe(type, box.take, { group: 'g', concurrency: 50 })
    for (let n = 0; n < 600; n++) await bus.publish(type, n)
    await box.holds(600)
    await expect
      .poll(async () => {
        await bus.publish(type, 'more')
        return await redis.xlen(`qb:{${type}}:stream`)
      })
      .toBeLessThanOrEqual(120)
    expect(await bus.recent(type, 20)).toHaveLength(20)
  })

  it('never loses what a group has not acked, however much is published', async () => {
    const bus = open({ keepRecent: 10 })
    const type = fresh()
    const [quick, slow] = [inbox(), inbox()]
    const first = await bus.subscribe(type, slow.take, { group: 'slow' })
    await bus.subscribe(type, quick.take, { group: 'quick', concurrency: 50 })
    await bus.publish(type, 0)
    await slow.holds(1)
    await first.stop()
    for (let n = 1; n < 500; n++) await bus.publish(type, n)
    await quick.holds(500)
    await bus.subscribe(type, slow.take, { group: 'slow', concurrency: 50 })
    await slow.holds(500)
    expect((slow.data() as number[]).sort((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, n) => n))
  })

  it('is trimmed no further than the slowest group, and never past an event that waits for its retry', async () => {
    const bus = open({ keepRecent: 10 })
    const type = fresh()
    const [slow, picky] = [inbox(), inbox()]
    const first = await bus.subscribe(type, slow.take, { group: 'slow' })
    await bus.subscribe(
      type,
      (event) => {
        picky.take(event)
        if (event.data === 10) throw new Error('not now')
      },
      { group: 'picky', concurrency: 50, retryDelaysMs: [3_600_000] },
    )
    const ids: string[] = []
    for (let n = 0; n < 30; n++) ids.push(await bus.publish(type, n))
    await slow.holds(30)
    await first.stop()
    for (let n = 30; n < 400; n++) ids.push(await bus.publish(type, n))
    await picky.holds(400)
    const kept = async () => (await redis.xrange(`qb:{${type}}:stream`, '-', '+')).map(([id]) => id)
    expect((await kept())[0]).toBe(ids[10])
    await bus.subscribe(type, slow.take, { group: 'slow', concurrency: 50 })
    await slow.holds(400)
    await expect
      .poll(async () => {
        await bus.publish(type, 'more')
        return (await kept())[0]
      })
      .toBe(ids[10])
    expect((slow.data() as unknown[]).filter((data) => data !== 'more')).toHaveLength(400)
  })
})

describe('a subscriber that is killed', () => {
  let folder: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'queuescope-bus-'))
    await build({
      configFile: false,
      logLevel: 'silent',
      resolve: { alias: { '@shared': resolve(import.meta.dirname, '../../src-shared') } },
      ssr: { noExternal: true, target: 'node' },
      build: {
        ssr: resolve(import.meta.dirname, 'event-bus-crash-worker.ts'),
        outDir: folder,
        target: 'node20',
        rolldownOptions: { output: { entryFileNames: 'worker.mjs' } },
      },
    })
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('leaves its event to another of its group, and the other group undisturbed', async () => {
    const bus = open()
    const type = fresh()
    const [calm, heir] = [inbox(), inbox()]
    await bus.subscribe(type, calm.take, { group: 'calm' })
    for (let n = 0; n < 6; n++) await bus.publish(type, { n })
    const child = spawn(process.execPath, [join(folder, 'worker.mjs'), String(server.port), type, 'rough'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      let said = ''
      for await (const chunk of child.stdout) {
        said += String(chunk)
        // It hangs on the second event.
        if (said.includes('1\n')) break
      }
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
      const attempts: string[] = []
      await bus.subscribe<{ readonly n: number }>(
        type,
        (event, { attempt }) => {
          attempts.push(`${event.data.n}:${attempt}`)
          heir.take(event)
        },
        { group: 'rough' },
      )
      await heir.holds(5)
      expect(attempts.sort()).toEqual(['1:2', '2:1', '3:1', '4:1', '5:1'])
      await calm.holds(6)
    } finally {
      child.kill('SIGKILL')
    }
  })
})
