import { expect } from 'vitest'
import {
  ack,
  bury,
  type Check,
  fail,
  figures,
  leaseNow,
  nothingReady,
  purge,
  put,
  skipsDead,
  take,
  textOf,
  texts,
} from './driver-conformance-scene'

const hourMs = 3_600_000
const numbered = (count: number, name = '') => Array.from({ length: count }, (_, n) => `${name}${n}`)

/** What a person does to messages: mending, stopping, removing. */
export const mendingChecks: readonly Check[] = [
  {
    ability: 'edit',
    says: 'changes a body that is as it was seen, and no other',
    async check(scene) {
      const { driver, queue } = scene
      const mending = driver.mending!
      const edit = (id: string, seen: string, body: string) =>
        mending.edit(queue, { id, seen: Buffer.from(seen), body: Buffer.from(body) })
      const [id] = await put(scene, texts('old'))
      expect(await edit(id!, 'other', 'new')).toBe('changed')
      expect(await edit(id!, 'old', 'new')).toBe('applied')
      expect(await edit(id!, 'old', 'newer')).toBe('changed')
      expect(await edit('no such id', 'old', 'new')).toBe('gone')
      const held = await take(scene, 1)
      expect(held.map(textOf)).toEqual(['new'])
      expect(await edit(id!, 'new', 'newer')).toBe('leased')
      await fail(scene, held, undefined)
      expect(await edit(id!, 'new', 'mended')).toBe('applied')
      expect(await driver.dead!.replayIds(queue, [id!])).toEqual([true])
      expect((await take(scene, 1)).map(textOf)).toEqual(['mended'])
    },
  },
  {
    ability: 'cancel',
    says: 'cancels what is ready or delayed, and nothing that a worker holds',
    async check(scene) {
      const { driver, queue } = scene
      const [held, ready, stays] = await put(scene, texts('held', 'ready', 'stays'))
      const inHand = await take(scene, 1)
      const first = inHand[0]!.message.id
      const others = [held!, ready!, stays!].filter((id) => id !== first)
      const ids = [first, others[0]!, 'no such id']
      expect(await driver.mending!.cancel(queue, ids)).toEqual(['leased', 'applied', 'gone'])
      expect((await take(scene, 1)).map(({ message }) => message.id)).toEqual([others[1]])
      expect(await ack(scene, inHand)).toEqual(['applied'])
      await nothingReady(scene)
      expect(await driver.mending!.cancel(queue, [])).toEqual([])
      await figures(scene, { ready: 0, leased: 1, ackedTotal: 1 })
    },
  },
  {
    ability: 'cancel',
    says: 'cancels what waits for its time',
    async check(scene) {
      const { driver, queue } = scene
      await put(scene, texts('x'))
      const held = await take(scene, 1)
      await fail(scene, held, scene.tickMs)
      expect(await driver.mending!.cancel(queue, [held[0]!.message.id])).toEqual(['applied'])
      await figures(scene, { ready: 0, delayed: 0, leased: 0, dead: 0 })
      await nothingReady(scene)
    },
  },
  {
    ability: 'promote',
    says: 'makes a delayed message ready before its time',
    async check(scene) {
      const { driver, queue } = scene
      await put(scene, texts('x', 'y'))
      const held = await take(scene, 2)
      await fail(scene, held, hourMs)
      const [x, y] = held.map(({ message }) => message.id)
      expect(await driver.mending!.promoteIds(queue, [x!, 'no such id'])).toEqual(['applied', 'gone'])
      const again = await take(scene, 1)
      expect(again[0]!.message).toMatchObject({ id: x, attempt: 2 })
      await nothingReady(scene)
      expect(await driver.mending!.promoteIds(queue, [x!, y!])).toEqual([
        expect.stringMatching(/gone|leased/),
        'applied',
      ])
    },
  },
  {
    ability: 'changePriority',
    says: 'moves a waiting message to another priority',
    async check(scene) {
      const { driver, queue } = scene
      const [a, b, c] = await put(scene, texts('a', 'b', 'c'))
      expect(await driver.mending!.changePriority(queue, [c!, 'no such id'], 0)).toEqual(['applied', 'gone'])
      expect(await driver.mending!.changePriority(queue, [a!], 9)).toEqual(['applied'])
      const held = await leaseNow(scene)
      expect(held.map(textOf)).toEqual(['c', 'b', 'a'])
      expect(await driver.mending!.changePriority(queue, [b!], 1)).toEqual(['leased'])
    },
  },
  {
    ability: 'pause',
    says: 'gives nothing out while paused, and lets the rest go on',
    async check(scene) {
      const { driver, queue } = scene
      await put(scene, texts('a', 'b'))
      const [held] = await take(scene, 1)
      await driver.pausing!.setPaused(queue, true)
      await driver.pausing!.setPaused(queue, true)
      await nothingReady(scene)
      expect((await driver.stats(queue)).paused).toBe(true)
      await put(scene, texts('c'))
      expect(await ack(scene, [held!])).toEqual(['applied'])
      await driver.pausing!.setPaused(queue, false)
      expect((await driver.stats(queue)).paused).toBe(false)
      const rest = await take(scene, 2)
      expect([held!, ...rest].map(textOf).sort()).toEqual(['a', 'b', 'c'])
    },
  },
  {
    ability: 'purge',
    says: 'removes what is ready, in steps, and leaves what a worker holds',
    async check(scene) {
      const [, ...rest] = await put(scene, texts(...numbered(26)))
      const held = await take(scene, 1)
      expect(await purge(scene, 'ready', 10)).toBe(rest.length)
      await nothingReady(scene)
      expect(await ack(scene, held)).toEqual(['applied'])
      await put(scene, texts('after'))
      expect((await take(scene, 1)).map(textOf)).toEqual(['after'])
    },
  },
  {
    ability: 'purge',
    says: 'leaves what came while it ran',
    async check(scene) {
      await put(scene, texts(...numbered(25)))
      let came = 0
      await purge(scene, 'ready', 10, async () => void (await put(scene, texts(`new ${came++}`))))
      expect((await take(scene, came)).map(textOf).sort()).toEqual(numbered(came, 'new ').sort())
    },
  },
  {
    ability: 'purge',
    says: 'removes what is delayed, and what is dead, and neither touches the other',
    async check(scene) {
      await put(scene, texts(...numbered(15)))
      await fail(scene, await take(scene, 15), hourMs)
      if (!skipsDead(scene)) {
        await bury(scene, numbered(5))
        expect(await purge(scene, 'dead', 4)).toBe(5)
        await figures(scene, { dead: 0, delayed: 15 })
      }
      expect(await purge(scene, 'delayed', 10)).toBe(15)
      await figures(scene, { ready: 0, delayed: 0, leased: 0, dead: 0 })
      expect(await purge(scene, 'done', 10)).toBe(0)
    },
  },
]
