import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { loopback, type RedisClient, redisClient } from '../brokers/clients/redis'
import { census } from '../brokers/drivers/redis/conservation'
import { queueKeys } from '../brokers/drivers/redis/keys'
import { startRedis, type TestRedis } from '../brokers/testing/redis-server'
import { Engine } from './engine'

const messages = 10_000
const kills = 100
const workersAtOnce = 3

let server: TestRedis
let redis: RedisClient
let folder: string

beforeAll(async () => {
  server = await startRedis()
  redis = redisClient(loopback(server.port))
  await redis.connect()
  folder = mkdtempSync(join(tmpdir(), 'queuescope-crash-'))
  // One plain file starts in a fraction of the time that compiling takes, a hundred times over.
  await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { alias: { '@shared': resolve(import.meta.dirname, '../../src-shared') } },
    ssr: { noExternal: true, target: 'node' },
    build: {
      ssr: resolve(import.meta.dirname, 'crash-worker.ts'),
      outDir: folder,
      target: 'node20',
      rolldownOptions: { output: { entryFileNames: 'crash-worker.mjs' } },
    },
  })
})

afterAll(async () => {
  redis.disconnect()
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

it(`loses none of ${messages} messages to ${kills} workers killed at work`, async () => {
  const name = 'crash'
  const engine = await Engine.open({ redis: { port: server.port } })
  const queue = engine.queue(name, { maxAttempts: 1_000 })
  const outcomes = (
    await Promise.all(
      Array.from({ length: messages / 500 }, () => queue.enqueueBatch(Array.from({ length: 500 }, (_, n) => ({ n })))),
    )
  ).flat()
  let killed = 0
  const running = new Set<ChildProcess>()
  let broken = ''

  /** Each dies, by SIGKILL, after a number of messages of its own; the last ones are left to finish. */
  const lane = async (): Promise<void> => {
    while (killed < kills) {
      const child = spawn(process.execPath, [join(folder, 'crash-worker.mjs'), String(server.port), name], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      running.add(child)
      child.stderr.on('data', (text: Buffer) => {
        broken += text.toString()
      })
      const fatal = 1 + Math.floor(Math.random() * 60)
      let ran = 0
      child.stdout.on('data', (chunk: Buffer) => {
        ran += chunk.length
        if (ran >= fatal && killed < kills) {
          killed++
          child.kill('SIGKILL')
        }
      })
      await once(child, 'exit')
      running.delete(child)
      if (broken !== '') throw new Error(broken)
    }
  }
  try {
    const lanes = Promise.all(Array.from({ length: workersAtOnce }, lane))
    await Promise.race([lanes, vi.waitFor(() => expect(killed).toBe(kills), { timeout: 50_000, interval: 50 })])
    const last = engine.worker(queue, async (message) => void (await redis.hincrby('ran', message.id, 1)), {
      concurrency: 200,
    })
    await vi.waitFor(async () => expect((await queue.stats()).ackedTotal).toBe(messages), {
      timeout: 20_000,
      interval: 50,
    })
    await last.stop()
    const { problems, bodies } = await census(redis, queueKeys('qe', name))
    expect([problems, bodies.size]).toEqual([[], 0])
    const ran = await redis.hgetall('ran')
    expect(outcomes.filter((each) => each.outcome !== 'added' || !ran[each.id])).toEqual([])
    expect(await queue.stats()).toMatchObject({ ready: 0, leased: 0, delayed: 0, dead: 0 })
  } finally {
    for (const child of running) child.kill('SIGKILL')
    await engine.close(0)
  }
}, 90_000)
