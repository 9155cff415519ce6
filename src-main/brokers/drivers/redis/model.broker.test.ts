import type { QueueAddress } from '@shared/model/queue'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loopback, type RedisClient, redisClient } from '../../clients/redis'
import type { PurgeState } from '../../driver'
import type { Snapshot } from '../../remedies'
import { type ModelMessage, QueueModel } from '../../testing/queue-model'
import { startRedis, type TestRedis } from '../../testing/redis-server'
import { type Census, census } from './conservation'
import { RedisDriver } from './driver'
import { digestOf } from './inspection'
import { type QueueKeys, queueKeys } from './keys'
import { RedisReader } from './reader'

const schedules = 200
const commandsEach = 40
const usualAttempts = 3
const hourMs = 3_600_000

/** `QUEUESCOPE_SEED=123 npx vitest run --project brokers model` runs the same schedules again. */
const seed = Number(process.env.QUEUESCOPE_SEED ?? Math.floor(Math.random() * 2 ** 31))

let server: TestRedis
let redis: RedisClient
let driver: RedisDriver
let reader: RedisReader

beforeAll(async () => {
  server = await startRedis()
  redis = redisClient(loopback(server.port))
  await redis.connect()
  driver = new RedisDriver({
    redis,
    connectAnother: () => redisClient(loopback(server.port)),
    maxAttempts: () => usualAttempts,
  })
  reader = new RedisReader(redis)
})

afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

/** The real queue, the model of it, and what a schedule has met so far. */
interface World {
  readonly address: QueueAddress
  readonly keys: QueueKeys
  readonly model: QueueModel
  readonly ids: string[]
  readonly leases: string[]
  readonly snapshots: { readonly snapshot: Snapshot; readonly message: ModelMessage }[]
}

const pick = <Item>(items: readonly Item[], at: number): Item | undefined => items[at % Math.max(items.length, 1)]
const state = fc.constantFrom<PurgeState>('ready', 'delayed', 'dead')
const small = fc.nat({ max: 5 })
const place = fc.nat({ max: 1_000 })

/** Each command acts on both and compares what they answer. */
const command: fc.Arbitrary<{ readonly says: string; readonly act: (world: World) => Promise<void> }> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(
        fc.record({
          priority: fc.constantFrom(undefined, undefined, 0, 5, 9),
          later: fc.boolean(),
          maxAttempts: fc.constantFrom(undefined, undefined, 1, 2),
          bytes: fc.constantFrom(0, 3, 20, 2_000),
        }),
        { minLength: 1, maxLength: 5 },
      )
      .map((batch) => ({
        says: `enqueue ${JSON.stringify(batch)}`,
        act: async ({ address, model, ids }: World) => {
          const given = await driver.enqueue(
            address.name,
            batch.map(({ priority, later, maxAttempts, bytes }) => ({
              body: Buffer.alloc(bytes, 97),
              ...(priority === undefined ? {} : { priority }),
              ...(later ? { delayMs: hourMs } : {}),
              ...(maxAttempts === undefined ? {} : { maxAttempts }),
            })),
          )
          expect(
            given.every((id, index) => Number(id) > Number(index === 0 ? (ids.at(-1) ?? 0) : given[index - 1])),
          ).toBe(true)
          batch.forEach(({ priority, later, maxAttempts, bytes }, index) => {
            model.enqueue(
              {
                id: given[index]!,
                priority: priority ?? 5,
                maxAttempts: maxAttempts ?? usualAttempts,
                attempts: 0,
                body: 'a'.repeat(bytes),
              },
              later,
            )
          })
          ids.push(...given)
        },
      })),
  },
  {
    weight: 5,
    arbitrary: small.map((count) => ({
      says: `lease ${count + 1}`,
      act: async ({ address, model, leases }: World) => {
        const expected = model
          .next(count + 1)
          .map(({ id, attempts, maxAttempts, body }) => ({ id, attempt: attempts + 1, maxAttempts, body }))
        const lease = await driver.lease(address.name, { worker: 'm|o,1,del', count: count + 1, leaseMs: hourMs })
        expect(
          (lease?.messages ?? []).map(({ id, attempt, maxAttempts, body }) => ({
            id,
            attempt,
            maxAttempts,
            body: String(body),
          })),
        ).toEqual(expected)
        if (!lease) return
        expect(Number(lease.leaseId)).toBeGreaterThan(Number(leases.at(-1) ?? 0))
        model.lease(lease.leaseId, count + 1)
        leases.push(lease.leaseId)
      },
    })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(place, fc.array(place, { minLength: 1, maxLength: 4 }), fc.boolean())
      .map(([which, some, all]) => ({
        says: `ack lease ${which} ${all ? 'whole' : some}`,
        act: async (world: World) => {
          const finished = finishedOf(world, which, some, all)
          if (finished)
            expect(await driver.ack(world.address.name, finished)).toEqual(
              world.model.ack(finished.leaseId, finished.ids),
            )
        },
      })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(place, fc.array(place, { minLength: 1, maxLength: 4 }), fc.boolean(), small)
      .map(([which, some, all, count]) => ({
        says: `turn lease ${which} ${all ? 'whole' : some}, next ${count + 1}`,
        act: async (world: World) => {
          const finished = finishedOf(world, which, some, all)
          if (!finished) return
          const { model, leases, address } = world
          const turn = await driver.turn(address.name, finished, { worker: 'w', count: count + 1, leaseMs: hourMs })
          expect(turn.outcomes).toEqual(model.ack(finished.leaseId, finished.ids))
          expect((turn.next?.messages ?? []).map((message) => message.id)).toEqual(
            model.next(count + 1).map((message) => message.id),
          )
          if (!turn.next) return
          model.lease(turn.next.leaseId, count + 1)
          leases.push(turn.next.leaseId)
        },
      })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        place,
        fc.array(fc.tuple(place, fc.constantFrom('ready', 'delayed', 'dead')), { minLength: 1, maxLength: 4 }),
      )
      .map(([which, some]) => ({
        says: `nack lease ${which} ${some}`,
        act: async (world: World) => {
          const finished = finishedOf(
            world,
            which,
            some.map(([at]) => at),
            false,
          )
          if (!finished) return
          const failures = finished.ids.map((id, index) => ({
            id,
            to: (some[index]?.[1] ?? 'dead') as 'ready' | 'delayed' | 'dead',
          }))
          const outcomes = await driver.nack(
            world.address.name,
            finished.leaseId,
            failures.map(({ id, to }) => ({
              id,
              error: { name: 'E', message: `m${id}`, stack: 's' },
              retryInMs: to === 'dead' ? undefined : to === 'ready' ? 0 : hourMs,
            })),
          )
          expect(outcomes).toEqual(world.model.nack(finished.leaseId, failures))
        },
      })),
  },
  {
    weight: 1,
    arbitrary: place.map((which) => ({
      says: `extend lease ${which}`,
      act: async ({ leases, address, model }: World) => {
        const leaseId = pick(leases, which)
        if (leaseId) expect(await driver.extend(address.name, leaseId, hourMs)).toBe(model.leases.has(leaseId))
      },
    })),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.array(place, { minLength: 1, maxLength: 3 }), small).map(([which, limit]) => ({
      says: `leases ${which} run out, recover ${limit + 1}`,
      act: async ({ leases, address, model, keys }: World) => {
        const expired = [...new Set(which.map((at) => pick(leases, at)))].filter(
          (id) => id !== undefined && model.leases.has(id),
        ) as string[]
        for (const [index, id] of expired.entries()) await redis.zadd(keys.leases, 1 + index, id)
        const { requeued, died } = await driver.recover(address.name, limit + 1)
        expect({ requeued, died }).toEqual(model.recover(expired, limit + 1))
        for (const id of expired) await redis.zadd(keys.leases, 'XX', Date.now() + hourMs, id)
      },
    })),
  },
  {
    weight: 2,
    arbitrary: small.map((limit) => ({
      says: `hours pass, promote ${limit + 1}`,
      act: async ({ address, model, keys }: World) => {
        const before = await redis.zrange(keys.delayed, 0, '-1')
        for (const id of before) await redis.zincrby(keys.delayed, -2 * hourMs * 16, id)
        const due = before.slice(0, limit + 1)
        expect((await driver.promote(address.name, limit + 1)).moved).toBe(due.length)
        model.promote(due)
        for (const id of before.slice(limit + 1)) await redis.zincrby(keys.delayed, 2 * hourMs * 16, id)
      },
    })),
  },
  {
    weight: 2,
    arbitrary: small.map((limit) => ({
      says: `replay ${limit + 1}`,
      act: async ({ address, model }: World) => {
        expect((await driver.replayDead(address.name, { before: null, limit: limit + 1 })).moved).toBe(
          model.replay(limit + 1),
        )
      },
    })),
  },
  {
    weight: 1,
    arbitrary: fc.array(place, { minLength: 1, maxLength: 4 }).map((which) => ({
      says: `replay ids ${which}`,
      act: async ({ address, model, ids }: World) => {
        const some = which.flatMap((at) => pick(ids, at) ?? [])
        expect(await driver.replayIds(address.name, some)).toEqual(model.replayIds(some))
      },
    })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(state, small).map(([which, limit]) => ({
      says: `purge ${which} by ${limit + 1}`,
      act: async ({ address, model }: World) => {
        let moved = 0
        let before: string | null = null
        do {
          const step = await driver.purge(address.name, which, { before, limit: limit + 1 })
          moved += step.moved
          before = step.before
        } while (before !== null)
        expect(moved).toBe(model.purge(which))
      },
    })),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map((paused) => ({
      says: paused ? 'pause' : 'resume',
      act: async ({ address, model }: World) => {
        await driver.setPaused(address.name, paused)
        model.paused = paused
      },
    })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(state, fc.array(place, { minLength: 1, maxLength: 3 })).map(([which, some]) => ({
      says: `remove ${which} ${some}`,
      act: async ({ address, model, ids, snapshots }: World) => {
        const chosen = [...new Set(some.flatMap((at) => pick(ids, at) ?? []))]
        const messages = chosen.map((id) => model.find(which, id))
        const taken = await reader.snapshot(address, which, chosen)
        expect(taken.map(({ id, body }) => [id, String(body)])).toEqual(
          messages.flatMap((message) => (message ? [[message.id, message.body]] : [])),
        )
        const outcomes = await reader.remove(address, which, chosen)
        expect(outcomes.map((each) => each.outcome)).toEqual(
          chosen.map((id) => (model.remove(which, id) ? 'applied' : 'gone')),
        )
        for (const snapshot of taken)
          snapshots.push({ snapshot, message: { ...messages.find((message) => message?.id === snapshot.id)! } })
      },
    })),
  },
  {
    weight: 2,
    arbitrary: fc.array(place, { minLength: 1, maxLength: 3 }).map((some) => ({
      says: `restore ${some}`,
      act: async ({ address, model, snapshots, keys }: World) => {
        const chosen = [...new Set(some.map((at) => pick(snapshots, at)))].filter((each) => each !== undefined)
        const outcomes = await reader.restore(
          address,
          chosen.map((each) => each.snapshot),
        )
        const inUse = new Set(
          [
            ...model.ready.flat(),
            ...model.delayed.values(),
            ...model.dead,
            ...[...model.leases.values()].flatMap((lease) => lease.messages),
          ].map((message) => message.id),
        )
        chosen.forEach(({ snapshot, message: taken }, index) => {
          const message = { ...taken }
          expect(outcomes[index]?.outcome).toBe(inUse.has(snapshot.id) ? 'changed' : 'applied')
          if (inUse.has(snapshot.id)) return
          inUse.add(snapshot.id)
          if (snapshot.state === 'delayed') model.delayed.set(message.id, message)
          else if (snapshot.state === 'dead') model.dead.push(message)
          else model.ready[message.priority]!.push(message)
        })
        await adoptOrder(model, await census(redis, keys))
      },
    })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(state, place, fc.constantFrom('new', 'b'.repeat(1_500))).map(([which, at, body]) => ({
      says: `edit ${which} ${at}`,
      act: async ({ address, model, ids }: World) => {
        const id = pick(ids, at)
        if (!id) return
        const message = model.find(which, id)
        const seen = message?.body ?? ''
        const outcome = await reader.edit(address, {
          id,
          state: which,
          body: Buffer.from(body),
          expectedDigest: digestOf(Buffer.from(seen)),
        })
        if (message) {
          expect(outcome.outcome).toBe('applied')
          message.body = body
        } else expect(outcome.outcome).not.toBe('applied')
      },
    })),
  },
)

/** Ids of a lease, known or long gone: all that it holds, or some of it mixed with others that were never in it. */
function finishedOf({ leases, model, ids }: World, which: number, some: readonly number[], all: boolean) {
  const leaseId = pick(leases, which)
  if (!leaseId) return undefined
  const held = model.leases.get(leaseId)?.messages.map((message) => message.id) ?? []
  const from =
    all && held.length > 0 ? held : some.flatMap((at) => pick(at % 3 === 0 || held.length === 0 ? ids : held, at) ?? [])
  return { leaseId, ids: [...new Set(from)] }
}

/** Restored messages stand at the head or in the place they left: a place that the model does not know. */
async function adoptOrder(model: QueueModel, { ready, dead }: Census): Promise<void> {
  const inOrder = (list: ModelMessage[], ids: readonly string[]) => {
    expect([...list].map((message) => message.id).sort()).toEqual([...ids].sort())
    list.sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id))
  }
  for (const [priority, list] of model.ready.entries()) inOrder(list, ready[priority] ?? [])
  inOrder(model.dead, dead)
}

const idsOf = (messages: readonly ModelMessage[]) => messages.map((message) => message.id)

async function compare({ address, keys, model }: World): Promise<void> {
  const [found, stats, [reading]] = await Promise.all([
    census(redis, keys),
    driver.stats(address.name),
    reader.read([address]),
  ])
  expect(found.problems).toEqual([])
  expect(found.ready).toEqual(model.ready.map(idsOf))
  expect([...found.delayed].sort()).toEqual([...model.delayed.keys()].sort())
  expect(found.dead).toEqual(idsOf(model.dead))
  expect(new Map([...found.leased].map(([id, ids]) => [id, [...ids]]))).toEqual(
    new Map([...model.leases].map(([id, { messages }]) => [id, idsOf(messages)])),
  )
  const leased = [...model.leases.values()].reduce((sum, { messages }) => sum + messages.length, 0)
  const figures = {
    ready: model.ready.flat().length,
    delayed: model.delayed.size,
    leased,
    dead: model.dead.length,
    enqueuedTotal: model.enqueued,
    ackedTotal: model.acked,
    paused: model.paused,
  }
  expect(stats).toMatchObject({ ...figures, diedTotal: model.died, replayedTotal: model.replayed })
  expect(reading).toMatchObject(figures)
}

it(`agrees with a model over ${schedules} schedules of ${commandsEach} commands (seed ${seed})`, async () => {
  let schedule = 0
  const result = await fc.check(
    fc.asyncProperty(
      fc.array(command, { minLength: commandsEach, maxLength: commandsEach, size: 'max' }),
      async (commands) => {
        const address: QueueAddress = { layout: 'engine', prefix: 'qe', name: `model ${schedule++}` }
        const world: World = {
          address,
          keys: queueKeys('qe', address.name),
          model: new QueueModel(),
          ids: [],
          leases: [],
          snapshots: [],
        }
        const trail: string[] = []
        try {
          for (const { says, act } of commands) {
            trail.push(says)
            await act(world)
            await compare(world)
          }
        } catch (error) {
          throw new Error(`${error instanceof Error ? error.message : error}\n  after:\n  ${trail.join('\n  ')}`, {
            cause: error,
          })
        }
      },
    ),
    { seed, numRuns: schedules, endOnFailure: true },
  )
  if (result.failed) throw new Error(`seed ${seed}, schedule ${result.numRuns}: ${result.errorInstance}`)
})
