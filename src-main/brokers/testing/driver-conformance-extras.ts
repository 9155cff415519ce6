import { expect } from 'vitest'
import type { ChildNotice, Driver } from '../driver'
import {
  ack,
  added,
  type Check,
  fail,
  figures,
  nothingReady,
  put,
  type Scene,
  take,
  textOf,
  texts,
  until,
} from './driver-conformance-scene'

const hourMs = 3_600_000

/** Schedules, families, keys of handlers, and groups of consumers. */
export const extraChecks: readonly Check[] = [
  {
    ability: 'schedules',
    says: 'keeps a schedule by its key, and replaces and removes it',
    async check({ driver, queue }) {
      const schedules = driver.schedules!
      expect(await schedules.list(queue)).toEqual([])
      const { now } = await schedules.due(queue, 1)
      const nightly = { key: 'nightly é:{}', nextAt: now + hourMs, definition: '{"cron":"0 3 * * *"}' }
      await schedules.put(queue, { ...nightly, definition: '{}', nextAt: now })
      await schedules.put(queue, nightly)
      await schedules.put(queue, { key: 'hourly', nextAt: now + 2 * hourMs, definition: '{}' })
      const listed = await schedules.list(queue)
      expect([...listed].sort((a, b) => a.nextAt - b.nextAt)[0]).toEqual(nightly)
      expect(listed).toHaveLength(2)
      expect(await schedules.due(queue, 10)).toMatchObject({ due: [], nextAt: nightly.nextAt })
      expect(await schedules.remove(queue, nightly.key)).toBe(true)
      expect(await schedules.remove(queue, nightly.key)).toBe(false)
      expect(await schedules.list(queue)).toHaveLength(1)
    },
  },
  {
    ability: 'schedules',
    says: 'enqueues once for a tick, however many schedulers fire it',
    async check(scene) {
      const { driver, queue } = scene
      const schedules = driver.schedules!
      const { now } = await schedules.due(queue, 1)
      const schedule = { key: 'tick', nextAt: now - 5, definition: '{"every":1}' }
      await schedules.put(queue, schedule)
      expect((await schedules.due(queue, 10)).due).toEqual([schedule])
      const tick = { key: 'tick', expectedAt: schedule.nextAt, nextAt: now + hourMs, messages: texts('a', 'b') }
      const fires = await Promise.all(Array.from({ length: 8 }, () => schedules.fire(queue, tick)))
      expect(fires.filter(({ fired }) => fired)).toHaveLength(1)
      expect(fires.filter(({ fired }) => !fired).every(({ ids }) => ids.length === 0)).toBe(true)
      const ids = fires.flatMap((fire) => fire.ids)
      expect(ids).toHaveLength(2)
      const held = await take(scene, 2)
      expect(held.map(({ message }) => message.id).sort()).toEqual([...ids].sort())
      await nothingReady(scene)
      expect(await schedules.list(queue)).toEqual([{ ...schedule, nextAt: now + hourMs }])
    },
  },
  {
    ability: 'schedules',
    says: 'fires neither what was moved nor what was removed, and removes what has no next time',
    async check(scene) {
      const { driver, queue } = scene
      const schedules = driver.schedules!
      const { now } = await schedules.due(queue, 1)
      await schedules.put(queue, { key: 'once', nextAt: now, definition: '{}' })
      const fire = (key: string, expectedAt: number) =>
        schedules.fire(queue, { key, expectedAt, nextAt: null, messages: texts('x') })
      expect(await fire('once', now - 1)).toEqual({ fired: false, ids: [] })
      expect(await fire('other', now)).toEqual({ fired: false, ids: [] })
      expect((await fire('once', now)).fired).toBe(true)
      expect(await fire('once', now)).toEqual({ fired: false, ids: [] })
      expect(await schedules.list(queue)).toEqual([])
      expect(await schedules.due(queue, 10)).toMatchObject({ due: [], nextAt: null })
      expect(await take(scene, 1)).toHaveLength(1)
      await nothingReady(scene)
    },
  },
  {
    ability: 'schedules',
    says: 'answers at most as many due schedules as asked for, the longest due first',
    async check({ driver, queue }) {
      const schedules = driver.schedules!
      const { now } = await schedules.due(queue, 1)
      for (const n of [3, 1, 2]) await schedules.put(queue, { key: `s${n}`, nextAt: now - 10 * n, definition: '{}' })
      expect((await schedules.due(queue, 2)).due.map(({ key }) => key)).toEqual(['s3', 's2'])
    },
  },
  {
    ability: 'families',
    says: 'holds a parent until all its children are done, and hands it their results',
    async check(scene) {
      const { driver, queue } = scene
      const families = driver.families!
      const [parent] = await put(scene, [{ body: 'parent', children: 2 }])
      await nothingReady(scene)
      await put(scene, [child(queue, parent!, 0), child(queue, parent!, 1)])
      const [first, second] = await take(scene, 2)
      await finish(scene, first!, '{"n":1}')
      const one = await courier(scene)
      expect(one.map((notice) => notice.parent.id)).toEqual([parent])
      // Told twice: the second child is not taken for done.
      await families.settle(queue, one)
      await nothingReady(scene)
      await finish(scene, second!, null)
      await courier(scene)
      const held = await take(scene, 1)
      expect(held[0]!.message.id).toBe(parent)
      const results = await families.results(queue, parent!)
      const indexes = [first!, second!].map((each) => Number(textOf(each).slice('child '.length)))
      expect(results.get(indexes[0]!)).toBe('{"n":1}')
      expect(results.get(indexes[1]!)).toBeNull()
      expect(results.size).toBe(2)
      expect(await families.notices(queue, 10)).toEqual([])
      // Told when the parent is at work already: nothing comes of it.
      await families.settle(queue, one)
      await nothingReady(scene)
      await ack(scene, held)
      await families.settle(queue, one)
      await nothingReady(scene)
      await figures(scene, { ready: 0, leased: 0, delayed: 0, ackedTotal: 3 })
    },
  },
  {
    ability: 'families',
    says: 'tells a parent in another queue',
    async check(scene) {
      const { driver, queue } = scene
      const above = await scene.freshQueue('families')
      const [parent] = added(await driver.enqueue(above, [{ body: 'parent', children: 1 }]))
      await put(scene, [child(above, parent!, 0)])
      await finish(scene, (await take(scene, 1))[0]!, '7')
      const notices = await driver.families!.notices(queue, 10)
      expect(notices).toMatchObject([{ parent: { queue: above, id: parent, index: 0 }, result: '7' }])
      await driver.families!.settle(above, notices)
      await driver.families!.forget(queue, notices)
      expect(await driver.families!.notices(queue, 10)).toEqual([])
      const held = await take(scene, 1, {}, { driver, queue: above })
      expect(held.map(textOf)).toEqual(['parent'])
      expect([...(await driver.families!.results(above, parent!))]).toEqual([[0, '7']])
    },
  },
  {
    ability: 'families',
    says: 'tells nothing of a child that failed, until it is done after all',
    async check(scene) {
      const { driver, queue } = scene
      const [parent] = await put(scene, [{ body: 'parent', children: 1 }])
      await put(scene, [child(queue, parent!, 0)])
      await fail(scene, await take(scene, 1), 0)
      expect(await courier(scene)).toEqual([])
      await finish(scene, (await take(scene, 1))[0]!, null)
      expect(await courier(scene)).toHaveLength(1)
      expect((await take(scene, 1)).map(textOf)).toEqual(['parent'])
      expect(await driver.families!.results(queue, 'no such id')).toEqual(new Map())
    },
  },
  {
    ability: 'idempotency',
    says: 'lets one of many claim a key, and remembers what came of it',
    async check({ driver, queue }) {
      const { claim, complete } = bound(driver, queue)
      const claims = await Promise.all(Array.from({ length: 8 }, (_, n) => claim('pay 1', `owner ${n}`, hourMs)))
      expect(claims.filter(({ state }) => state === 'claimed')).toHaveLength(1)
      expect(claims.filter(({ state }) => state === 'busy')).toHaveLength(7)
      const owner = `owner ${claims.findIndex(({ state }) => state === 'claimed')}`
      expect(await complete('pay 1', 'somebody else', '1')).toBe(false)
      expect(await complete('pay 1', owner, '{"paid":1}')).toBe(true)
      expect(await claim('pay 1', 'late', hourMs)).toEqual({ state: 'done', result: '{"paid":1}' })
      expect(await claim('pay 2', 'late', hourMs)).toEqual({ state: 'claimed' })
      expect(await complete('pay 2', 'late', null)).toBe(true)
      expect(await claim('pay 2', 'later', hourMs)).toEqual({ state: 'done', result: null })
    },
  },
  {
    ability: 'idempotency',
    says: 'frees a key that its owner releases, and one whose claim ran out',
    async check(scene) {
      const { driver, queue, tickMs } = scene
      const { claim, complete, release } = bound(driver, queue)
      expect(await claim('k', 'a', hourMs)).toEqual({ state: 'claimed' })
      expect(await release('k', 'b')).toBe(false)
      expect(await release('k', 'a')).toBe(true)
      expect(await release('k', 'a')).toBe(false)
      expect(await claim('k', 'b', tickMs)).toEqual({ state: 'claimed' })
      await until(scene, 'the end of the claim', async () =>
        (await claim('k', 'c', hourMs)).state === 'claimed' ? true : undefined,
      )
      expect(await complete('k', 'b', '1')).toBe(false)
      expect(await release('k', 'b')).toBe(false)
      expect(await complete('k', 'c', '2')).toBe(true)
      expect(await claim('k', 'd', hourMs)).toEqual({ state: 'done', result: '2' })
    },
  },
  {
    ability: 'fanOut',
    says: 'gives every message to each group, each with its own acks and attempts',
    async check(scene) {
      const other = await group(scene, 'second')
      const ids = await put(scene, texts('a', 'b'))
      const mine = await take(scene, 2)
      const theirs = await take(scene, 2, {}, { driver: other, queue: scene.queue })
      expect(theirs.map(({ message }) => message.id).sort()).toEqual([...ids].sort())
      expect(mine.map(({ message }) => message.id).sort()).toEqual([...ids].sort())
      expect(await fail(scene, mine, 0)).toEqual(['applied', 'applied'])
      expect(await ack(scene, theirs, other)).toEqual(['applied', 'applied'])
      const again = await take(scene, 2)
      expect(again.map(({ message }) => message.attempt)).toEqual([2, 2])
      expect(again.map(textOf).sort()).toEqual(['a', 'b'])
      await ack(scene, again)
      await nothingReady(scene)
      expect((await other.lease(scene.queue, { worker: 'w', count: 1, leaseMs: 1_000 })).lease).toBeUndefined()
    },
  },
  {
    ability: 'fanOut',
    says: 'keeps each group’s dead letters and pauses apart',
    async check(scene) {
      const other = await group(scene, 'second')
      await put(scene, texts('a'))
      await fail(scene, await take(scene, 1), undefined)
      await figures(scene, { dead: 1 })
      expect((await other.stats(scene.queue)).dead).toBe(0)
      await scene.driver.pausing?.setPaused(scene.queue, true)
      const theirs = await take(scene, 1, {}, { driver: other, queue: scene.queue })
      expect(theirs.map(textOf)).toEqual(['a'])
      expect(await ack(scene, theirs, other)).toEqual(['applied'])
      await figures(scene, { dead: 1 })
    },
  },
  {
    ability: 'lag',
    says: 'says of each group what was not delivered yet and what is in hand',
    async check(scene) {
      await put(scene, texts('a', 'b', 'c', 'd', 'e'))
      await take(scene, 2)
      const { groups } = await scene.driver.stats(scene.queue)
      expect(groups.length).toBeGreaterThan(0)
      expect(groups.map(({ lag, leased }) => ({ lag, leased }))).toContainEqual({ lag: 3, leased: 2 })
    },
  },
]

const child = (queue: string, id: string, index: number) => ({ body: `child ${index}`, parent: { queue, id, index } })

async function finish(scene: Scene, held: { leaseId: string; message: { id: string } }, result: string | null) {
  const { leaseId, message } = held
  const results = result === null ? undefined : new Map([[message.id, result]])
  const outcomes = await scene.driver.ack(scene.queue, {
    leaseId,
    ids: [message.id],
    ...(results === undefined ? {} : { results }),
  })
  expect(outcomes).toEqual(['applied'])
}

/** What the engine does with the notices of one queue, whose parents stand in it too. */
async function courier({ driver, queue }: Scene): Promise<readonly ChildNotice[]> {
  const notices = await driver.families!.notices(queue, 100)
  await driver.families!.settle(queue, notices)
  await driver.families!.forget(queue, notices)
  return notices
}

const bound = (driver: Driver, queue: string) => ({
  claim: (key: string, owner: string, ttlMs: number) => driver.idempotency!.claim(queue, key, { owner, ttlMs }),
  complete: (key: string, owner: string, result: string | null) =>
    driver.idempotency!.complete(queue, key, { owner, result, ttlMs: hourMs }),
  release: (key: string, owner: string) => driver.idempotency!.release(queue, key, owner),
})

async function group(scene: Scene, name: string): Promise<Driver> {
  if (!scene.openGroup) throw new Error('A world whose driver fans out opens groups.')
  const driver = await scene.openGroup(name)
  // Groups exist from their first look on.
  await driver.lease(scene.queue, { worker: 'conformance', count: 1, leaseMs: 1_000 })
  return driver
}
