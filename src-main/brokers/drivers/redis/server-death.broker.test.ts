import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loopback, type RedisClient, redisClient } from '../../clients/redis'
import { startRedis } from '../../testing/redis-server'
import { randomOf, seed, sized, tell } from '../../testing/torture'
import { census } from './conservation'
import { RedisDriver } from './driver'
import { queueKeys } from './keys'

const name = 'mortal'
const kills = sized({ ci: 3, full: 100 })
const cuts = sized({ ci: 20, full: 200 })
const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--aof-use-rdb-preamble', 'no']
const error = { name: 'E', message: 'm', stack: null }

const driverOn = (redis: RedisClient, port: number) =>
  new RedisDriver({ redis, connectAnother: () => redisClient(loopback(port)), maxAttempts: () => 1_000 })

async function connected(port: number): Promise<RedisClient> {
  const redis = redisClient(loopback(port), { retryStrategy: () => null })
  await redis.connect()
  return redis
}

/** What the server confirmed, and what was on its way when it died: either may be true of the latter. */
class Ledger {
  readonly added = new Set<string>()
  readonly acked = new Set<string>()
  readonly perhapsAcked = new Set<string>()
  highestLease = 0
  highestId = 0
}

/** Works until the connection breaks, or `steps` are done; from the step `groupsFrom` on some messages stand in groups. */
async function load(
  driver: RedisDriver,
  ledger: Ledger,
  random: (most: number) => number,
  { steps = Infinity, groupsFrom = 0 }: { readonly steps?: number; readonly groupsFrom?: number },
) {
  for (let step = 0; step < steps; step++) {
    for (const each of await driver.enqueue(name, bodies(1 + random(25), random, step >= groupsFrom))) {
      if (each.outcome !== 'added') continue
      ledger.added.add(each.id)
      ledger.highestId = Math.max(ledger.highestId, Number.parseInt(each.id, 10))
    }
    const { lease } = await driver.lease(name, {
      worker: 'w',
      count: 1 + random(30),
      leaseMs: random(3) === 0 ? 1 : 60_000,
    })
    if (!lease) continue
    ledger.highestLease = Math.max(ledger.highestLease, Number(lease.leaseId))
    const ids = lease.messages.map((message) => message.id)
    const isWhole = random(3) === 0
    const [done, failed] = [ids.filter((_, at) => isWhole || at % 2 === 0), ids.filter((_, at) => at % 4 === 1)]
    for (const id of done) ledger.perhapsAcked.add(id)
    const outcomes = await driver.ack(name, { leaseId: lease.leaseId, ids: done })
    done.forEach((id, at) => {
      if (outcomes[at] === 'applied') ledger.acked.add(id)
    })
    await driver.nack(
      name,
      lease.leaseId,
      failed.map((id) => ({ id, error, retryInMs: [0, 5, undefined][random(3)] })),
    )
    if (random(3) === 0) await driver.recover(name, 100)
    if (random(3) === 0) await driver.promote(name, 100)
    if (random(6) === 0) await driver.replayDead(name, { before: null, limit: 100 })
  }
}

const bodies = (count: number, random: (most: number) => number, groups: boolean) =>
  Array.from({ length: count }, () => ({
    body: 'x'.repeat(random(20) === 0 ? 3_000 : 50),
    ...(groups && random(5) === 0 ? { group: `g${random(2)}` } : {}),
  }))

describe('a server that is killed', () => {
  it(`loses nothing that it confirmed, ${kills} times, with appendfsync always (seed ${seed})`, async () => {
    const server = await startRedis(durable)
    const ledger = new Ledger()
    const lost: string[] = []
    const doubled: string[] = []
    try {
      for (let kill = 0; kill < kills; kill++) {
        const random = randomOf(seed + kill)
        // Until the first of a group the queue is plain, and batches stay in parcels.
        const groups = { groupsFrom: kill < kills / 2 ? Infinity : 0 }
        const redis = await connected(server.port)
        const loads = Promise.allSettled(
          [0, 1, 2].map((lane) =>
            load(driverOn(redis, server.port), ledger, randomOf(seed + kill * 10 + lane), groups),
          ),
        )
        // It dies in the middle of its work, after some number of commands of this life.
        const watch = await connected(server.port)
        const enough = 200 + random(2_000)
        for (;;) {
          const commands = (await watch.info('stats')).match(/total_commands_processed:(\d+)/)?.[1]
          if (Number(commands) > enough) break
        }
        watch.disconnect()
        await server.kill()
        for (const each of await loads) expect(each.status).toBe('rejected')
        redis.disconnect()
        await server.start()
        const after = await connected(server.port)
        const found = await census(after, queueKeys('qe', name))
        expect(found.problems).toEqual([])
        for (const id of ledger.added)
          if (!found.bodies.has(id) && !ledger.perhapsAcked.has(id)) lost.push(`${id} in run ${kill}`)
        for (const id of ledger.acked) if (found.bodies.has(id)) doubled.push(`${id} in run ${kill}`)
        const fence = await driverOn(after, server.port).lease(name, { worker: 'w', count: 1, leaseMs: 60_000 })
        if (fence.lease) expect(Number(fence.lease.leaseId)).toBeGreaterThan(ledger.highestLease)
        after.disconnect()
      }
    } finally {
      await server.stop()
    }
    tell({
      what: 'redis-server kill -9, appendfsync always',
      runs: kills,
      messages: ledger.added.size,
      lost: lost.length,
      doubled: doubled.length,
    })
    expect([lost, doubled]).toEqual([[], []])
  }, 600_000)
})

describe('an append-only file that is cut off', () => {
  it(`leaves every message in one place at ${cuts} random ends, and no fence is used twice (seed ${seed})`, async () => {
    const random = randomOf(seed)
    const server = await startRedis(durable)
    const ledger = new Ledger()
    const redis = await connected(server.port)
    await load(driverOn(redis, server.port), ledger, random, { steps: 120, groupsFrom: 80 })
    redis.disconnect()
    await server.kill()
    const problems: string[] = []
    for (let cut = 0; cut < cuts; cut++) {
      const copy = mkdtempSync(join(tmpdir(), 'queuescope-cut-'))
      cpSync(server.dir, copy, { recursive: true })
      const folder = join(copy, 'appendonlydir')
      const log = join(folder, readdirSync(folder).find((file) => file.endsWith('.incr.aof'))!)
      truncateSync(log, 100 + random(statSync(log).size - 100))
      const survivor = await startRedis([...durable, '--dir', copy])
      const after = await connected(survivor.port)
      problems.push(...(await census(after, queueKeys('qe', name))).problems)
      const driver = driverOn(after, survivor.port)
      const [added] = await driver.enqueue(name, [{ body: 'after' }])
      if (added?.outcome !== 'added' || Number.parseInt(added.id, 10) <= ledger.highestId)
        problems.push('an id was used twice')
      const { lease } = await driver.lease(name, { worker: 'w', count: 1, leaseMs: 60_000 })
      if (!lease || Number(lease.leaseId) <= ledger.highestLease) problems.push('a fence was used twice')
      after.disconnect()
      await survivor.stop()
      rmSync(copy, { recursive: true, force: true })
    }
    await server.stop()
    tell({
      what: 'append-only file cut at random',
      runs: cuts,
      messages: ledger.added.size,
      lost: 0,
      doubled: problems.length,
      note: 'each message that survived stands in exactly one place',
    })
    expect(problems).toEqual([])
  }, 600_000)
})
