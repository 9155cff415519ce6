import { afterAll, beforeAll, expect, it } from 'vitest'
import { loopback, type RedisClient, redisClient } from '../../clients/redis'
import { startRedis, type TestRedis } from '../../testing/redis-server'
import { randomOf, seed, sized, tell } from '../../testing/torture'
import { census } from './conservation'
import { RedisDriver } from './driver'
import { queueKeys } from './keys'

const clientsAtOnce = 4
const steps = sized({ ci: 2_000, full: 30_000 })
const error = { name: 'E', message: 'm', stack: null }

let server: TestRedis
let clients: RedisClient[]

beforeAll(async () => {
  server = await startRedis()
  clients = await Promise.all(
    Array.from({ length: clientsAtOnce }, async () => {
      const client = redisClient(loopback(server.port))
      await client.connect()
      return client
    }),
  )
})

afterAll(async () => {
  for (const client of clients) client.disconnect()
  await server.stop()
})

/** What all clients together have seen: the judge of every answer. */
class Judge {
  readonly added = new Set<string>()
  readonly acked = new Set<string>()
  /** The newest lease known to hold a message. */
  private readonly newest = new Map<string, number>()
  private readonly settled = new Set<string>()
  readonly wrong: string[] = []

  leased(leaseId: string, ids: readonly string[]): void {
    for (const id of ids) {
      if (this.acked.has(id)) this.wrong.push(`${id} was leased after its ack was accepted`)
      const before = this.newest.get(id) ?? 0
      if (Number(leaseId) === before) this.wrong.push(`${id} was leased twice under ${leaseId}`)
      this.newest.set(id, Math.max(before, Number(leaseId)))
    }
  }

  /** Newer leases that were known before the call was made. */
  heldElsewhere(leaseId: string, ids: readonly string[]): ReadonlySet<string> {
    return new Set(ids.filter((id) => (this.newest.get(id) ?? 0) > Number(leaseId)))
  }

  accepted(act: 'ack' | 'nack', leaseId: string, id: string, wasElsewhere: boolean): void {
    if (wasElsewhere) this.wrong.push(`a stale ${act} of ${id} under ${leaseId} was accepted`)
    if (this.settled.has(`${leaseId} ${id}`)) this.wrong.push(`${id} was settled twice under ${leaseId}`)
    this.settled.add(`${leaseId} ${id}`)
    if (act === 'ack') this.acked.add(id)
  }
}

/** Groups make a queue rich: in one without, what is sent together stays in parcels until it is parted. */
it.each([
  ['plain messages', 0],
  ['groups among them', 1],
])(
  `lets no stale fence pass in ${steps} steps of ${clientsAtOnce} clients (seed ${seed}), %s`,
  async (what, groups) => {
    const name = `interleaved, ${what}`
    const judge = new Judge()
    const held: { readonly leaseId: string; readonly ids: readonly string[] }[] = []
    let taken = 0

    const client = async (driver: RedisDriver, random: (most: number) => number) => {
      const request = () => ({ worker: 'w', count: 1 + random(random(2) === 0 ? 8 : 30), leaseMs: random(12) })
      while (taken++ < steps) {
        const lease = held[random(held.length)]
        const some = lease?.ids.filter(() => random(3) > 0) ?? []
        switch (random(9)) {
          case 0:
          case 1: {
            const batch = Array.from({ length: 1 + random(20) }, (_, n) => ({
              body: `${n}`,
              ...(groups > 0 && random(4) === 0 ? { group: `g${random(3)}` } : {}),
            }))
            for (const each of await driver.enqueue(name, batch)) if (each.outcome === 'added') judge.added.add(each.id)
            break
          }
          case 2:
          case 3: {
            const { lease: own } = await driver.lease(name, request())
            if (!own) break
            const ids = own.messages.map((message) => message.id)
            judge.leased(own.leaseId, ids)
            held.push({ leaseId: own.leaseId, ids })
            if (held.length > 60) held.shift()
            break
          }
          case 4:
          case 5: {
            if (!lease) break
            const elsewhere = judge.heldElsewhere(lease.leaseId, some)
            const outcomes = await driver.ack(name, { leaseId: lease.leaseId, ids: some })
            some.forEach((id, index) => {
              if (outcomes[index] === 'applied') judge.accepted('ack', lease.leaseId, id, elsewhere.has(id))
            })
            break
          }
          case 6: {
            if (!lease) break
            const elsewhere = judge.heldElsewhere(lease.leaseId, some)
            const failures = some.map((id) => ({ id, error, retryInMs: [0, 2, undefined][random(3)] }))
            const outcomes = await driver.nack(name, lease.leaseId, failures)
            some.forEach((id, index) => {
              if (outcomes[index] === 'applied') judge.accepted('nack', lease.leaseId, id, elsewhere.has(id))
            })
            break
          }
          case 7:
            await driver.recover(name, 50)
            await driver.promote(name, 50)
            break
          case 8:
            if (random(4) === 0) await driver.replayDead(name, { before: null, limit: 50 })
            else if (lease) await driver.extend(name, lease.leaseId, random(20))
            break
        }
      }
    }
    await Promise.all(
      clients.map((redis, index) =>
        client(
          new RedisDriver({ redis, connectAnother: () => redisClient(loopback(server.port)), maxAttempts: () => 5 }),
          randomOf(seed + index),
        ),
      ),
    )
    const { problems, bodies } = await census(clients[0]!, queueKeys('qe', name))
    const lost = [...judge.added].filter((id) => !judge.acked.has(id) && !bodies.has(id))
    const back = [...judge.acked].filter((id) => bodies.has(id))
    tell({
      what: `${clientsAtOnce} clients interleaved, ${what}`,
      runs: steps,
      messages: judge.added.size,
      lost: lost.length,
      doubled: back.length + judge.wrong.length,
    })
    expect([judge.wrong, problems, lost, back]).toEqual([[], [], [], []])
    expect(judge.acked.size).toBeGreaterThan(steps / 100)
  },
  300_000,
)
