import { expect } from 'vitest'
import {
  ack,
  type Check,
  fail,
  figures,
  nothingReady,
  put,
  take,
  textOf,
  texts,
  until,
} from './driver-conformance-scene'

const hourMs = 3_600_000

/** How messages come in: when, with what, and which of them not at all. */
export const deliveryChecks: readonly Check[] = [
  {
    ability: 'delay',
    says: 'holds a delayed message until it is due, and says when the next is',
    async check(scene) {
      const { driver, queue, tickMs } = scene
      await put(scene, [{ body: 'later', delayMs: hourMs }, { body: 'soon', delayMs: tickMs }, { body: 'now' }])
      expect((await take(scene, 2)).map(textOf).sort()).toEqual(['now', 'soon'])
      await nothingReady(scene)
      await figures(scene, { ready: 0, delayed: 1, leased: 2 })
      const { moved, nextDueAt } = await driver.promote(queue, 100)
      expect(moved).toBe(0)
      if (nextDueAt !== null) expect(nextDueAt).toBeGreaterThan(Date.UTC(2020, 0, 1))
    },
  },
  {
    ability: 'delay',
    says: 'takes a due time instead of a delay, and gives out at once what is overdue',
    async check(scene) {
      await put(scene, texts('clock'))
      const [clock] = await take(scene, 1)
      const { enqueuedAt } = clock!.message
      await put(scene, [
        { body: 'overdue', dueAt: enqueuedAt - 1_000 },
        { body: 'later', dueAt: enqueuedAt + hourMs },
      ])
      expect((await take(scene, 1)).map(textOf)).toEqual(['overdue'])
      await nothingReady(scene)
      await figures(scene, { delayed: 1 })
    },
  },
  {
    ability: 'delay',
    says: 'promotes at most as many as asked for',
    async check(scene) {
      const { driver, queue, tickMs } = scene
      await put(
        scene,
        Array.from({ length: 7 }, (_, n) => ({ body: String(n), delayMs: tickMs })),
      )
      let moved = 0
      await until(scene, 'all to be promoted', async () => {
        const step = await driver.promote(queue, 3)
        expect(step.moved).toBeLessThanOrEqual(3)
        moved += step.moved
        const { delayed, ready } = await driver.stats(queue)
        return moved === 7 || delayed === null || (delayed === 0 && ready === 7) ? true : undefined
      })
      expect((await take(scene, 7)).map(textOf).sort()).toEqual(['0', '1', '2', '3', '4', '5', '6'])
    },
  },
  {
    ability: 'dedup',
    says: 'answers a second message of a key with the first one’s id',
    async check(scene) {
      const { driver, queue } = scene
      const dedup = { key: 'order 7', windowMs: scene.dedupWindowMs ?? 60_000 }
      const [first] = await put(scene, [{ body: 'first', dedup }])
      const outcomes = await driver.enqueue(queue, [
        { body: 'second', dedup },
        { body: 'other', dedup: { ...dedup, key: 'order 8' } },
        { body: 'twice', dedup: { ...dedup, key: 'order 8' } },
        { body: 'free' },
      ])
      expect(outcomes[0]).toEqual({ outcome: 'duplicate', id: first })
      expect(outcomes.map((each) => each.outcome)).toEqual(['duplicate', 'added', 'duplicate', 'added'])
      expect(outcomes[2]).toMatchObject({ id: outcomes[1]?.outcome === 'added' ? outcomes[1].id : '' })
      const held = await take(scene, 3)
      expect(held.map(textOf).sort()).toEqual(['first', 'free', 'other'])
      await ack(scene, held)
      expect(await driver.enqueue(queue, [{ body: 'after its end', dedup }])).toEqual([
        { outcome: 'duplicate', id: first },
      ])
      await nothingReady(scene)
    },
  },
  {
    ability: 'dedup',
    says: 'forgets a key when its window ends',
    async check(scene) {
      const { driver, queue } = scene
      const windowMs = scene.dedupWindowMs ?? 2 * scene.tickMs
      const message = { body: 'x', dedup: { key: 'again', windowMs } }
      const [first] = await put(scene, [message])
      if (scene.letTimePass) await scene.letTimePass(windowMs)
      const second = await until(scene, 'the end of the window', async () => {
        const [outcome] = await driver.enqueue(queue, [message])
        return outcome?.outcome === 'added' ? outcome.id : undefined
      })
      expect(second).not.toBe(first)
      expect(await take(scene, 2)).toHaveLength(2)
    },
  },
  {
    ability: 'dedup',
    says: 'lets one of many that come at the same time through',
    async check(scene) {
      const message = { body: 'x', dedup: { key: 'race', windowMs: scene.dedupWindowMs ?? 60_000 } }
      const outcomes = (
        await Promise.all(Array.from({ length: 12 }, () => scene.driver.enqueue(scene.queue, [message])))
      ).flat()
      expect(outcomes.filter((each) => each.outcome === 'added')).toHaveLength(1)
      expect(new Set(outcomes.map((each) => (each.outcome === 'failed' ? each.failure.message : each.id))).size).toBe(1)
      expect(await take(scene, 1)).toHaveLength(1)
      await nothingReady(scene)
    },
  },
  {
    ability: 'ownIds',
    says: 'takes an id of the sender once while that message exists',
    async check(scene) {
      const { driver, queue } = scene
      const [id] = await put(scene, [{ body: 'first', ownId: 'invoice 12' }])
      expect(await driver.enqueue(queue, [{ body: 'second', ownId: 'invoice 12' }])).toEqual([
        { outcome: 'duplicate', id },
      ])
      const held = await take(scene, 1)
      expect(held[0]!.message).toMatchObject({ id, ownId: 'invoice 12' })
      expect((await driver.enqueue(queue, [{ body: 'third', ownId: 'invoice 12' }]))[0]?.outcome).toBe('duplicate')
      await nothingReady(scene)
      await ack(scene, held)
      const [outcome] = await driver.enqueue(queue, [{ body: 'fourth', ownId: 'invoice 12' }])
      expect(outcome?.outcome).toBe('added')
      expect((await take(scene, 1)).map(textOf)).toEqual(['fourth'])
    },
  },
  {
    ability: 'attributes',
    says: 'carries attributes beside the body, through retries too',
    async check(scene) {
      const attributes = { traceparent: '00-abc-def-01', source: 'tests é漢', empty: '' }
      await put(scene, [{ body: 'x', attributes }])
      const held = await take(scene, 1)
      expect(held[0]!.message.attributes).toEqual(attributes)
      await fail(scene, held, 0)
      expect((await take(scene, 1))[0]!.message.attributes).toEqual(attributes)
    },
  },
]
