import { expect } from 'vitest'
import { ack, type Check, fail, figures, nothingReady, put, take, textOf, texts } from './driver-conformance-scene'

/** Attempts, retries, leases that run out, and fences. */
export const leaseChecks: readonly Check[] = [
  {
    ability: 'core',
    says: 'counts attempts through retries, at once and after a delay',
    async check(scene) {
      await put(scene, texts('x'))
      for (const [attempt, retryInMs] of [
        [1, 0],
        [2, scene.tickMs],
        [3, undefined],
      ] as const) {
        const held = await take(scene, 1)
        expect(held[0]!.message.attempt).toBe(attempt)
        if (retryInMs !== undefined) expect(await fail(scene, held, retryInMs)).toEqual(['applied'])
      }
      await figures(scene, { failedTotal: 2 })
    },
  },
  {
    ability: 'core',
    says: 'holds a retry back for its delay',
    async check(scene) {
      await put(scene, texts('x', 'y'))
      const held = await take(scene, 2)
      expect(await fail(scene, held.slice(0, 1), 3_000_000)).toEqual(['applied'])
      expect(await fail(scene, held.slice(1), scene.tickMs)).toEqual(['applied'])
      expect((await take(scene, 1)).map(textOf)).toEqual([textOf(held[1]!)])
      await nothingReady(scene)
      await figures(scene, { ready: 0, delayed: 1, leased: 1 })
    },
  },
  {
    ability: 'core',
    says: 'never gives out again what was failed for good',
    async check(scene) {
      await put(scene, texts('x'))
      expect(await fail(scene, await take(scene, 1), undefined)).toEqual(['applied'])
      await nothingReady(scene)
      await figures(scene, { ready: 0, delayed: 0, leased: 0, dead: 1, diedTotal: 1 })
    },
  },
  {
    ability: 'core',
    says: 'gives a message out again when its lease runs out, and counts that attempt',
    async check(scene) {
      await put(scene, texts('x'))
      await take(scene, 1, { leaseMs: scene.tickMs })
      const [again] = await take(scene, 1)
      expect(again!.message.attempt).toBe(2)
    },
  },
  {
    ability: 'core',
    says: 'buries a message whose last attempt was lost with its worker',
    async check(scene) {
      await put(scene, [{ body: 'killer', maxAttempts: 1 }, { body: 'other' }])
      const held = await take(scene, 2, { leaseMs: scene.tickMs })
      expect(held.map(({ message }) => message.maxAttempts).sort()).toEqual([1, 3])
      // The other one is back: its lease had the same end.
      expect((await take(scene, 1)).map(textOf)).toEqual(['other'])
      await nothingReady(scene)
      await figures(scene, { dead: 1, diedTotal: 1 })
    },
  },
  {
    ability: 'extend',
    says: 'holds a lease that is extended, and says when it is lost',
    async check(scene) {
      const { driver, queue, tickMs } = scene
      await put(scene, texts('a', 'b'))
      const [kept] = await take(scene, 1, { leaseMs: 2 * tickMs })
      expect(await driver.extend(queue, kept!.leaseId, 600_000)).toBe(true)
      const [lost] = await take(scene, 1, { leaseMs: tickMs })
      const [again] = await take(scene, 1)
      expect(again!.message.id).toBe(lost!.message.id)
      await nothingReady(scene)
      expect(await ack(scene, [kept!])).toEqual(['applied'])
      expect(await driver.extend(queue, kept!.leaseId, 60_000)).toBe(false)
    },
  },
  {
    ability: 'fence',
    says: 'refuses whoever lost the lease, and heeds who has it now',
    async check(scene) {
      const { driver, queue, tickMs } = scene
      await put(scene, texts('x'))
      const [late] = await take(scene, 1, { leaseMs: tickMs })
      const [holder] = await take(scene, 1)
      expect(Number(holder!.leaseId)).toBeGreaterThan(Number(late!.leaseId))
      expect(await ack(scene, [late!])).toEqual(['stale'])
      expect(await fail(scene, [late!], 0)).toEqual(['stale'])
      expect(await fail(scene, [late!], undefined)).toEqual(['stale'])
      expect(await driver.extend(queue, late!.leaseId, 60_000)).toBe(false)
      await figures(scene, { ready: 0, leased: 1, dead: 0 })
      expect(await ack(scene, [holder!])).toEqual(['applied'])
      expect(await ack(scene, [holder!])).toEqual(['stale'])
      await figures(scene, { leased: 0, ackedTotal: 1 })
    },
  },
  {
    ability: 'fence',
    says: 'answers id by id when only a part of a batch is still held',
    async check(scene) {
      await put(scene, texts('a', 'b', 'c'))
      const held = await take(scene, 3)
      expect(await ack(scene, [held[1]!])).toEqual(['applied'])
      const outcomes = await ack(scene, [held[1]!, held[0]!])
      expect(outcomes).toEqual(['stale', 'applied'])
      const { leaseId, message } = held[2]!
      expect(await scene.driver.ack(scene.queue, { leaseId, ids: ['no such id', message.id] })).toEqual([
        'stale',
        'applied',
      ])
    },
  },
]
