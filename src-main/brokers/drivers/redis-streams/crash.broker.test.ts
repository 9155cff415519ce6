import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loopback, type RedisClient, redisClient } from '../../clients/redis'
import { startRedis, type TestRedis } from '../../testing/redis-server'
import { census } from './conservation'
import { RedisStreamsDriver } from './driver'

const groups = ['mails', 'stock'] as const
const messages = 1_500
const killsPerGroup = 12

let server: TestRedis
let redis: RedisClient
let folder: string

beforeAll(async () => {
  server = await startRedis()
  redis = redisClient(loopback(server.port))
  await redis.connect()
  folder = mkdtempSync(join(tmpdir(), 'queuescope-crash-'))
  // One plain file starts in a fraction of the time that compiling takes, many times over.
  await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { alias: { '@shared': resolve(import.meta.dirname, '../../../../src-shared') } },
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

it(`brings ${messages} messages to two groups whose workers are killed ${2 * killsPerGroup} times at work`, async () => {
  const queue = 'crash'
  const running = new Set<ChildProcess>()
  const drivers = groups.map(
    (group) =>
      new RedisStreamsDriver({
        redis,
        connectAnother: () => redisClient(loopback(server.port)),
        group,
        maxAttempts: () => 1_000,
      }),
  )
  for (const driver of drivers) await driver.join(queue)
  const ids: string[] = []
  for (let at = 0; at < messages; at += 500) {
    const batch = Array.from({ length: 500 }, (_, n) => ({ body: String(at + n) }))
    for (const outcome of await drivers[0]!.enqueue(queue, batch)) if (outcome.outcome === 'added') ids.push(outcome.id)
  }

  /** Each dies, by SIGKILL, after a number of messages of its own; the last one is left to finish. */
  const lane = async (group: string): Promise<void> => {
    for (let killed = 0; killed <= killsPerGroup; killed++) {
      const child = spawn(process.execPath, [join(folder, 'crash-worker.mjs'), String(server.port), queue, group], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      running.add(child)
      if (killed === killsPerGroup) return
      const fatal = 1 + Math.floor(Math.random() * 40)
      let ran = 0
      child.stdout.on('data', (chunk: Buffer) => {
        ran += chunk.length
        if (ran >= fatal) child.kill('SIGKILL')
      })
      await once(child, 'exit')
      running.delete(child)
      expect(child.signalCode).toBe('SIGKILL')
    }
  }
  try {
    await Promise.all(groups.map(lane))
    for (const [index, group] of groups.entries()) {
      const driver = drivers[index]!
      await expect
        .poll(
          async () => {
            await driver.recover(queue, 500)
            return (await driver.stats(queue)).ackedTotal
          },
          { timeout: 20_000, interval: 50 },
        )
        .toBe(messages)
      const ran = await redis.hgetall(`ran:${group}`)
      expect(ids.filter((id) => !ran[id])).toEqual([])
      expect(await driver.stats(queue)).toMatchObject({ ready: 0, delayed: 0, leased: 0, dead: 0, lost: 0 })
    }
    expect(await census(redis, { queue, groups })).toMatchObject({ problems: [], entries: [] })
  } finally {
    for (const child of running) child.kill('SIGKILL')
    for (const driver of drivers) await driver.close()
  }
}, 60_000)
