import { expect } from 'vitest'
import type { ReplayStep } from '../driver-messages'
import {
  ack,
  boom,
  bury,
  type Check,
  fail,
  figures,
  nothingReady,
  put,
  type Scene,
  stored,
  take,
  textOf,
  texts,
  until,
} from './driver-conformance-scene'

/** Dead letters, what is told of them, and their way back. */
export const deadChecks: readonly Check[] = [
  {
    ability: 'deadLetters',
    says: 'keeps a dead letter with its bytes, its error and its attempts',
    async check(scene) {
      const body = Buffer.from([0x7b, 0xff, 0x00, 0x7d])
      const [id] = await put(scene, [{ body }])
      expect(await fail(scene, await take(scene, 1), 0)).toEqual(['applied'])
      expect(await fail(scene, await take(scene, 1), undefined)).toEqual(['applied'])
      const letter = await stored(scene, id!, 'dead')
      expect(Buffer.from(letter.body).toString('hex')).toBe(body.toString('hex'))
      expect(letter.error).toMatchObject({ name: boom.name, message: boom.message })
      expect(letter.error?.stack).toContain('somewhere')
      expect(letter.attempts).toBe(2)
      await nothingReady(scene)
      await figures(scene, { dead: 1, diedTotal: 1, ready: 0, leased: 0 })
    },
  },
  {
    ability: 'deadLetters',
    says: 'says of a lost worker’s last attempt that its lease expired',
    async check(scene) {
      const [id] = await put(scene, [{ body: 'x', maxAttempts: 1 }])
      await take(scene, 1, { leaseMs: scene.tickMs })
      await untilDead(scene)
      const letter = await stored(scene, id!, 'dead')
      expect(letter.error?.name).not.toBe('')
      expect(letter.attempts).toBe(1)
    },
  },
  {
    ability: 'deadLetters',
    says: 'keeps messages with hard errors: no stack, line ends, quotes, much text',
    async check(scene) {
      const errors = [
        { name: 'A', message: '', stack: null },
        { name: 'Quote"d', message: 'line\nend\r\n"quoted" \\ back é漢🙂 \u0000', stack: 'one\ntwo' },
        { name: 'Long', message: 'm'.repeat(20_000), stack: 's'.repeat(50_000) },
      ]
      for (const error of errors) {
        const [id] = await bury(scene, [error.name], error)
        const letter = await stored(scene, id!, 'dead')
        expect(letter.error?.name).toBe(error.name)
        const told = letter.error?.message ?? ''
        // Long texts may be cut, short ones may not.
        expect(error.message.startsWith(told.replace(/…$/, ''))).toBe(true)
        if (error.message.length <= 200) expect(told).toBe(error.message)
      }
    },
  },
  {
    ability: 'history',
    says: 'tells each attempt of a message, oldest first',
    async check(scene) {
      const [id] = await put(scene, texts('x'))
      await fail(scene, await take(scene, 1), 0, { ...boom, message: 'first time' })
      await fail(scene, await take(scene, 1), undefined, { ...boom, message: 'second time' })
      const { history } = await stored(scene, id!, 'dead')
      const told = history.map((event) => `${event.attempt} ${event.detail}`).join('\n')
      expect(told.indexOf('first time')).toBeGreaterThanOrEqual(0)
      expect(told.indexOf('second time')).toBeGreaterThan(told.indexOf('first time'))
      for (const { at } of history) expect(at).toBeGreaterThan(Date.UTC(2020, 0, 1))
    },
  },
  {
    ability: 'history',
    says: 'keeps the newest 64 events of a message that fails again and again',
    async check(scene) {
      const [id] = await put(scene, [{ body: 'x', maxAttempts: 100 }])
      for (let n = 1; n <= 70; n++) {
        const held = await take(scene, 1)
        expect(held[0]!.message.attempt).toBe(n)
        await fail(scene, held, n === 70 ? undefined : 0, { ...boom, message: `time ${n}` })
      }
      const { history, attempts } = await stored(scene, id!, 'dead')
      expect(attempts).toBe(70)
      expect(history.length).toBeLessThanOrEqual(64)
      expect(history.length).toBeGreaterThan(16)
      expect(history.at(-1)?.detail).toContain('time 70')
    },
  },
  {
    ability: 'replay',
    says: 'makes a dead letter ready again with fresh attempts, its bytes, and the replay counted',
    async check(scene) {
      const { driver, queue } = scene
      const [a, b] = await bury(scene, ['a', 'b'])
      expect(await driver.dead!.replayIds(queue, [a!, 'no such id', a!])).toEqual([true, false, false])
      const held = await take(scene, 1)
      expect(held.map(textOf)).toEqual(['a'])
      expect(held[0]!.message).toMatchObject({ attempt: 1, replays: 1 })
      await figures(scene, { dead: 1, replayedTotal: 1, leased: 1 })
      await fail(scene, held, undefined)
      expect(await driver.dead!.replayIds(queue, [held[0]!.message.id, b!])).toEqual([true, true])
      const again = await take(scene, 2)
      const replays = again.map((each) => `${textOf(each)} ${each.message.replays}`)
      expect(replays.sort()).toEqual(['a 2', 'b 1'])
      await ack(scene, again)
      await figures(scene, { dead: 0, ready: 0, leased: 0, replayedTotal: 3 })
    },
  },
  {
    ability: 'replay',
    says: 'replays all that were dead when it began, each once, and none that died meanwhile',
    async check(scene) {
      const { driver, queue } = scene
      const bodies = Array.from({ length: 23 }, (_, n) => `old ${n}`)
      await bury(scene, bodies)
      let before: string | null = null
      let moved = 0
      let steps = 0
      const seen: string[] = []
      do {
        const step: ReplayStep = await driver.dead!.replayDead(queue, { before, limit: 10 })
        expect(step.moved).toBeLessThanOrEqual(10)
        moved += step.moved
        before = step.before
        // What comes back dies again at once, and something new dies as well.
        const held = await take(scene, step.moved)
        seen.push(...held.map(textOf))
        await fail(scene, held, undefined)
        await bury(scene, [`new ${steps}`])
        steps++
        expect(steps).toBeLessThan(10)
      } while (before !== null)
      expect(moved).toBe(23)
      expect(seen.sort()).toEqual(bodies.sort())
      await figures(scene, { dead: 23 + steps, ready: 0, leased: 0 })
    },
  },
  {
    ability: 'replay',
    says: 'has nothing to replay where nothing is dead',
    async check({ driver, queue }) {
      expect(await driver.dead!.replayDead(queue, { before: null, limit: 10 })).toEqual({ moved: 0, before: null })
      expect(await driver.dead!.replayIds(queue, [])).toEqual([])
    },
  },
  {
    ability: 'replay',
    says: 'keeps the history through a replay',
    async check(scene) {
      if (scene.driver.abilities.history.answer === 'no') {
        expect(scene.driver.abilities.history.reason).not.toBe('')
        return
      }
      const [id] = await bury(scene, ['x'])
      expect(await scene.driver.dead!.replayIds(scene.queue, [id!])).toEqual([true])
      const held = await take(scene, 1)
      const { history, replays } = await stored(scene, held[0]!.message.id, 'leased')
      expect(replays).toBe(1)
      expect(history.map((event) => event.detail).join('\n')).toContain(boom.message)
    },
  },
]

/** What the engine's loops do, until the message is dead. */
const untilDead = (scene: Scene) =>
  until(scene, 'a death', async () => {
    await nothingReady(scene)
    const { dead } = await scene.driver.stats(scene.queue)
    return dead === null || dead === 1 ? true : undefined
  })
