import { expect } from 'vitest'
import {
  ack,
  added,
  asking,
  type Check,
  fail,
  figures,
  leaseNow,
  nothingReady,
  put,
  take,
  textOf,
  texts,
  until,
} from './driver-conformance-scene'

const hourMs = 3_600_000

/** Which message comes next, and how many at once. */
export const orderChecks: readonly Check[] = [
  {
    ability: 'priority',
    says: 'gives out lower numbers first, and first in first out within one',
    async check(scene) {
      const priorities = [5, 9, 0, undefined, 3, 0, 9, 5, 1, 8, 2, 4, 6, 7, 3]
      await put(
        scene,
        priorities.map((priority, n) => ({
          body: `${priority ?? 5}.${n}`,
          ...(priority === undefined ? {} : { priority }),
        })),
      )
      const expected = priorities
        .map((priority = 5, n) => ({ priority, n }))
        .sort((a, b) => a.priority - b.priority || a.n - b.n)
        .map(({ priority, n }) => `${priority}.${n}`)
      const first = await leaseNow(scene, { count: 4 })
      const rest = await leaseNow(scene, { count: 100 })
      expect([...first, ...rest].map(textOf)).toEqual(expected)
    },
  },
  {
    ability: 'priority',
    says: 'keeps a priority through retry and delay',
    async check(scene) {
      await put(scene, [
        { body: 'first', priority: 0 },
        { body: 'last', priority: 9 },
      ])
      const [first] = await take(scene, 1)
      expect(await fail(scene, [first!], 0)).toEqual(['applied'])
      await put(scene, [{ body: 'due', priority: 1, delayMs: scene.tickMs }])
      await until(scene, 'the delayed one', async () => {
        await scene.driver.promote(scene.queue, 10)
        return (await scene.driver.stats(scene.queue)).ready === 3 ? true : undefined
      })
      expect((await leaseNow(scene)).map(textOf)).toEqual(['first', 'due', 'last'])
    },
  },
  {
    ability: 'groups',
    says: 'keeps one of each group in flight, in strict order',
    async check(scene) {
      await put(
        scene,
        ['a1', 'a2', 'b1', 'a3', 'b2'].map((body) => ({ body, group: body[0]! })),
      )
      const order: string[] = []
      for (let left = 5; left > 0; ) {
        const held = await take(scene, 1, { count: 10 })
        const more = await leaseNow(scene, { count: 10 })
        const both = [...held, ...more]
        expect(new Set(both.map(({ message }) => message.group)).size).toBe(both.length)
        order.push(...both.map(textOf))
        left -= both.length
        expect(await ack(scene, both)).toEqual(both.map(() => 'applied'))
      }
      expect(order.filter((body) => body.startsWith('a'))).toEqual(['a1', 'a2', 'a3'])
      expect(order.filter((body) => body.startsWith('b'))).toEqual(['b1', 'b2'])
      await figures(scene, { ready: 0, leased: 0, ackedTotal: 5 })
    },
  },
  {
    ability: 'groups',
    says: 'lets a retry and a lost lease block their group alone',
    async check(scene) {
      await put(
        scene,
        ['a1', 'a2', 'b1', 'b2'].map((body) => ({ body, group: body[0]! })),
      )
      const held = await take(scene, 2, { count: 2 })
      expect(held.map(textOf).sort()).toEqual(['a1', 'b1'])
      const a1 = held.filter((each) => textOf(each) === 'a1')
      const b1 = held.filter((each) => textOf(each) === 'b1')
      expect(await fail(scene, a1, hourMs)).toEqual(['applied'])
      expect(await ack(scene, b1)).toEqual(['applied'])
      expect((await take(scene, 1, { count: 10, leaseMs: scene.tickMs })).map(textOf)).toEqual(['b2'])
      const [again] = await take(scene, 1, { count: 10 })
      expect(textOf(again!)).toBe('b2')
      expect(again!.message.attempt).toBe(2)
      await nothingReady(scene)
    },
  },
  {
    ability: 'groups',
    says: 'goes on with a group after its head was retried, and after it died',
    async check(scene) {
      await put(
        scene,
        ['a1', 'a2', 'a3'].map((body) => ({ body, group: 'a' })),
      )
      const order: string[] = []
      const first = await take(scene, 1)
      expect(await fail(scene, first, scene.tickMs)).toEqual(['applied'])
      const again = await take(scene, 1)
      order.push(textOf(again[0]!))
      expect(await fail(scene, again, undefined)).toEqual(['applied'])
      for (let n = 0; n < 2; n++) {
        const held = await take(scene, 1)
        order.push(textOf(held[0]!))
        await ack(scene, held)
      }
      expect(order).toEqual(['a1', 'a2', 'a3'])
      await figures(scene, { dead: 1, ready: 0, leased: 0 })
    },
  },
  {
    ability: 'groups',
    says: 'is fair between a long group and short ones',
    async check(scene) {
      await put(scene, [
        ...Array.from({ length: 20 }, (_, n) => ({ body: `long ${n}`, group: 'long' })),
        { body: 'b', group: 'b' },
        { body: 'c', group: 'c' },
      ])
      const started: string[] = []
      for (let round = 0; round < 4; round++) {
        const held = await take(scene, 1)
        started.push(textOf(held[0]!))
        await ack(scene, held)
      }
      expect(started).toContain('b')
      expect(started).toContain('c')
    },
  },
  {
    ability: 'limit',
    says: 'lets no more begin in a span than the limit says, all workers together',
    async check(scene) {
      const { driver, queue } = scene
      const limit = { max: 3, perMs: hourMs }
      await put(scene, texts('a', 'b', 'c', 'd', 'e'))
      const begun = await Promise.all(
        Array.from({ length: 4 }, (_, n) => driver.lease(queue, asking({ worker: `w${n}`, count: 2, limit }))),
      )
      expect(begun.flatMap(({ lease }) => lease?.messages ?? [])).toHaveLength(3)
      const held = await driver.lease(queue, asking({ limit }))
      expect(held.lease).toBeUndefined()
      expect(held.limitedForMs).toBeGreaterThan(0)
      expect(held.limitedForMs).toBeLessThanOrEqual(hourMs)
    },
  },
  {
    ability: 'limit',
    says: 'lets more begin when the span is over',
    async check(scene) {
      const limit = { max: 2, perMs: 5 * scene.tickMs }
      await put(scene, texts('a', 'b', 'c'))
      expect((await leaseNow(scene, { limit })).length).toBe(2)
      expect((await take(scene, 1, { limit, count: 10 })).map(textOf)).toEqual(['c'])
    },
  },
  {
    ability: 'groupLimit',
    says: 'limits each group by itself',
    async check(scene) {
      const { driver, queue } = scene
      const groupLimit = { max: 1, perMs: hourMs }
      await put(
        scene,
        ['a1', 'a2', 'b1', 'b2'].map((body) => ({ body, group: body[0]! })),
      )
      const held = await take(scene, 2, { groupLimit })
      expect(held.map(textOf).sort()).toEqual(['a1', 'b1'])
      await ack(scene, held)
      const reply = await driver.lease(queue, asking({ groupLimit }))
      expect(reply.lease).toBeUndefined()
      expect(reply.limitedForMs).toBeGreaterThan(0)
      added(await driver.enqueue(queue, [{ body: 'c1', group: 'c' }]))
      expect((await take(scene, 1, { groupLimit })).map(textOf)).toEqual(['c1'])
    },
  },
]
