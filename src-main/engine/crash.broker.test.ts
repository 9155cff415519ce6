import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { loopback, type RedisClient, redisClient } from '../brokers/clients/redis'
import { census } from '../brokers/drivers/redis/conservation'
import { queueKeys } from '../brokers/drivers/redis/keys'
import { startRedis, type TestRedis } from '../brokers/testing/redis-server'
import { randomOf, seed, sized, tell } from '../brokers/testing/torture'
import { pause, systemClock } from '../runtime/clock'
import { Engine } from './engine'
import { builtChild } from './testing/built-child'

const messages = sized({ ci: 10_000, full: 100_000 })
const kills = sized({ ci: 100, full: 1_000 })
const timeoutMs = sized({ ci: 50_000, full: 840_000 })
const workersAtOnce = 3
/** What is left of a dead worker's lease after it ran out is taken up within this. */
const recoveredWithinMs = 5_000

let server: TestRedis
let redis: RedisClient
let child: { readonly file: string; readonly folder: string }

beforeAll(async () => {
  server = await startRedis()
  redis = redisClient(loopback(server.port))
  await redis.connect()
  child = await builtChild(join(import.meta.dirname, 'crash-worker.ts'))
})

afterAll(async () => {
  redis.disconnect()
  await server.stop()
  rmSync(child.folder, { recursive: true, force: true })
})

/** Every attempt that was run, and how often: attempt n + 1 begins when the lease of attempt n was lost. */
async function attemptsRun(): Promise<{ readonly ids: ReadonlySet<string>; readonly twice: readonly string[] }> {
  const ran = await redis.hgetall('ran')
  return {
    ids: new Set(Object.keys(ran).map((attempt) => attempt.split(' ')[0]!)),
    twice: Object.keys(ran).filter((attempt) => ran[attempt] !== '1'),
  }
}

/** Looks for leases that ran out until told to stop; answers the longest that one was left lying, ms. */
async function longestOverdue(name: string, over: () => boolean): Promise<number> {
  let longest = 0
  while (!over()) {
    const [[seconds], [, expiresAt]] = await Promise.all([
      redis.time(),
      redis.zrange(queueKeys('qe', name).leases, 0, '0', 'WITHSCORES'),
    ])
    if (expiresAt !== undefined) longest = Math.max(longest, Number(seconds) * 1_000 - Number(expiresAt))
    await pause(systemClock, 100)
  }
  return longest
}

it(
  `loses none of ${messages} messages to ${kills} workers killed at work (seed ${seed})`,
  async () => {
    const name = 'crash'
    const random = randomOf(seed)
    const engine = await Engine.open({ redis: { port: server.port } })
    const queue = engine.queue(name, { maxAttempts: 1_000 })
    const outcomes = (
      await Promise.all(
        Array.from({ length: messages / 500 }, () =>
          queue.enqueueBatch(Array.from({ length: 500 }, (_, n) => ({ n }))),
        ),
      )
    ).flat()
    let killed = 0
    let over = false
    const running = new Set<ChildProcess>()
    let broken = ''

    /** Each dies, by SIGKILL, after a number of messages of its own; the last ones are left to finish. */
    const lane = async (): Promise<void> => {
      while (killed < kills && !over) {
        const worker = spawn(process.execPath, [child.file, String(server.port), name], {
          stdio: ['ignore', 'pipe', 'pipe'],
        })
        running.add(worker)
        worker.stderr.on('data', (text: Buffer) => {
          broken += text.toString()
        })
        const fatal = 1 + random(60)
        let ran = 0
        worker.stdout.on('data', (chunk: Buffer) => {
          ran += chunk.length
          if (ran >= fatal && killed < kills) {
            killed++
            worker.kill('SIGKILL')
          }
        })
        await once(worker, 'exit')
        running.delete(worker)
        if (broken !== '') throw new Error(broken)
      }
    }
    const overdue = longestOverdue(name, () => over)
    try {
      const lanes = Promise.all(Array.from({ length: workersAtOnce }, lane))
      await Promise.race([lanes, vi.waitFor(() => expect(killed).toBe(kills), { timeout: timeoutMs, interval: 50 })])
      const last = engine.worker(
        queue,
        async (message) => void (await redis.hincrby('ran', `${message.id} ${message.attempt}`, 1)),
        { concurrency: 200 },
      )
      await vi.waitFor(async () => expect((await queue.stats()).ackedTotal).toBe(messages), {
        timeout: 20_000,
        interval: 50,
      })
      await last.stop()
      over = true
      const { problems, bodies } = await census(redis, queueKeys('qe', name))
      const { ids, twice } = await attemptsRun()
      const lost = outcomes.filter((each) => each.outcome !== 'added' || !ids.has(each.id))
      const overdueMs = await overdue
      tell({
        what: 'worker kill -9',
        runs: kills,
        messages,
        lost: lost.length,
        doubled: twice.length,
        note: `taken up at most ${Math.max(overdueMs, 0)} ms after the lease ran out`,
      })
      expect([problems, bodies.size, lost, twice]).toEqual([[], 0, [], []])
      expect(overdueMs).toBeLessThan(recoveredWithinMs)
      expect(await queue.stats()).toMatchObject({ ready: 0, leased: 0, delayed: 0, dead: 0 })
    } finally {
      over = true
      for (const worker of running) worker.kill('SIGKILL')
      await engine.close(0)
    }
  },
  timeoutMs + 40_000,
)
