import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { Engine } from './engine'
import { engineOnRedis } from './testing/engine-on-redis'

const on = engineOnRedis('schedules')

describe('schedules', () => {
  it('are put, listed and removed; the same once more changes nothing', async () => {
    const queue = on.engine.queue<{ report: string }>(on.fresh())
    const schedule = { cron: '0 7 * * 1-5', timeZone: 'Europe/Vienna', data: { report: 'sales' } }
    const first = await queue.schedules.put('daily', schedule)
    expect(new Date(first.nextAt).toISOString()).toMatch(/T0[56]:00:00/)
    expect(await queue.schedules.put('daily', { ...schedule })).toEqual(first)
    const other = await queue.schedules.put('daily', { ...schedule, cron: '0 8 * * 1-5' })
    expect(other.nextAt).not.toBe(first.nextAt)
    expect(await queue.schedules.list()).toEqual([other])
    expect(await queue.schedules.remove('daily')).toBe(true)
    expect(await queue.schedules.remove('daily')).toBe(false)
    expect(await queue.schedules.list()).toEqual([])
  })

  it('refuse what they could not keep', async () => {
    const queue = on.engine.queue(on.fresh(), { schema: z.number() })
    for (const bad of [
      { data: 1 },
      { data: 1, cron: '* * * * *', everyMs: 1_000 },
      { data: 1, cron: 'nonsense' },
      { data: 1, cron: '* * * * *', timeZone: 'No/Where' },
      { data: 1, everyMs: 10 },
      { data: 1, everyMs: 1_000, limit: 0 },
      { data: 1, everyMs: 1_000, until: 5 },
      { data: 'no number' as never, everyMs: 1_000 },
      { data: 1, everyMs: 1_000, options: { priority: 44 } },
    ])
      await expect(queue.schedules.put('bad', bad)).rejects.toMatchObject({ code: 'bad-input' })
    await expect(queue.schedules.put('', { data: 1, everyMs: 1_000 })).rejects.toMatchObject({ code: 'bad-input' })
    expect(await queue.schedules.list()).toEqual([])
  })

  it('give one message a tick however many schedulers run, and end after their last', async () => {
    const name = on.fresh()
    const others = await Promise.all([1, 2, 3].map(() => Engine.open({ redis: { port: on.server.port } })))
    const queue = on.engine.queue<string>(name)
    const workers = others.map((other) => other.worker(other.queue<string>(name), () => {}))
    for (const worker of workers) await worker.pause()
    await queue.schedules.put('tick', {
      everyMs: 1_000,
      limit: 2,
      data: 'x',
      options: { priority: 1, attributes: { from: 'clock' } },
    })
    await vi.waitFor(async () => expect(await queue.schedules.list()).toEqual([]), { timeout: 5_000, interval: 20 })
    const messages = await queue.lease({ count: 10 })
    expect(messages.map(({ data, attributes }) => [data, attributes.schedule, attributes.from])).toEqual([
      ['x', 'tick', 'clock'],
      ['x', 'tick', 'clock'],
    ])
    const times = messages.map(({ attributes }) => Date.parse(attributes.scheduledFor!))
    expect(times[1]! - times[0]!).toBe(1_000)
    await Promise.all(others.map((other) => other.close(0)))
  })

  it('catch up with what passed while nobody looked', async () => {
    const queues = ['none', 'one', 'all'].map((catchUp) => ({ catchUp, queue: on.engine.queue<string>(on.fresh()) }))
    const hour = 3_600_000
    for (const { queue, catchUp } of queues) {
      const { driver, name } = queue.seat.context
      const given = { everyMs: hour, data: 'x', catchUp }
      const last = Math.floor(Date.now() / hour) * hour
      // As a process left it that stopped three hours ago.
      await driver.schedules!.put(name, {
        key: 'late',
        nextAt: last - 2 * hour,
        definition: JSON.stringify({ given, timing: { everyMs: hour } }),
      })
      await queue.lease()
    }
    const counts = async () => Promise.all(queues.map(async ({ queue }) => (await queue.stats()).enqueuedTotal))
    await vi.waitFor(async () => {
      const lists = await Promise.all(queues.map(({ queue }) => queue.schedules.list()))
      expect(lists.every(([entry]) => entry!.nextAt > Date.now())).toBe(true)
    }, 8_000)
    // Just after the hour the newest tick is still in time.
    expect([
      [0, 1, 3],
      [1, 1, 3],
    ]).toContainEqual(await counts())
  })

  it('report what cannot be read, and go on with the others', async () => {
    const errors: unknown[] = []
    const own = await Engine.open({ redis: { port: on.server.port }, onError: (error) => errors.push(error) })
    const queue = own.queue<string>(on.fresh())
    const { driver, name } = queue.seat.context
    await driver.schedules!.put(name, { key: 'broken', nextAt: 1, definition: 'nonsense' })
    await driver.schedules!.put(name, {
      key: 'good',
      nextAt: 2,
      definition: JSON.stringify({ given: { everyMs: 60_000, data: 1 }, timing: { everyMs: 60_000 } }),
    })
    await queue.lease()
    await vi.waitFor(async () => expect(await queue.stats()).toMatchObject({ enqueuedTotal: 1 }), 5_000)
    expect(errors.map(String)).toEqual([expect.stringMatching(/broken cannot be read/)])
    await own.close()
  })
})
