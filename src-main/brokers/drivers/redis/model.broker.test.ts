import type { MessagePage } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loopback, type RedisClient, redisClient } from '../../clients/redis'
import type { Lease, PageRequest, PurgeState, StoredPage } from '../../driver-messages'
import type { Snapshot } from '../../remedies'
import { type ModelMessage, QueueModel } from '../../testing/queue-model'
import { startRedis, type TestRedis } from '../../testing/redis-server'
import { seed, sized, tell } from '../../testing/torture'
import { type Census, census } from './conservation'
import { RedisDriver } from './driver'
import { escaped } from './ids'
import { digestOf } from './inspection'
import { type QueueKeys, queueKeys } from './keys'
import { inParcels } from './parcel'
import { RedisReader } from './reader'

const schedules = sized({ ci: 200, full: 2_000 })
const commandsEach = sized({ ci: 40, full: 60 })
const usualAttempts = 3
const hourMs = 3_600_000

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
  /** Half of the schedules use nothing but plain messages, and so the short scripts. */
  readonly plain: boolean
  readonly snapshots: { readonly snapshot: Snapshot; readonly message: ModelMessage }[]
}

const pick = <Item>(items: readonly Item[], at: number): Item | undefined => items[at % Math.max(items.length, 1)]
const state = fc.constantFrom<PurgeState>('ready', 'delayed', 'dead', 'done')
const priority = fc.constantFrom(0, 5, 9)
/** How many of the done are kept; 0 for none. */
const keep = fc.constantFrom(0, 0, 2)
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
          group: fc.constantFrom(undefined, undefined, undefined, 'a', 'b c'),
          ownId: fc.constantFrom(undefined, undefined, undefined, undefined, 'x', 'y:|z'),
        }),
        { minLength: 1, maxLength: 5 },
      )
      .map((batch) => ({
        says: `enqueue ${JSON.stringify(batch)}`,
        act: async ({ address, model, ids, plain }: World) => {
          const messages = batch.map((each) => (plain ? plainly(each) : each))
          const outcomes = await driver.enqueue(
            address.name,
            messages.map(({ priority, later, maxAttempts, bytes, group, ownId }) => ({
              body: Buffer.alloc(bytes, 97),
              ...(priority === undefined || group !== undefined ? {} : { priority }),
              ...(later ? { delayMs: hourMs } : {}),
              ...(maxAttempts === undefined ? {} : { maxAttempts }),
              ...(group === undefined ? {} : { group }),
              ...(ownId === undefined ? {} : { ownId }),
            })),
          )
          messages.forEach(({ priority = 5, later, maxAttempts, bytes, group = null, ownId = null }, index) => {
            const outcome = outcomes[index]!
            const holder = ownId === null ? undefined : model.withOwnId(ownId)
            if (holder) {
              expect(outcome).toEqual({ outcome: 'duplicate', id: holder.id })
              return
            }
            if (outcome.outcome !== 'added') throw new Error(`not added: ${JSON.stringify(outcome)}`)
            expect(Number.parseInt(outcome.id, 10)).toBeGreaterThan(Number.parseInt(ids.at(-1) ?? '0', 10))
            ids.push(outcome.id)
            model.enqueue(
              {
                id: outcome.id,
                priority: group === null ? priority : 5,
                group,
                ownId,
                maxAttempts: maxAttempts ?? usualAttempts,
                attempts: 0,
                body: 'a'.repeat(bytes),
              },
              later,
            )
          })
        },
      })),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        count: fc.constantFrom(8, 9, 12, 30, 101, 130),
        bytes: fc.constantFrom(0, 3, 2_000),
      })
      .map(({ count, bytes }) => ({
        says: `enqueue a parcel of ${count} with ${bytes} bytes each`,
        act: async ({ address, model, ids }: World) => {
          const bodies = Array.from({ length: count }, (_, index) => 'p'.repeat(bytes) + index)
          const outcomes = await driver.enqueue(
            address.name,
            bodies.map((body) => ({ body })),
          )
          const sizes = inParcels(bodies.map((body) => ({ body }))).map(({ length }) => length)
          const begins = new Map(sizes.map((size, n) => [sizes.slice(0, n).reduce((sum, each) => sum + each, 0), size]))
          outcomes.forEach((outcome, index) => {
            if (outcome.outcome !== 'added') throw new Error(`not added: ${JSON.stringify(outcome)}`)
            expect(Number(outcome.id)).toBeGreaterThan(Number.parseInt(ids.at(-1) ?? '0', 10))
            ids.push(outcome.id)
            const [id, body, beginsParcelOf] = [outcome.id, bodies[index]!, begins.get(index)]
            const plain = { priority: 5, group: null, ownId: null, maxAttempts: usualAttempts, attempts: 0 }
            model.enqueue({ id, body, beginsParcelOf, ...plain }, false)
          })
        },
      })),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(8, 9, 10, 25, 29, 30, 60, 100, 200).map((count) => ({
      says: `lease ${count} at once`,
      act: async (world: World) => {
        const { lease } = await driver.lease(world.address.name, { worker: 'm*3,4*5', count, leaseMs: hourMs })
        adoptLease(world, lease, count)
      },
    })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(1, 5, 40, 500), fc.boolean()).map(([limit, theirs]) => ({
      says: `browse ready by ${limit} ${theirs ? 'as the console' : 'as the engine'}`,
      act: async ({ address, model }: World) => {
        const seen: string[] = []
        const bodies: string[] = []
        let cursor: string | null = null
        do {
          const request: PageRequest = { state: 'ready', cursor, limit }
          const page: MessagePage | StoredPage = await (theirs
            ? reader.browse(address, request)
            : driver.looking.browse(address.name, request))
          seen.push(...page.items.map(({ id }) => id))
          for (const item of page.items) bodies.push('body' in item ? String(item.body) : `${item.bytes}`)
          cursor = page.nextCursor
        } while (cursor !== null)
        const lists = model.ready.flat()
        const shown = (message: ModelMessage) => (theirs ? String(message.body.length) : message.body)
        expect(seen.slice(0, lists.length)).toEqual(idsOf(lists))
        expect(bodies.slice(0, lists.length)).toEqual(lists.map(shown))
        expect([...seen].sort()).toEqual(idsOf(model.in('ready')).sort())
      },
    })),
  },
  {
    weight: 1,
    arbitrary: place.map((at) => ({
      says: `look at ${at}`,
      act: async ({ address, model, ids }: World) => {
        const id = pick(ids, at)
        if (!id) return
        const message = model.all().find((each) => each.id === id)
        const found = await driver.looking.find(address.name, id)
        expect(found && { body: String(found.body), state: found.state }).toEqual(
          message && { body: message.body, state: model.stateOf(id) },
        )
      },
    })),
  },
  {
    weight: 1,
    arbitrary: place.map((at) => ({
      says: `note at ${at}`,
      act: async ({ address, model, ids, plain }: World) => {
        const id = pick(ids, at)
        if (!id || plain) return
        const isThere = model.all().some((each) => each.id === id)
        expect(await driver.notes.setProgress(address.name, id, '1')).toBe(isThere)
      },
    })),
  },
  {
    weight: 5,
    arbitrary: small.map((count) => ({
      says: `lease ${count + 1}`,
      act: async (world: World) => {
        const { lease } = await driver.lease(world.address.name, {
          worker: 'm|o,1,del',
          count: count + 1,
          leaseMs: hourMs,
        })
        adoptLease(world, lease, count + 1)
      },
    })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(place, fc.array(place, { minLength: 1, maxLength: 4 }), fc.boolean(), keep)
      .map(([which, some, all, kept]) => ({
        says: `ack lease ${which} ${all ? 'whole' : some}, keep ${kept}`,
        act: async (world: World) => {
          const finished = finishedOf(world, which, some, all)
          if (!finished) return
          const keeping = keepingOf(world, kept)
          expect(await driver.ack(world.address.name, { ...finished, ...keeping })).toEqual(
            world.model.ack(finished.leaseId, finished.ids, keeping.keep?.count ?? 0),
          )
        },
      })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(place, fc.array(place, { minLength: 1, maxLength: 4 }), fc.boolean(), small, keep)
      .map(([which, some, all, count, kept]) => ({
        says: `turn lease ${which} ${all ? 'whole' : some}, keep ${kept}, next ${count + 1}`,
        act: async (world: World) => {
          const finished = finishedOf(world, which, some, all)
          if (!finished) return
          const keeping = keepingOf(world, kept)
          const turn = await driver.turn(
            world.address.name,
            { ...finished, ...keeping },
            { worker: 'w', count: count + 1, leaseMs: hourMs },
          )
          const acked = () =>
            expect(turn.outcomes).toEqual(world.model.ack(finished.leaseId, finished.ids, keeping.keep?.count ?? 0))
          // A group that the ack lets go has its turn after the lease that travelled with it, unless that found removed ones
          // only and was asked again.
          const taken = (turn.next?.messages ?? []).map(({ id }) => id)
          const isAskedAgain = world.model.objection(count + 1, taken) !== undefined
          if (isAskedAgain) acked()
          adoptLease(world, turn.next, count + 1)
          if (!isAskedAgain) acked()
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
    arbitrary: fc.array(place, { minLength: 1, maxLength: 4 }).map((which) => ({
      says: `promote ids ${which}`,
      act: async ({ address, model, ids }: World) => {
        const some = [...new Set(which.flatMap((at) => pick(ids, at) ?? []))]
        const outcomes = await driver.mending.promoteIds(address.name, some)
        const due = some.filter((id) => model.delayed.has(id))
        expect(outcomes.map((outcome) => outcome === 'applied')).toEqual(some.map((id) => due.includes(id)))
        model.promote(due)
      },
    })),
  },
  {
    weight: 1,
    arbitrary: fc.array(place, { minLength: 1, maxLength: 4 }).map((which) => ({
      says: `cancel ${which}`,
      act: async ({ address, model, ids }: World) => {
        const some = [...new Set(which.flatMap((at) => pick(ids, at) ?? []))]
        const outcomes = await driver.mending.cancel(address.name, some)
        const isLeased = (id: string) =>
          [...model.leases.values()].some(({ messages }) => messages.some((m) => m.id === id))
        expect(outcomes).toEqual(
          some.map((id) => {
            if (isLeased(id)) return 'leased'
            return model.remove('ready', id) || model.remove('delayed', id) ? 'applied' : 'gone'
          }),
        )
      },
    })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.array(place, { minLength: 1, maxLength: 3 }), priority).map(([which, to]) => ({
      says: `change priority of ${which} to ${to}`,
      act: async ({ address, model, ids, plain }: World) => {
        if (plain) return
        const some = [...new Set(which.flatMap((at) => pick(ids, at) ?? []))]
        const outcomes = await driver.mending.changePriority(address.name, some, to)
        // Ready ones first, then delayed ones, each in the order given.
        const ready = some.filter((id) => model.find('ready', id))
        const changed = new Set([...ready, ...some].filter((id) => model.changePriority(id, to)))
        expect(outcomes.map((outcome) => outcome === 'applied')).toEqual(some.map((id) => changed.has(id)))
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
        const left = await redis.smismember(keys.removed, 'none', ...chosen.map(({ snapshot }) => snapshot.id))
        const outcomes = await reader.restore(
          address,
          chosen.map((each) => each.snapshot),
        )
        chosen.forEach(({ snapshot, message: taken }, index) => {
          const message = { ...taken }
          const isTaken =
            (snapshot.state !== 'ready' && left[index + 1] === 1) ||
            model.all().some(({ id }) => id === message.id) ||
            (message.ownId !== null && model.withOwnId(message.ownId) !== undefined)
          expect(outcomes[index]?.outcome).toBe(isTaken ? 'changed' : 'applied')
          if (isTaken) return
          if (snapshot.state === 'delayed') model.delayed.set(message.id, message)
          else if (snapshot.state === 'dead') model.dead.push(message)
          else if (snapshot.state === 'done') model.done.push(message)
          else model.list(message).push(message)
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
        const message = which === 'done' ? undefined : model.find(which, id)
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
async function adoptOrder(model: QueueModel, { ready, dead, done, groups }: Census): Promise<void> {
  const inOrder = (list: ModelMessage[], ids: readonly string[]) => {
    expect([...list].map((message) => message.id).sort()).toEqual([...ids].sort())
    list.sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id))
  }
  for (const [priority, list] of model.ready.entries()) inOrder(list, ready[priority] ?? [])
  inOrder(model.dead, dead)
  inOrder(model.done, done)
  for (const [name, group] of model.groups) inOrder(group.ready, groups.get(escaped(name))?.ready ?? [])
}

/** What a lease took must be what it may take; the model then takes the same. */
function adoptLease({ model, leases }: World, lease: Lease | undefined, count: number): void {
  const taken = (lease?.messages ?? []).map(({ id }) => id)
  expect(model.objection(count, taken)).toBeUndefined()
  if (!lease) return
  expect(Number(lease.leaseId)).toBeGreaterThan(Number(leases.at(-1) ?? 0))
  model.lease(lease.leaseId, taken)
  expect(
    lease.messages.map(({ id, attempt, maxAttempts, body }) => ({ id, attempt, maxAttempts, body: String(body) })),
  ).toEqual(
    model.leases
      .get(lease.leaseId)
      ?.messages.map(({ id, attempts, maxAttempts, body }) => ({ id, attempt: attempts + 1, maxAttempts, body })),
  )
  leases.push(lease.leaseId)
}

/** What keeps the done makes a queue rich: not in a world that is to stay plain. */
const keepingOf = ({ plain }: World, count: number) =>
  plain || count === 0 ? {} : { keep: { count, ageMs: 365 * 24 * hourMs } }

/** Without what makes a queue rich. */
const plainly = <Message extends { readonly later: boolean }>(message: Message) => ({
  ...message,
  priority: undefined,
  group: undefined,
  ownId: undefined,
})

const idsOf = (messages: readonly ModelMessage[]) => messages.map((message) => message.id)

async function compare({ address, keys, model }: World): Promise<void> {
  const [found, stats, [reading]] = await Promise.all([
    census(redis, keys),
    driver.stats(address.name),
    reader.read([address]),
  ])
  expect(found.problems.join('; ')).toBe('')
  expect(found.ready).toEqual(model.ready.map(idsOf))
  expect([...found.delayed].sort()).toEqual([...model.delayed.keys()].sort())
  expect(found.dead).toEqual(idsOf(model.dead))
  expect(found.done).toEqual(idsOf(model.done))
  for (const [name, { ready, holder }] of model.groups) {
    const group = found.groups.get(escaped(name))
    expect([name, group?.ready ?? [], group?.busy ?? null]).toEqual([name, idsOf(ready), holder?.id ?? null])
  }
  expect(new Map([...found.leased].map(([id, ids]) => [id, [...ids]]))).toEqual(
    new Map([...model.leases].map(([id, { messages }]) => [id, idsOf(messages)])),
  )
  const leased = [...model.leases.values()].reduce((sum, { messages }) => sum + messages.length, 0)
  const figures = {
    ready: model.in('ready').length,
    delayed: model.delayed.size,
    leased,
    dead: model.dead.length,
    done: model.done.length,
    enqueuedTotal: model.enqueued,
    ackedTotal: model.acked,
    paused: model.paused,
  }
  expect(stats).toMatchObject({ ...figures, diedTotal: model.died, replayedTotal: model.replayed })
  expect(reading).toMatchObject(figures)
}

it(`agrees with a model over ${schedules} schedules of ${commandsEach} commands (seed ${seed})`, async () => {
  let schedule = 0
  let told = 0
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
          plain: schedule % 2 === 0,
          snapshots: [],
        }
        const trail: string[] = []
        try {
          for (const { says, act } of commands) {
            trail.push(says)
            await act(world)
            await compare(world)
          }
          told += world.ids.length
        } catch (error) {
          throw new Error(`${error instanceof Error ? error.message : error}\n  after:\n  ${trail.join('\n  ')}`, {
            cause: error,
          })
        }
      },
    ),
    { seed, numRuns: schedules, endOnFailure: true },
  )
  tell({
    what: 'schedules against the model',
    runs: result.numRuns,
    messages: told,
    lost: 0,
    doubled: result.failed ? 1 : 0,
  })
  if (result.failed) throw new Error(`seed ${seed}, schedule ${result.numRuns}: ${result.errorInstance}`)
}, 900_000)
