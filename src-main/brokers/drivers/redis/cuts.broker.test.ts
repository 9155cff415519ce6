import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isFailure } from '@shared/failure'
import type { QueueAddress } from '@shared/model/queue'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { loopback, type RedisClient, redisClient } from '../../clients/redis'
import type { Script } from '../../clients/script'
import type { LeaseRequest } from '../../driver-messages'
import type { ItemOutcome } from '../../remedies'
import { enqueued } from '../../testing/enqueued'
import { startRedis, type TestRedis } from '../../testing/redis-server'
import { type Cut, type TcpProxy, tcpProxy } from '../../testing/tcp-proxy'
import { census } from './conservation'
import { RedisDriver } from './driver'
import { digestOf } from './inspection'
import { expectedTypes, queueKeys } from './keys'
import { RedisReader } from './reader'
import * as enqueueScripts from './scripts/enqueue'
import * as eraseScripts from './scripts/erase'
import * as familyScripts from './scripts/families'
import * as mendScripts from './scripts/mend'
import * as moveScripts from './scripts/moves'
import * as noteScripts from './scripts/notes'
import * as onceScripts from './scripts/once'
import * as pageScripts from './scripts/page'
import * as plainEnqueueScripts from './scripts/plain-enqueue'
import * as plainLeaseScripts from './scripts/plain-lease'
import * as priorityScripts from './scripts/priority'
import * as readScripts from './scripts/read'
import * as richLeaseScripts from './scripts/rich-lease'
import * as settleScripts from './scripts/settle'

const modules = [
  enqueueScripts,
  eraseScripts,
  familyScripts,
  mendScripts,
  moveScripts,
  noteScripts,
  onceScripts,
  pageScripts,
  plainEnqueueScripts,
  plainLeaseScripts,
  priorityScripts,
  readScripts,
  richLeaseScripts,
  settleScripts,
]

const isScript = (value: unknown): value is Script => typeof value === 'object' && value !== null && 'sha' in value

const scripts: Readonly<Record<string, Script>> = Object.fromEntries(
  modules.flatMap((module) => Object.entries(module).filter((entry): entry is [string, Script] => isScript(entry[1]))),
)

let server: TestRedis
let proxy: TcpProxy
/** Straight to the server, for preparing and checking. */
let redis: RedisClient
let calm: RedisDriver
let calmReader: RedisReader

beforeAll(async () => {
  server = await startRedis()
  proxy = await tcpProxy(server.port)
  redis = redisClient(loopback(server.port))
  await redis.connect()
  // Each scene has a driver of its own on this client.
  redis.setMaxListeners(0)
  calm = driverOn(redis)
  calmReader = new RedisReader(redis)
})

afterAll(async () => {
  redis.disconnect()
  await proxy.close()
  await server.stop()
})

const driverOn = (client: RedisClient) =>
  new RedisDriver({ redis: client, connectAnother: () => redisClient(loopback(server.port)), maxAttempts: () => 3 })

const request: LeaseRequest = { worker: 'w', count: 4, leaseMs: 60_000 }
const limit = { max: 100, perMs: 60_000 }
const error = { name: 'E', message: 'm', stack: null }
const body = (text: string) => ({ body: Buffer.from(text) })

/** One queue with something in every state, and hands to work it with. */
interface Scene {
  readonly address: QueueAddress
  readonly name: string
  readonly ready: readonly string[]
  readonly delayed: readonly string[]
  readonly dead: readonly string[]
  readonly lease: { readonly leaseId: string; readonly ids: readonly string[] }
  /** All that the lease holds. */
  readonly whole: readonly string[]
  readonly total: number
  readonly driver: RedisDriver
  readonly reader: RedisReader
}

/** How many messages a call adds to, or takes from, the whole; for a call whose outcome is unknown either may hold. */
interface Operation {
  readonly script: string
  readonly does: (scene: Scene) => Promise<unknown>
  readonly adds?: number
  readonly takes?: number
  /** What it adds is there before the connection breaks. */
  readonly setsUp?: boolean
}

const operations: readonly Operation[] = [
  { script: 'enqueuePlain', does: ({ driver, name }) => driver.enqueue(name, [body('a'), body('b')]), adds: 2 },
  {
    script: 'enqueue',
    does: ({ driver, name }) => driver.enqueue(name, [{ ...body('a'), priority: 2 }]),
    adds: 1,
  },
  { script: 'reserve', does: ({ driver, name }) => driver.enqueue(name, [{ body: Buffer.alloc(2_000) }]), adds: 1 },
  {
    script: 'enqueueParcels',
    does: ({ driver, name }) =>
      driver.enqueue(
        name,
        Array.from({ length: 9 }, () => body('p')),
      ),
    adds: 9,
  },
  {
    script: 'reserveParcels',
    does: ({ driver, name }) =>
      driver.enqueue(
        name,
        Array.from({ length: 8 }, () => ({ body: Buffer.alloc(2_000) })),
      ),
    adds: 8,
  },
  { script: 'lease', does: ({ driver, name }) => driver.lease(name, request) },
  { script: 'ack', does: ({ driver, name, lease }) => driver.ack(name, lease), takes: 4 },
  { script: 'turn', does: ({ driver, name, lease }) => driver.turn(name, lease, request), takes: 4 },
  { script: 'extend', does: ({ driver, name, lease }) => driver.extend(name, lease.leaseId, 1_000) },
  {
    script: 'nack',
    does: ({ driver, name, lease }) =>
      driver.nack(
        name,
        lease.leaseId,
        lease.ids.map((id, index) => ({ id, error, retryInMs: [0, 60_000, undefined, 0][index] })),
      ),
  },
  {
    script: 'recover',
    does: async ({ driver, name, lease }) => {
      await redis.zadd(queueKeys('qe', name).leases, 1, lease.leaseId)
      return driver.recover(name, 3)
    },
  },
  {
    script: 'promote',
    does: async ({ driver, name, delayed }) => {
      for (const id of delayed) await redis.zincrby(queueKeys('qe', name).delayed, -(2 ** 30) * 16, id)
      return driver.promote(name, 3)
    },
  },
  { script: 'replayDead', does: ({ driver, name }) => driver.replayDead(name, { before: null, limit: 3 }) },
  { script: 'replayIds', does: ({ reader, address, dead }) => reader.replay(address, dead) },
  {
    script: 'fire',
    does: async ({ driver, name }) => {
      await calm.schedules.put(name, { key: 'tick', nextAt: 1_000, definition: '{}' })
      return driver.schedules.fire(name, { key: 'tick', expectedAt: 1_000, nextAt: 2_000, messages: [body('a')] })
    },
    adds: 1,
  },
  { script: 'richLease', does: ({ driver, name }) => driver.lease(name, { ...request, limit }) },
  {
    script: 'richAck',
    does: ({ driver, name, lease }) => driver.ack(name, { ...lease, keep: { count: 3, ageMs: 60_000 } }),
    takes: 1,
  },
  {
    script: 'richTurn',
    does: ({ driver, name, lease }) => driver.turn(name, lease, { ...request, limit }),
    takes: 4,
  },
  {
    script: 'richReplayDead',
    does: async ({ driver, name }) => {
      await redis.hset(queueKeys('qe', name).state, 'rich', '1')
      return driver.replayDead(name, { before: null, limit: 3 })
    },
  },
  { script: 'promoteIds', does: ({ driver, name, delayed }) => driver.mending.promoteIds(name, delayed) },
  { script: 'changePriority', does: ({ driver, name, ready }) => driver.mending.changePriority(name, ready, 2) },
  { script: 'note', does: ({ driver, name, ready }) => driver.notes.addLog(name, ready[0]!, 'a line') },
  {
    script: 'settleChildren',
    does: async ({ driver, name }) => {
      const [id] = await enqueued(calm, name, [{ ...body('parent'), children: 1 }])
      await driver.families.settle(name, [{ receipt: '', parent: { queue: name, id: id!, index: 0 }, result: null }])
      return id
    },
    adds: 1,
    setsUp: true,
  },
  { script: 'claim', does: ({ driver, name }) => driver.idempotency.claim(name, 'k', { owner: 'o', ttlMs: 60_000 }) },
  {
    script: 'complete',
    does: async ({ driver, name }) => {
      await calm.idempotency.claim(name, 'k', { owner: 'o', ttlMs: 60_000 })
      return driver.idempotency.complete(name, 'k', { owner: 'o', result: null, ttlMs: 60_000 })
    },
  },
  {
    script: 'release',
    does: async ({ driver, name }) => {
      await calm.idempotency.claim(name, 'k', { owner: 'o', ttlMs: 60_000 })
      return driver.idempotency.release(name, 'k', 'o')
    },
  },
  {
    script: 'purgeEnded',
    does: ({ driver, name }) => driver.purge(name, 'dead', { before: null, limit: 3 }),
    takes: 3,
  },
  {
    script: 'purgeDelayed',
    does: ({ driver, name }) => driver.purge(name, 'delayed', { before: null, limit: 3 }),
    takes: 3,
  },
  {
    script: 'purgeReady',
    does: ({ driver, name }) => driver.purge(name, 'ready', { before: null, limit: 3 }),
    takes: 3,
  },
  { script: 'removeDead', does: ({ reader, address, dead }) => reader.remove(address, 'dead', dead), takes: 4 },
  {
    script: 'removeDelayed',
    does: ({ reader, address, delayed }) => reader.remove(address, 'delayed', delayed),
    takes: 4,
  },
  {
    script: 'removeDone',
    does: async ({ reader, address, name, lease }) => {
      await calm.ack(name, { ...lease, keep: { count: 4, ageMs: 60_000 } })
      return reader.remove(address, 'done', lease.ids)
    },
    takes: 4,
  },
  {
    script: 'removeReady',
    does: ({ reader, address, ready }) => reader.remove(address, 'ready', ready.slice(1)),
    takes: 3,
  },
  {
    script: 'editDead',
    does: ({ reader, address, dead }) =>
      reader.edit(address, {
        id: dead[0]!,
        state: 'dead',
        body: Buffer.from('n'),
        expectedDigest: digestOf(Buffer.from('dead0')),
      }),
  },
  {
    script: 'editDelayed',
    does: ({ reader, address, delayed }) =>
      reader.edit(address, {
        id: delayed[0]!,
        state: 'delayed',
        body: Buffer.from('n'),
        expectedDigest: digestOf(Buffer.from('delayed0')),
      }),
  },
  {
    script: 'editReady',
    does: ({ reader, address, ready }) =>
      reader.edit(address, {
        id: ready[0]!,
        state: 'ready',
        body: Buffer.from('n'),
        expectedDigest: digestOf(Buffer.from('ready0')),
      }),
  },
  {
    script: 'restore',
    does: async ({ reader, address, dead }) => {
      const snapshots = await calmReader.snapshot(address, 'dead', dead)
      await calmReader.remove(address, 'dead', dead)
      return reader.restore(address, snapshots)
    },
    takes: 4,
  },
  {
    script: 'endedPage',
    does: ({ driver, name }) => driver.looking.browse(name, { state: 'dead', cursor: null, limit: 10 }),
  },
  { script: 'readQueues', does: ({ reader, address }) => reader.read([address]) },
]

/** Operations that prepare something of their own before the script: an image taken before tells nothing of it. */
const changesFirst = new Set([
  'recover',
  'promote',
  'restore',
  'fire',
  'settleChildren',
  'richReplayDead',
  'removeDone',
  'complete',
  'release',
])

let counter = 0

/** Scripts before which only ids were given out. */
const reserving = new Set(['reserve', 'reserveParcels'])

/** Of so many messages are the batches that are ready and leased; four of them are named. In a batch of eight they share a parcel. */
const kinds = [
  ['single messages', 4],
  ['parcels', 8],
] as const

const named = 4

async function scene(client: RedisClient, size: number): Promise<Scene> {
  const name = `scene {${counter++}}`
  const some = (count: number, state: string, more = {}) =>
    Array.from({ length: count }, (_, index) => ({ ...body(state + index), ...more }))
  const address: QueueAddress = { layout: 'engine', prefix: 'qe', name }
  await calm.enqueue(name, some(named, 'dead'))
  const dying = (await calm.lease(name, request)).lease!
  const dead = dying.messages.map((message) => message.id)
  await calm.nack(
    name,
    dying.leaseId,
    dead.map((id) => ({ id, error, retryInMs: undefined })),
  )
  await calm.enqueue(name, some(size, 'leased'))
  const lease = (await calm.lease(name, { ...request, count: size })).lease!
  const ready = await enqueued(calm, name, some(size, 'ready'))
  const delayed = await enqueued(calm, name, some(named, 'delayed', { delayMs: 60_000 }))
  const ids = lease.messages.map((message) => message.id)
  return {
    address,
    name,
    ready: ready.slice(0, named),
    delayed,
    dead,
    lease: { leaseId: lease.leaseId, ids: ids.slice(0, named) },
    whole: ids,
    total: 2 * named + 2 * size,
    driver: driverOn(client),
    reader: new RedisReader(client),
  }
}

async function connected(port: number): Promise<RedisClient> {
  const client = redisClient(loopback(port), { retryStrategy: () => null })
  await client.connect()
  return client
}

describe('a connection that breaks', () => {
  it('is tried with every script there is', () => {
    const files = readdirSync(join(import.meta.dirname, 'scripts')).filter(
      (file) => file !== 'fragments.ts' && file !== 'parcels.ts',
    )
    expect(files).toHaveLength(modules.length)
    expect(operations.map((operation) => operation.script).sort()).toEqual(Object.keys(scripts).sort())
  })

  for (const cut of ['before-send', 'before-reply', 'mid-reply'] as const satisfies readonly Cut[]) {
    const tried = kinds.flatMap(([kind, size]) => operations.map((operation) => ({ ...operation, kind, size })))
    for (const { script, does, adds = 0, takes = 0, setsUp = false, kind, size } of tried) {
      it(`${cut} of ${script} on ${kind} loses and doubles nothing`, async () => {
        const client = await connected(proxy.port)
        // The server knows the script already, so that the marker travels once.
        await redis.script('LOAD', scripts[script]!.text)
        const at = await scene(client, size)
        const sprung = proxy.cutAt(scripts[script]!.sha, cut)
        const result = await does(at).then(
          (answer) => answer,
          (thrown: unknown) => thrown,
        )
        await sprung
        expectUnknown(result)
        const { problems, bodies } = await census(redis, queueKeys('qe', at.name))
        expect(problems).toEqual([])
        // A large body is written by a transaction after its script: it never comes to that here.
        const done = cut !== 'before-send' && !reserving.has(script)
        const changed = script === 'restore' ? (done ? 0 : -takes) : done || setsUp ? adds - takes : 0
        expect(bodies.size).toBe(at.total + changed)
        client.disconnect()
      })
    }
  }

  const large = [
    ['a large body', [{ body: Buffer.alloc(100_000) }]],
    ['large parcels', Array.from({ length: 150 }, () => ({ body: Buffer.alloc(4_000) }))],
  ] as const
  const wholes = (['before-send', 'before-reply'] as const satisfies readonly Cut[]).flatMap((cut) =>
    large.map(([what, messages]) => ({ cut, what, messages })),
  )
  for (const { cut, what, messages } of wholes) {
    it(`${cut} of the transaction of ${what} loses and doubles nothing`, async () => {
      const client = await connected(proxy.port)
      const at = await scene(client, 8)
      const sprung = proxy.cutAt('exec', cut)
      const result = await at.driver.enqueue(at.name, messages).catch((thrown: unknown) => thrown)
      await sprung
      expectUnknown(result)
      // The first byte of an answer may be that to MULTI: the server may still be at the rest.
      await vi.waitFor(async () => {
        const { problems, bodies } = await census(redis, queueKeys('qe', at.name))
        expect(problems).toEqual([])
        expect(bodies.size).toBe(at.total + (cut === 'before-reply' ? messages.length : 0))
      }, 5_000)
      client.disconnect()
    })
  }

  for (const cut of ['before-send', 'before-reply', 'mid-reply'] as const satisfies readonly Cut[]) {
    it(`${cut} of the ack of a whole parcel loses and doubles nothing`, async () => {
      const client = await connected(proxy.port)
      await redis.script('LOAD', plainLeaseScripts.turn.text)
      const at = await scene(client, 8)
      const keys = queueKeys('qe', at.name)
      const whole = (await at.driver.lease(at.name, { ...request, count: 8 })).lease!
      expect(await redis.hlen(keys.parcels)).toBe(2)
      const sprung = proxy.cutAt(plainLeaseScripts.turn.sha, cut)
      const finished = { leaseId: whole.leaseId, ids: whole.messages.map(({ id }) => id) }
      expectUnknown(await at.driver.turn(at.name, finished, request).catch((thrown: unknown) => thrown))
      await sprung
      const { problems, bodies } = await census(redis, keys)
      expect(problems).toEqual([])
      expect(bodies.size).toBe(at.total - (cut === 'before-send' ? 0 : 8))
      expect(await redis.hlen(keys.parcels)).toBe(cut === 'before-send' ? 2 : 1)
      client.disconnect()
    })
  }
})

describe('a server that forgets its scripts', () => {
  it('is not noticed in any operation', async () => {
    for (const [, size] of kinds)
      for (const { does } of operations) {
        const at = await scene(redis, size)
        await redis.script('FLUSH')
        const result = await does(at)
        expect(result).not.toBeInstanceOf(Error)
        expect((await census(redis, queueKeys('qe', at.name))).problems).toEqual([])
      }
  })
})

describe('a key of the wrong type', () => {
  it.each(kinds)('stops every operation on %s before it changed anything, by name', async (_kind, size) => {
    for (const { script, does } of operations) {
      if (script === 'readQueues') continue
      for (const [index, [, type]] of expectedTypes(queueKeys('qe', 'x')).entries()) {
        const at = await scene(redis, size)
        const keys = queueKeys('qe', at.name)
        const key = expectedTypes(keys)[index]![0]
        await redis.rename(key, `${key}:kept`).catch(() => undefined)
        if (type === 'string') await redis.rpush(key, 'x')
        else await redis.set(key, 'x')
        const before = await image(keys)
        const result = await does(at).catch((thrown: unknown) => thrown)
        if (!isFailure(result)) continue
        expect(result).toMatchObject({ code: 'wrong-type', subject: key })
        if (!changesFirst.has(script)) expect([script, key, await image(keys)]).toEqual([script, key, before])
      }
    }
  })
})

describe('a server out of memory', () => {
  it.each(kinds)('takes nothing new, and lets what is there be finished, of %s', async (_kind, size) => {
    const at = await scene(redis, size)
    await redis.config('SET', 'maxmemory', '1')
    try {
      await expect(at.driver.enqueue(at.name, [body('x')])).rejects.toMatchObject({ code: 'broker-state' })
      const next = (await at.driver.lease(at.name, { ...request, count: 2 })).lease!
      expect(await at.driver.ack(at.name, { leaseId: next.leaseId, ids: [next.messages[0]!.id] })).toEqual(['applied'])
      const failures = at.lease.ids.map((id) => ({ id, error, retryInMs: undefined }))
      expect(await at.driver.nack(at.name, at.lease.leaseId, failures)).toEqual(failures.map(() => 'applied'))
      expect((await at.driver.replayDead(at.name, { before: null, limit: 2 })).moved).toBe(2)
      expect(await at.driver.extend(at.name, next.leaseId, 1)).toBe(true)
      await vi.waitFor(async () => expect((await at.driver.recover(at.name, 10)).requeued).toBe(1))
      expect((await census(redis, queueKeys('qe', at.name))).problems).toEqual([])
    } finally {
      await redis.config('SET', 'maxmemory', '0')
    }
  })
})

/** A thrown 'outcome-unknown' (or 'unreachable' for reading), or item outcomes that all say so. */
function expectUnknown(result: unknown): void {
  if (Array.isArray(result) || (typeof result === 'object' && result !== null && 'outcome' in result)) {
    const items = (Array.isArray(result) ? result : [result]) as readonly ItemOutcome[]
    expect(items.every((item) => item.outcome === 'unknown')).toBe(true)
  } else expect(result).toMatchObject({ code: expect.stringMatching(/^(outcome-unknown|unreachable)$/) })
}

async function image(keys: ReturnType<typeof queueKeys>): Promise<readonly unknown[]> {
  return Promise.all(expectedTypes(keys).map(([key]) => redis.dump(key)))
}
