import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isFailure } from '@shared/failure'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loopback, type RedisClient, redisClient } from '../../clients/redis'
import type { Script } from '../../clients/script'
import type { LeaseRequest, NewMessage } from '../../driver-messages'
import { startRedis, type TestRedis } from '../../testing/redis-server'
import { type Cut, type TcpProxy, tcpProxy } from '../../testing/tcp-proxy'
import { type Census, census } from './conservation'
import { RedisStreamsDriver } from './driver'
import { type KeyName, streamKeys } from './keys'
import * as enqueueScripts from './scripts/enqueue'
import * as groupScripts from './scripts/group'
import * as idempotencyScripts from './scripts/idempotency'
import * as leaseScripts from './scripts/lease'
import * as lookScripts from './scripts/look'
import * as mendScripts from './scripts/mend'
import * as moveScripts from './scripts/moves'
import * as purgeScripts from './scripts/purge'
import * as scheduleScripts from './scripts/schedule'
import * as settleScripts from './scripts/settle'

const modules = [
  enqueueScripts,
  groupScripts,
  idempotencyScripts,
  leaseScripts,
  lookScripts,
  mendScripts,
  moveScripts,
  purgeScripts,
  scheduleScripts,
  settleScripts,
]
const scripts: Readonly<Record<string, Script>> = Object.fromEntries(
  modules.flatMap((module) =>
    Object.entries(module).filter((pair): pair is [string, Script] => typeof pair[1] === 'object'),
  ),
)

let server: TestRedis
let proxy: TcpProxy
/** Straight to the server, for preparing and checking. */
let redis: RedisClient
let calm: RedisStreamsDriver
let other: RedisStreamsDriver

beforeAll(async () => {
  server = await startRedis()
  proxy = await tcpProxy(server.port)
  redis = redisClient(loopback(server.port))
  await redis.connect()
  calm = driverOn(redis)
  other = driverOn(redis, 'other')
  // A cut in the answer of an unknown script would be no cut in the script.
  for (const { text } of Object.values(scripts)) await redis.script('LOAD', text)
})

afterAll(async () => {
  await calm.close()
  await other.close()
  redis.disconnect()
  await proxy.close()
  await server.stop()
})

const driverOn = (client: RedisClient, group = 'engine') =>
  new RedisStreamsDriver({
    redis: client,
    connectAnother: () => redisClient(loopback(server.port)),
    group,
    maxAttempts: () => 3,
  })

const request: LeaseRequest = { worker: 'w', count: 4, leaseMs: 60_000 }
const error = { name: 'E', message: 'm', stack: null }
const hourMs = 3_600_000

/** One queue under two groups with something in every state, and hands to work it with. */
interface Scene {
  readonly queue: string
  readonly key: (name: KeyName) => string
  readonly later: readonly string[]
  readonly retries: readonly string[]
  readonly dead: readonly string[]
  readonly fresh: readonly string[]
  readonly lease: { readonly leaseId: string; readonly ids: readonly string[] }
  readonly driver: RedisStreamsDriver
}

/** How many messages a call adds for each group, or takes from this one. */
interface Operation {
  /** Its name, or the plain command where there is none. */
  readonly script: string
  readonly does: (scene: Scene) => Promise<unknown>
  readonly adds?: number
  readonly takes?: number
  /** Prepares something that the image before does not show. */
  readonly before?: (scene: Scene) => Promise<unknown>
}

const operations: readonly Operation[] = [
  { script: 'xadd', does: ({ driver, queue }) => driver.enqueue(queue, [{ body: 'a' }, { body: 'b' }]), adds: 2 },
  {
    script: 'enqueue',
    does: ({ driver, queue }) =>
      driver.enqueue(queue, [
        { body: 'a', dedup: { key: 'k', windowMs: 60_000 } },
        { body: 'b', delayMs: hourMs },
      ]),
    adds: 2,
  },
  { script: 'makeGroup', does: ({ driver, queue }) => driver.join(queue) },
  {
    script: 'lease',
    does: ({ driver, queue }) => driver.lease(queue, { ...request, limit: { max: 3, perMs: 60_000 } }),
  },
  { script: 'ack', does: ({ driver, queue, lease }) => driver.ack(queue, lease), takes: 4 },
  { script: 'turn', does: ({ driver, queue, lease }) => driver.turn(queue, lease, request), takes: 4 },
  { script: 'extend', does: ({ driver, queue, lease }) => driver.extend(queue, lease.leaseId, 1_000) },
  {
    script: 'nack',
    does: ({ driver, queue, lease }) =>
      driver.nack(
        queue,
        lease.leaseId,
        lease.ids.map((id, index) => ({ id, error, retryInMs: [0, hourMs, undefined, 0][index] })),
      ),
  },
  {
    script: 'recover',
    before: ({ key, lease }) => redis.zadd(key('leases'), 1, lease.leaseId),
    does: ({ driver, queue }) => driver.recover(queue, 3),
  },
  {
    script: 'promote',
    before: async ({ key, later, retries }) => {
      for (const id of later) await redis.zadd(key('later'), 1, id)
      for (const id of retries) await redis.zadd(key('delayed'), 1, id)
    },
    does: ({ driver, queue }) => driver.promote(queue, 6),
  },
  { script: 'replayDead', does: ({ driver, queue }) => driver.dead.replayDead(queue, { before: null, limit: 3 }) },
  { script: 'replayIds', does: ({ driver, queue, dead }) => driver.dead.replayIds(queue, dead) },
  {
    script: 'purgeEnded',
    does: ({ driver, queue }) => driver.purge(queue, 'dead', { before: null, limit: 3 }),
    takes: 3,
  },
  {
    script: 'purgeDelayed',
    // From the first retry on: what waits to enter the stream is the other group's as well.
    does: ({ driver, queue }) => driver.purge(queue, 'delayed', { before: '0 9999999999999-0 0 0', limit: 6 }),
    takes: 2,
  },
  {
    script: 'purgeReady',
    does: ({ driver, queue }) => driver.purge(queue, 'ready', { before: null, limit: 3 }),
    takes: 3,
  },
  { script: 'find', does: ({ driver, queue, dead }) => driver.looking.find(queue, dead[0]!) },
  {
    script: 'pageOfSet',
    does: ({ driver, queue }) => driver.looking.browse(queue, { state: 'dead', cursor: null, limit: 3 }),
  },
  {
    script: 'pageOfStream',
    does: ({ driver, queue }) => driver.looking.browse(queue, { state: 'ready', cursor: null, limit: 3 }),
  },
  {
    script: 'position',
    does: async ({ driver, queue }) => {
      // Who waits is woken and looks for itself; the trouble is told to the next call.
      await driver.waitForReady(queue, 20_000, new AbortController().signal)
      return driver.stats(queue)
    },
  },
  { script: 'figures', does: ({ driver, queue }) => driver.stats(queue) },
  {
    script: 'cancel',
    does: ({ driver, queue, retries, fresh }) => driver.mending.cancel(queue, [retries[0]!, fresh[0]!]),
    takes: 2,
  },
  {
    script: 'promoteIds',
    does: ({ driver, queue, retries, later }) => driver.mending.promoteIds(queue, [retries[0]!, later[0]!]),
  },
  {
    script: 'edit',
    does: ({ driver, queue, dead }) =>
      driver.mending.edit(queue, { id: dead[0]!, seen: Buffer.from('dead 0'), body: Buffer.from('new') }),
  },
  { script: 'setPaused', does: ({ driver, queue }) => driver.pausing.setPaused(queue, false) },
  { script: 'note', does: ({ driver, queue, lease }) => driver.notes.addLog(queue, lease.ids[0]!, 'line') },
  {
    script: 'put',
    does: ({ driver, queue }) => driver.schedules.put(queue, { key: 'k', nextAt: 1, definition: '{}' }),
  },
  { script: 'remove', does: ({ driver, queue }) => driver.schedules.remove(queue, 'k') },
  { script: 'list', does: ({ driver, queue }) => driver.schedules.list(queue) },
  {
    script: 'fire',
    before: ({ queue }) => calm.schedules.put(queue, { key: 'tick', nextAt: 1, definition: '{}' }),
    does: ({ driver, queue }) =>
      driver.schedules.fire(queue, { key: 'tick', expectedAt: 1, nextAt: 2, messages: [{ body: 'tick' }] }),
    adds: 1,
  },
  { script: 'claim', does: ({ driver, queue }) => driver.idempotency.claim(queue, 'k', { owner: 'o', ttlMs: 1_000 }) },
  { script: 'end', does: ({ driver, queue }) => driver.idempotency.release(queue, 'k', 'o') },
]

const perState = 4
/** Later, retries, dead, leased, fresh. */
const total = 5 * perState

let counter = 0

async function sceneOn(client: RedisClient): Promise<Scene> {
  const queue = `scene {${counter++}}`
  const four = (state: string, more: Partial<NewMessage> = {}) =>
    Array.from({ length: perState }, (_, index) => ({ body: `${state} ${index}`, ...more }))
  const enqueue = async (messages: readonly NewMessage[]) =>
    (await calm.enqueue(queue, messages)).flatMap((each) => (each.outcome === 'added' ? [each.id] : []))
  const take = async () => {
    const lease = (await calm.lease(queue, request)).lease!
    return { leaseId: lease.leaseId, ids: lease.messages.map(({ id }) => id) }
  }
  await other.join(queue)
  for (const [state, retryInMs] of [
    ['dead', undefined],
    ['retry', hourMs],
  ] as const) {
    await enqueue(four(state))
    const { leaseId, ids } = await take()
    await calm.nack(
      queue,
      leaseId,
      ids.map((id) => ({ id, error, retryInMs })),
    )
  }
  await enqueue(four('leased'))
  const lease = await take()
  const fresh = await enqueue(four('fresh'))
  const later = await enqueue(four('later', { delayMs: hourMs }))
  const { groups } = await census(redis, { queue, groups: ['engine'] })
  const { dead = [], delayed: retries = [] } = groups.get('engine') ?? {}
  const { of } = streamKeys({ prefix: 'qs', queue, group: 'engine' })
  return { queue, key: (name) => of[name], later, retries, dead, fresh, lease, driver: driverOn(client) }
}

async function connected(port: number): Promise<RedisClient> {
  const client = redisClient(loopback(port), { retryStrategy: () => null })
  await client.connect()
  return client
}

/** Messages that a group still has, wherever they are. */
function kept({ groups, later }: Census, group: string): number {
  const { fresh, again, delayed, held, dead, done, removed } = groups.get(group)!
  return [fresh, again, delayed, held, dead, done, later].reduce((sum, each) => sum + each.length, 0) - removed.length
}

const imageOf = async ({ queue }: Scene): Promise<Census> => {
  const image = await census(redis, { queue, groups: ['engine', 'other'] })
  expect(image.problems).toEqual([])
  return image
}

describe('a connection that breaks', () => {
  it('is tried with every script there is', () => {
    const files = readdirSync(join(import.meta.dirname, 'scripts')).filter((file) => file !== 'fragments.ts')
    expect(files).toHaveLength(modules.length)
    expect(operations.map(({ script }) => script).sort()).toEqual([...Object.keys(scripts), 'xadd'].sort())
  })

  const cuts: readonly Cut[] = ['before-send', 'before-reply']
  for (const { script, does, before, adds = 0, takes = 0 } of operations)
    for (const cut of cuts)
      it(`loses nothing when ${script} is cut ${cut === 'before-send' ? 'on its way' : 'after it took place'}`, async () => {
        const client = await connected(proxy.port)
        const scene = await sceneOn(client)
        try {
          await before?.(scene)
          const first = await imageOf(scene)
          expect([kept(first, 'engine'), kept(first, 'other')]).toEqual([total, total])
          const sprung = proxy.cutAt(scripts[script]?.sha ?? script, cut)
          const failure = await does(scene).catch((thrown: unknown) => thrown)
          await sprung
          expect(isFailure(failure) && failure.code).toMatch(/^(outcome-unknown|unreachable)$/)
          const then = await imageOf(scene)
          const tookPlace = cut === 'before-reply'
          expect(kept(then, 'engine')).toBe(tookPlace ? total + adds - takes : total)
          expect(kept(then, 'other')).toBe(tookPlace ? total + adds : total)
          if (!tookPlace) expect(then).toEqual(first)
        } finally {
          await scene.driver.close()
          client.disconnect()
        }
      })
})

describe('a server that forgets its scripts', () => {
  it('is told them again, unseen', async () => {
    const scene = await sceneOn(redis)
    for (const { does, before, script } of operations) {
      if (script === 'position') continue
      await before?.(scene)
      await redis.script('FLUSH')
      await does(scene)
    }
    await imageOf(scene)
  })
})
