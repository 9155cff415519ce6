import { expect } from 'vitest'
import type { StoredPage } from '../driver-messages'
import {
  ack,
  bury,
  type Check,
  fail,
  figures,
  leaseNow,
  purge,
  put,
  type Scene,
  skipsDead,
  take,
  texts,
  until,
} from './driver-conformance-scene'

const hourMs = 3_600_000
const numbered = (count: number, name = '') => Array.from({ length: count }, (_, n) => `${name}${n}`)

/** Looking at messages, stopping and removing them, and what is told of them. */
export const lookingChecks: readonly Check[] = [
  {
    ability: 'find',
    says: 'finds a message by its id in every state, and answers undefined for none',
    async check(scene) {
      const { driver, queue } = scene
      const { abilities } = driver
      const looking = driver.looking!
      const [id] = await put(scene, texts('x'))
      expect(await looking.find(queue, id!)).toMatchObject({ id, state: 'ready', attempts: 0, ownId: null, replays: 0 })
      const held = await take(scene, 1)
      const found = await looking.find(queue, id!)
      expect(found).toMatchObject({
        id,
        state: 'leased',
        error: null,
        result: null,
        progress: null,
        pendingChildren: 0,
      })
      expect(Buffer.from(found!.body).toString()).toBe('x')
      expect(found!.enqueuedAt).toBeGreaterThan(Date.UTC(2020, 0, 1))
      await fail(scene, held, hourMs)
      const delayed = await looking.find(queue, id!)
      expect(delayed).toMatchObject({ state: 'delayed', attempts: 1 })
      expect(delayed!.dueAt).toBeGreaterThan(delayed!.enqueuedAt!)
      if (abilities.deadLetters.answer === 'yes') {
        const [dead] = await bury(scene, ['y'])
        const letter = await looking.find(queue, dead!)
        expect(letter).toMatchObject({ state: 'dead', attempts: 1 })
        expect(letter!.finishedAt).toBeGreaterThan(Date.UTC(2020, 0, 1))
      }
      expect(await looking.find(queue, 'no such id')).toBeUndefined()
      expect(await looking.find(queue, '')).toBeUndefined()
      const [gone] = await put(scene, texts('z'))
      await ack(scene, await take(scene, 1))
      expect(await looking.find(queue, gone!)).toBeUndefined()
    },
  },
  {
    ability: 'find',
    says: 'finds a message by the id that its sender chose, with all that was sent',
    async check(scene) {
      const { driver, queue } = scene
      const can = (name: 'ownIds' | 'attributes' | 'priority' | 'groups') => driver.abilities[name].answer === 'yes'
      const sent = {
        body: '{"n":1}',
        maxAttempts: 7,
        ...(can('ownIds') ? { ownId: 'own 1' } : {}),
        ...(can('attributes') ? { attributes: { source: 'test' } } : {}),
        ...(can('groups') ? { group: 'g' } : {}),
      }
      const [id] = await put(scene, [sent])
      const found = await driver.looking!.find(queue, can('ownIds') ? 'own 1' : id!)
      expect(found).toMatchObject({
        id,
        maxAttempts: 7,
        ownId: can('ownIds') ? 'own 1' : null,
        attributes: can('attributes') ? { source: 'test' } : {},
        group: can('groups') ? 'g' : null,
      })
      if (!can('priority')) return
      const [soon] = await put(scene, [{ body: 'p', priority: 2 }])
      expect((await driver.looking!.find(queue, soon!))?.priority).toBe(2)
    },
  },
  {
    ability: 'browse',
    says: 'pages through ready messages while others come: none is repeated or missed',
    async check(scene) {
      const ids = await put(scene, texts(...numbered(25)))
      let arrived = 0
      const seen = await pages(scene, 'ready', async () => {
        await put(scene, texts(`new ${arrived++}`))
      })
      expect(new Set(seen).size).toBe(seen.length)
      expect(ids.filter((id) => !seen.includes(id))).toEqual([])
    },
  },
  {
    ability: 'browse',
    says: 'pages through ready messages while some are taken: none is repeated, none that stays is missed',
    async check(scene) {
      const ids = await put(scene, texts(...numbered(25)))
      const taken: string[] = []
      const seen = await pages(scene, 'ready', async () => {
        taken.push(...(await leaseNow(scene, { count: 2 })).map(({ message }) => message.id))
      })
      expect(new Set(seen).size).toBe(seen.length)
      expect(ids.filter((id) => !seen.includes(id) && !taken.includes(id))).toEqual([])
    },
  },
  {
    ability: 'browse',
    says: 'pages through dead letters while others die',
    async check(scene) {
      if (skipsDead(scene)) return
      const ids = await bury(scene, numbered(25))
      let died = 0
      const seen = await pages(scene, 'dead', async () => void (await bury(scene, [`new ${died++}`])))
      expect(new Set(seen).size).toBe(seen.length)
      expect(ids.filter((id) => !seen.includes(id))).toEqual([])
    },
  },
  {
    ability: 'browse',
    says: 'pages through leased messages and retries that wait',
    async check(scene) {
      const ids = await put(scene, texts(...numbered(25)))
      const held = await take(scene, 25)
      expect((await pages(scene, 'leased')).sort()).toEqual([...ids].sort())
      await fail(scene, held, hourMs)
      expect((await pages(scene, 'delayed')).sort()).toEqual([...ids].sort())
      expect(await pages(scene, 'leased')).toEqual([])
      expect(await pages(scene, 'ready')).toEqual([])
      expect(await pages(scene, 'done')).toEqual([])
    },
  },
  {
    ability: 'keepDone',
    says: 'keeps the newest of what is done, with their results',
    async check(scene) {
      const { driver, queue } = scene
      const ids = await put(scene, texts('a', 'b', 'c'))
      for (const { leaseId, message } of await take(scene, 3)) {
        const results = new Map([[message.id, JSON.stringify({ of: Buffer.from(message.body).toString() })]])
        const finished = { leaseId, ids: [message.id], results, keep: { count: 2, ageMs: hourMs } }
        expect(await driver.ack(queue, finished)).toEqual(['applied'])
      }
      await figures(scene, { done: 2, ackedTotal: 3, ready: 0, leased: 0 })
      const found = await Promise.all(ids.map((id) => driver.looking!.find(queue, id)))
      expect(found.map((each) => each?.result ?? null)).toEqual([null, '{"of":"b"}', '{"of":"c"}'])
      expect(found[2]).toMatchObject({ state: 'done', error: null })
      expect((await pages(scene, 'done')).sort()).toEqual(ids.slice(1).sort())
      expect(await purge(scene, 'done', 10)).toBe(2)
      await figures(scene, { done: 0 })
    },
  },
  {
    ability: 'keepDone',
    says: 'forgets what was done longer ago than the age says',
    async check(scene) {
      const { driver, queue, tickMs } = scene
      const finish = async (ageMs: number) => {
        const { leaseId, message } = (await take(scene, 1))[0]!
        await driver.ack(queue, { leaseId, ids: [message.id], keep: { count: 100, ageMs } })
        return message.id
      }
      await put(scene, texts('old'))
      const old = await finish(hourMs)
      expect((await driver.looking!.find(queue, old))?.state).toBe('done')
      await until(scene, 'the end of the age', async () => {
        await put(scene, texts('new'))
        await finish(tickMs)
        return (await driver.looking!.find(queue, old)) ? undefined : true
      })
    },
  },
  {
    ability: 'keepDone',
    says: 'keeps what a turn acks',
    async check(scene) {
      const { driver, queue } = scene
      const [id] = await put(scene, texts('x'))
      const [held] = await take(scene, 1)
      const results = new Map([[id!, '42']])
      const turn = await driver.turn(
        queue,
        { leaseId: held!.leaseId, ids: [id!], results, keep: { count: 5, ageMs: hourMs } },
        { worker: 'conformance', count: 1, leaseMs: 60_000 },
      )
      expect(turn).toMatchObject({ outcomes: ['applied'], next: undefined })
      expect(await driver.looking!.find(queue, id!)).toMatchObject({ state: 'done', result: '42' })
    },
  },
  {
    ability: 'progress',
    says: 'keeps progress and the newest 100 lines of a message at work',
    async check(scene) {
      const { driver, queue } = scene
      const notes = driver.notes!
      const [id] = await put(scene, texts('x'))
      const held = await take(scene, 1)
      expect(await notes.setProgress(queue, id!, '{"done":1}')).toBe(true)
      expect(await notes.setProgress(queue, id!, '{"done":2}')).toBe(true)
      for (let n = 0; n < 105; n++) expect(await notes.addLog(queue, id!, `line ${n}\n"é"`)).toBe(true)
      expect(await notes.setProgress(queue, 'no such id', '1')).toBe(false)
      expect(await notes.addLog(queue, 'no such id', 'x')).toBe(false)
      const found = await driver.looking!.find(queue, id!)
      expect(found?.progress).toBe('{"done":2}')
      expect(found?.logs).toEqual(
        numbered(105)
          .slice(5)
          .map((n) => `line ${n}\n"é"`),
      )
      await fail(scene, held, 0)
      expect((await driver.looking!.find(queue, id!))?.logs).toHaveLength(100)
      await ack(scene, await take(scene, 1))
      expect(await notes.addLog(queue, id!, 'too late')).toBe(false)
    },
  },
]

/** Ids of all pages of 10, in the order seen. */
async function pages(
  scene: Scene,
  state: 'ready' | 'delayed' | 'leased' | 'dead' | 'done',
  between: () => Promise<void> = async () => {},
): Promise<string[]> {
  const seen: string[] = []
  let cursor: string | null = null
  for (let page = 0; page < 20; page++) {
    const found: StoredPage = await scene.driver.looking!.browse(scene.queue, { state, cursor, limit: 10 })
    expect(found.items.length).toBeLessThanOrEqual(10)
    for (const item of found.items) expect(item.state).toBe(state)
    seen.push(...found.items.map((item) => item.id))
    cursor = found.nextCursor
    if (cursor === null) return seen
    await between()
  }
  throw new Error('The pages do not end.')
}
