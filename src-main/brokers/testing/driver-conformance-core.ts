import { isFailure } from '@shared/failure'
import { expect } from 'vitest'
import {
  ack,
  added,
  asking,
  type Check,
  figures,
  nothingReady,
  put,
  take,
  textOf,
  texts,
  until,
} from './driver-conformance-scene'

/** What every driver does, whatever else it can. */
export const coreChecks: readonly Check[] = [
  {
    ability: 'core',
    says: 'leases what was enqueued, once, and forgets what was acked',
    async check(scene) {
      const ids = await put(scene, texts('a', 'b', 'c'))
      const held = await take(scene, 3)
      expect(held.map(textOf).sort()).toEqual(['a', 'b', 'c'])
      expect(held.map(({ message }) => message.id).sort()).toEqual([...ids].sort())
      for (const { message } of held)
        expect(message).toMatchObject({
          attempt: 1,
          maxAttempts: 3,
          attributes: {},
          group: null,
          ownId: null,
          replays: 0,
        })
      await nothingReady(scene)
      expect(await ack(scene, held)).toEqual(['applied', 'applied', 'applied'])
      await nothingReady(scene)
      await figures(scene, { ready: 0, leased: 0, delayed: 0, dead: 0, ackedTotal: 3, enqueuedTotal: 3 })
    },
  },
  {
    ability: 'core',
    says: 'answers an empty queue with no lease',
    async check({ driver, queue }) {
      expect(await driver.lease(queue, asking())).toEqual({ lease: undefined, limitedForMs: undefined })
      expect(await driver.enqueue(queue, [])).toEqual([])
    },
  },
  {
    ability: 'core',
    says: 'gives no more than asked for, and counts ready and leased apart',
    async check(scene) {
      await put(scene, texts('a', 'b', 'c'))
      await figures(scene, { ready: 3, leased: 0 })
      const { lease } = await scene.driver.lease(scene.queue, asking({ count: 2 }))
      expect(lease?.messages.length).toBeLessThanOrEqual(2)
      await take(scene, 2 - (lease?.messages.length ?? 0))
      await figures(scene, { ready: 1, leased: 2, ackedTotal: 0 })
    },
  },
  {
    ability: 'core',
    says: 'says when a lease ends and when a message came, by the time of the broker',
    async check(scene) {
      await put(scene, texts('a'))
      const { lease } = await until(scene, 'a lease', async () => {
        const reply = await scene.driver.lease(scene.queue, asking({ leaseMs: 30_000 }))
        return reply.lease ? reply : undefined
      })
      const { enqueuedAt } = lease!.messages[0]!
      expect(enqueuedAt).toBeGreaterThan(Date.UTC(2020, 0, 1))
      expect(lease!.expiresAt - enqueuedAt).toBeGreaterThan(20_000)
      expect(lease!.expiresAt - enqueuedAt).toBeLessThan(90_000)
    },
  },
  {
    ability: 'core',
    says: 'brings every byte of a body back',
    async check(scene) {
      const bodies = [
        Buffer.alloc(0),
        Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x0a, 0x0d]),
        Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
        Buffer.from('{"n": 9007199254740993,  "n": 1}'),
        Buffer.alloc(100_000, 0xc3),
      ]
      await put(scene, [...bodies.map((body) => ({ body })), { body: 'é漢🙂\u0000' }])
      const held = await take(scene, bodies.length + 1)
      const expected = [...bodies, Buffer.from('é漢🙂\u0000')].map((body) => body.toString('hex'))
      expect(held.map(({ message }) => Buffer.from(message.body).toString('hex')).sort()).toEqual(expected.sort())
    },
  },
  {
    ability: 'core',
    says: 'takes 250 messages at once under ids of their own',
    async check(scene) {
      const bodies = Array.from({ length: 250 }, (_, n) => String(n))
      const ids = await put(scene, texts(...bodies))
      expect(new Set(ids).size).toBe(250)
      const held = await take(scene, 250)
      expect(held.map(textOf).sort()).toEqual(bodies.sort())
      expect(held.map(({ message }) => message.id).sort()).toEqual([...ids].sort())
    },
  },
  {
    ability: 'core',
    says: 'refuses a bad message alone and takes the rest of the batch',
    async check(scene) {
      const outcomes = await scene.driver.enqueue(scene.queue, [
        { body: 'first' },
        { body: 'early', delayMs: -1 },
        { body: 'odd', priority: 99 },
        { body: 'untried', maxAttempts: 0 },
        { body: 'last' },
      ])
      expect(outcomes.map((each) => each.outcome)).toEqual(['added', 'failed', 'failed', 'failed', 'added'])
      for (const each of outcomes)
        if (each.outcome === 'failed') {
          expect(['bad-input', 'unsupported']).toContain(each.failure.code)
          expect(each.failure.message).not.toBe('')
        }
      expect((await take(scene, 2)).map(textOf).sort()).toEqual(['first', 'last'])
      await nothingReady(scene)
    },
  },
  {
    ability: 'core',
    says: 'refuses a call of more than 1,000 messages whole',
    async check(scene) {
      const many = Array.from({ length: 1_001 }, () => ({ body: 'x' }))
      const refused = await scene.driver.enqueue(scene.queue, many).catch((error: unknown) => error)
      expect(isFailure(refused) && refused.code).toBe('bad-input')
      await nothingReady(scene)
    },
  },
  {
    ability: 'core',
    says: 'acks a finished batch and leases the next',
    async check(scene) {
      await put(scene, texts('a', 'b', 'c', 'd'))
      const first = await take(scene, 1)
      const turn = await scene.driver.turn(
        scene.queue,
        { leaseId: first[0]!.leaseId, ids: [first[0]!.message.id] },
        asking({ count: 3 }),
      )
      expect(turn.outcomes).toEqual(['applied'])
      const next = (turn.next?.messages ?? []).map((message) => ({ leaseId: turn.next!.leaseId, message }))
      const all = [...next, ...(await take(scene, 3 - next.length))]
      expect([...first, ...all].map(textOf).sort()).toEqual(['a', 'b', 'c', 'd'])
      await figures(scene, { ready: 0, leased: 3, ackedTotal: 1 })
    },
  },
  {
    ability: 'core',
    says: 'wakes who waits, and takes nothing for it',
    async check(scene) {
      const { driver, queue } = scene
      const waiting = driver.waitForReady(queue, 20_000, new AbortController().signal)
      await put(scene, texts('x'))
      await waiting
      expect((await take(scene, 1)).map(textOf)).toEqual(['x'])
      const stop = new AbortController()
      const aborted = driver.waitForReady(queue, 20_000, stop.signal)
      stop.abort()
      await aborted
      await driver.waitForReady(queue, 0, new AbortController().signal)
    },
  },
  {
    ability: 'core',
    says: 'gives every message to one of several that lease at the same time',
    async check(scene) {
      const ids = await put(scene, texts(...Array.from({ length: 60 }, (_, n) => String(n))))
      const seen: string[] = []
      await until(scene, 'all messages', async () => {
        const leases = await Promise.all(
          Array.from({ length: 6 }, () => scene.driver.lease(scene.queue, asking({ count: 7 }))),
        )
        for (const { lease } of leases) seen.push(...(lease?.messages ?? []).map((message) => message.id))
        return seen.length >= 60 ? true : undefined
      })
      expect(seen.sort()).toEqual(ids.sort())
    },
  },
  {
    ability: 'core',
    says: 'keeps queues apart',
    async check(scene) {
      const other = await scene.freshQueue('core')
      await put(scene, texts('here'))
      added(await scene.driver.enqueue(other, texts('there')))
      expect((await take(scene, 1)).map(textOf)).toEqual(['here'])
      expect((await take(scene, 1, {}, { driver: scene.driver, queue: other })).map(textOf)).toEqual(['there'])
    },
  },
]
