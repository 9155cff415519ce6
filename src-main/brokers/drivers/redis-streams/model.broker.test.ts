import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loopback, type RedisClient, redisClient } from '../../clients/redis'
import type { Lease } from '../../driver-messages'
import { startRedis, type TestRedis } from '../../testing/redis-server'
import { census } from './conservation'
import { RedisStreamsDriver } from './driver'
import { GroupModel } from './group-model'
import { streamKeys } from './keys'

const groups = ['one', 'two'] as const
type Group = (typeof groups)[number]
const runs = Number(process.env.QUEUESCOPE_MODEL_RUNS ?? 60)

let server: TestRedis
let redis: RedisClient
let drivers: Readonly<Record<Group, RedisStreamsDriver>>
let queues = 0

beforeAll(async () => {
  server = await startRedis()
  redis = redisClient(loopback(server.port))
  await redis.connect()
  const open = (group: Group) =>
    new RedisStreamsDriver({
      redis,
      connectAnother: () => redisClient(loopback(server.port)),
      group,
      maxAttempts: () => 3,
    })
  drivers = { one: open('one'), two: open('two') }
})

afterAll(async () => {
  for (const group of groups) await drivers[group].close()
  redis.disconnect()
  await server.stop()
})

const group = fc.constantFrom(...groups)
const which = fc.array(fc.nat(40), { minLength: 1, maxLength: 4 })
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ act: fc.constant('enqueue' as const), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('later' as const), count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('ripen' as const), group }) },
  {
    weight: 6,
    arbitrary: fc.record({ act: fc.constant('lease' as const), group, count: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 5, arbitrary: fc.record({ act: fc.constant('ack' as const), group, lease: fc.nat(5), which }) },
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constant('nack' as const),
      group,
      lease: fc.nat(5),
      which,
      to: fc.constantFrom('again' as const, 'delayed' as const, 'dead' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('expire' as const), group, lease: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('replayIds' as const), group, which }) },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant('replayDead' as const), group, count: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('cancel' as const), group, which }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('promoteIds' as const), group, which }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('edit' as const), group, which }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('pause' as const), group, paused: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('purge' as const),
      group,
      state: fc.constantFrom('ready' as const, 'delayed' as const, 'dead' as const),
      limit: fc.integer({ min: 1, max: 5 }),
    }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer Kind> ? Kind : never

/** One queue under two groups, with the model of each. A message is its id; its body is the id's number, or what an edit made of it. */
class Run {
  readonly queue = `model ${queues++}`
  readonly models: Record<Group, GroupModel> = { one: new GroupModel(3), two: new GroupModel(3) }
  readonly later: string[] = []
  readonly ids: string[] = []
  /** Where a message is delayed and not in the stream, its body is the queue's; else each group's. */
  readonly bodies: Record<Group, Map<string, string>> = { one: new Map(), two: new Map() }
  private bodyCount = 0

  constructor(private readonly groups: readonly Group[]) {}

  async take(step: Step): Promise<void> {
    const own = 'group' in step && !this.groups.includes(step.group) ? { ...step, group: this.groups[0]! } : step
    switch (own.act) {
      case 'enqueue':
      case 'later':
        return this.enqueue(own.count, own.act === 'later')
      case 'ripen':
        return this.ripen(own.group)
      case 'lease':
        return this.lease(own.group, own.count)
      case 'ack':
      case 'nack':
        return this.settle(own)
      case 'expire':
        return this.expire(own.group, own.lease)
      case 'replayIds': {
        const ids = this.some(own.which)
        expect(await drivers[own.group].dead.replayIds(this.queue, ids)).toEqual(this.models[own.group].replay(ids))
        return
      }
      case 'replayDead':
        return this.replayDead(own.group, own.count)
      case 'cancel':
      case 'promoteIds':
        return this.mend(own.group, own.act, this.some(own.which))
      case 'edit':
        return this.edit(own.group, this.some(own.which)[0])
      case 'pause':
        this.models[own.group].paused = own.paused
        return drivers[own.group].pausing.setPaused(this.queue, own.paused)
      case 'purge':
        return this.purge(own.group, own.state, own.limit)
    }
  }

  async check(): Promise<void> {
    const { problems, groups: found, later } = await census(redis, { queue: this.queue, groups: this.groups })
    expect(problems).toEqual([])
    expect(later.length).toBe(this.later.length)
    for (const name of this.groups) {
      const model = this.models[name]
      const own = found.get(name)!
      const stats = await drivers[name].stats(this.queue)
      expect(own.held.length).toBe([...model.leases.values()].flat().length)
      expect(stats).toMatchObject({
        ready: model.again.length + model.fresh.length,
        delayed: model.delayed.length + this.later.length,
        leased: own.held.length,
        dead: model.dead.length,
        paused: model.paused,
        ackedTotal: model.acked,
        diedTotal: model.died,
        replayedTotal: model.replayed,
        failedTotal: model.failed,
        lost: 0,
      })
    }
  }

  /** What is left comes out in the order of the model, and nothing else. */
  async drain(): Promise<void> {
    for (const name of this.groups) {
      const model = this.models[name]
      await this.take({ act: 'pause', group: name, paused: false })
      await this.ripen(name)
      for (const leaseId of [...model.leases.keys()]) await this.expireLease(name, leaseId)
      while (model.next(1).length > 0) await this.lease(name, 5)
      expect((await drivers[name].lease(this.queue, request(5))).lease).toBeUndefined()
      await this.check()
    }
  }

  private async enqueue(count: number, isLater: boolean): Promise<void> {
    const messages = Array.from({ length: count }, () => ({
      body: `body ${this.bodyCount++}`,
      ...(isLater ? { delayMs: 3_600_000 } : {}),
    }))
    const outcomes = await drivers.one.enqueue(this.queue, messages)
    outcomes.forEach((outcome, index) => {
      if (outcome.outcome !== 'added') throw new Error('not added')
      this.ids.push(outcome.id)
      for (const name of this.groups) {
        this.bodies[name].set(outcome.id, messages[index]!.body)
        if (!isLater) this.models[name].fresh.push(outcome.id)
      }
      if (isLater) this.later.push(outcome.id)
    })
  }

  /** Everything that waits is due, for the queue and for this group. */
  private async ripen(name: Group): Promise<void> {
    const { later, delayed } = streamKeys({ prefix: 'qs', queue: this.queue, group: name }).of
    for (const [at, id] of this.later.entries()) await redis.zadd(later, 'XX', at, id)
    const entries = await redis.zrange(delayed, 0, '-1')
    const order = new Map(
      await Promise.all(entries.map(async (entry) => [await this.idOf(name, entry), entry] as const)),
    )
    for (const [at, id] of this.models[name].delayed.entries()) await redis.zadd(delayed, 'XX', at, order.get(id)!)
    const due = this.later.length + this.models[name].delayed.length
    expect(await drivers[name].promote(this.queue, 100)).toEqual({ moved: due, nextDueAt: null })
    for (const id of this.later.splice(0)) for (const each of this.groups) this.models[each].fresh.push(id)
    this.models[name].ripen()
  }

  private async idOf(name: Group, entry: string): Promise<string> {
    const { names } = streamKeys({ prefix: 'qs', queue: this.queue, group: name }).of
    return (await redis.hget(names, entry)) ?? entry
  }

  private async lease(name: Group, count: number): Promise<void> {
    const model = this.models[name]
    const expected = model.next(count)
    const { lease } = await drivers[name].lease(this.queue, request(count))
    expect(lease?.messages.map(({ id }) => id) ?? []).toEqual(expected)
    if (!lease) return
    this.checkLease(name, lease)
    model.lease(lease.leaseId, count)
  }

  private checkLease(name: Group, lease: Lease): void {
    const model = this.models[name]
    for (const message of lease.messages) {
      expect(message).toMatchObject({
        attempt: model.attemptsOf(message.id) + 1,
        replays: model.replays.get(message.id) ?? 0,
      })
      expect(Buffer.from(message.body).toString()).toBe(this.bodies[name].get(message.id))
    }
  }

  /** Ids of that lease, of any other, and a stranger. */
  private async settle(own: Step & { act: 'ack' | 'nack' }): Promise<void> {
    const model = this.models[own.group]
    const leaseId = [...model.leases.keys()][own.lease] ?? '1'
    const held = model.leases.get(leaseId) ?? []
    const ids = [
      ...new Set([...own.which.map((at) => held[at % (held.length || 1)] ?? '9-9'), ...this.some(own.which)]),
    ]
    const driver = drivers[own.group]
    const outcomes =
      own.act === 'ack'
        ? await driver.ack(this.queue, { leaseId, ids })
        : await driver.nack(
            this.queue,
            leaseId,
            ids.map((id) => ({
              id,
              error: { name: 'E', message: 'm', stack: null },
              retryInMs: own.to === 'again' ? 0 : own.to === 'delayed' ? 3_600_000 : undefined,
            })),
          )
    const expected = ids.map((id) => (own.act === 'ack' ? model.ack(leaseId, id) : model.nack(leaseId, id, own.to)))
    expect(outcomes).toEqual(expected.map((applied) => (applied ? 'applied' : 'stale')))
  }

  private async expire(name: Group, at: number): Promise<void> {
    const leaseId = [...this.models[name].leases.keys()][at]
    if (leaseId !== undefined) await this.expireLease(name, leaseId)
  }

  private async expireLease(name: Group, leaseId: string): Promise<void> {
    const model = this.models[name]
    await redis.zadd(streamKeys({ prefix: 'qs', queue: this.queue, group: name }).of.leases, 'XX', 1, leaseId)
    // They come back in the order of the stream.
    const order = await this.entriesOf(name, model.leases.get(leaseId)!)
    model.leases.get(leaseId)!.sort((a, b) => order.get(a)! - order.get(b)!)
    const before = model.died
    const count = model.leases.get(leaseId)!.length
    model.expire(leaseId)
    const died = model.died - before
    expect(await drivers[name].recover(this.queue, 100)).toMatchObject({ requeued: count - died, died })
  }

  private async entriesOf(name: Group, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { names } = streamKeys({ prefix: 'qs', queue: this.queue, group: name }).of
    const pairs = await Promise.all(
      ids.map(async (id) => {
        const [ms, seq] = (id.startsWith('later') ? (await redis.hget(names, id))! : id).split('-').map(Number)
        return [id, ms! * 1_000 + seq!] as const
      }),
    )
    return new Map(pairs)
  }

  private async replayDead(name: Group, limit: number): Promise<void> {
    const model = this.models[name]
    const all = [...model.dead]
    let before: string | null = null
    do {
      const step: { moved: number; before: string | null } = await drivers[name].dead.replayDead(this.queue, {
        before,
        limit,
      })
      expect(model.replay(all.splice(0, step.moved)).every(Boolean)).toBe(true)
      before = step.before
    } while (before !== null)
    expect(all).toEqual([])
  }

  private async mend(name: Group, act: 'cancel' | 'promoteIds', ids: readonly string[]): Promise<void> {
    const model = this.models[name]
    const expected = ids.map((id) => {
      const at = this.later.indexOf(id)
      const state = at >= 0 ? 'later' : model.stateOf(id)
      if (state === 'held') return 'leased'
      if (state === 'later') {
        this.later.splice(at, 1)
        if (act === 'promoteIds') for (const each of this.groups) this.models[each].fresh.push(id)
        return 'applied'
      }
      if (state === 'delayed' || (act === 'cancel' && (state === 'again' || state === 'fresh'))) {
        if (act === 'cancel') model.remove(id)
        else {
          model.leave(id)
          model.again.push(id)
        }
        return 'applied'
      }
      return 'gone'
    })
    expect(await drivers[name].mending[act](this.queue, ids)).toEqual(expected)
  }

  private async edit(name: Group, id: string | undefined): Promise<void> {
    if (id === undefined) return
    const model = this.models[name]
    const isLater = this.later.includes(id)
    const state = isLater ? 'later' : model.stateOf(id)
    const seen = this.bodies[name].get(id)!
    const body = `edited ${this.bodyCount++}`
    const outcome = await drivers[name].mending.edit(this.queue, {
      id,
      seen: Buffer.from(seen),
      body: Buffer.from(body),
    })
    expect(outcome).toBe(state === undefined ? 'gone' : state === 'held' ? 'leased' : 'applied')
    if (outcome === 'applied') for (const each of isLater ? this.groups : [name]) this.bodies[each].set(id, body)
  }

  private async purge(name: Group, state: 'ready' | 'delayed' | 'dead', limit: number): Promise<void> {
    const model = this.models[name]
    const gone =
      state === 'ready'
        ? [...model.again, ...model.fresh]
        : state === 'dead'
          ? [...model.dead]
          : [...model.delayed, ...this.later]
    for (const id of gone) model.remove(id)
    if (state === 'delayed') this.later.splice(0)
    let before: string | null = null
    let moved = 0
    do {
      const step: { moved: number; before: string | null } = await drivers[name].purge(this.queue, state, {
        before,
        limit,
      })
      moved += step.moved
      before = step.before
    } while (before !== null)
    expect(moved).toBe(gone.length)
  }

  /** Each once. */
  private some(which: readonly number[]): readonly string[] {
    return [...new Set(which.map((at) => this.ids[at % (this.ids.length || 1)]).filter((id) => id !== undefined))]
  }
}

const request = (count: number) => ({ worker: 'model', count, leaseMs: 3_600_000 })

describe.each([[groups], [groups.slice(0, 1)]])('a stream under %j', (listening) => {
  it(`does what the model says in ${runs} schedules of 40 steps`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        const run = new Run(listening)
        // All listen from the first message on.
        for (const name of listening) await drivers[name].join(run.queue)
        for (const own of steps) {
          await run.take(own)
          await run.check()
        }
        await run.drain()
      }),
      { numRuns: runs },
    )
  })
})
