import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { freePort, startRedis, type TestRedis } from '../brokers/testing/redis-server'
import { pause, systemClock } from '../runtime/clock'
import { Engine } from './engine'

let master: TestRedis
let replica: TestRedis
let sentinel: ChildProcess
let sentinelPort: number
let folder: string
let asked: Redis

const until = (check: () => Promise<void> | void) => vi.waitFor(check, { timeout: 20_000, interval: 30 })

beforeAll(async () => {
  master = await startRedis()
  replica = await startRedis(['--replicaof', '127.0.0.1', String(master.port)])
  sentinelPort = await freePort()
  folder = mkdtempSync(join(tmpdir(), 'queuescope-sentinel-'))
  const config = join(folder, 'sentinel.conf')
  writeFileSync(
    config,
    [
      `port ${sentinelPort}`,
      'bind 127.0.0.1',
      `sentinel monitor mymaster 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds mymaster 1000',
      'sentinel failover-timeout mymaster 5000',
    ].join('\n'),
  )
  const binary = process.env.REDIS_BIN ?? execFileSync('which', ['redis-server'], { encoding: 'utf8' }).trim()
  sentinel = spawn(binary, [config, '--sentinel'], { stdio: 'ignore' })
  asked = new Redis({ port: sentinelPort, host: '127.0.0.1' })
  // It is not up yet; ioredis tries again.
  asked.on('error', () => {})
  await until(async () => {
    const [found] = (await asked.call('SENTINEL', 'REPLICAS', 'mymaster')) as string[][]
    expect(found?.join(' ')).toContain(`port ${replica.port}`)
  })
}, 40_000)

afterAll(async () => {
  asked.disconnect()
  const exited = once(sentinel, 'exit')
  sentinel.kill('SIGKILL')
  await exited
  await Promise.all([master.stop(), replica.stop()])
  rmSync(folder, { recursive: true, force: true })
})

it('follows a failover under load: what is enqueued after it arrives, and no lease sticks', async () => {
  const engine = await Engine.open({
    redis: { sentinels: [{ host: '127.0.0.1', port: sentinelPort }], masterName: 'mymaster' },
  })
  expect(engine.durability?.facts).toMatchObject({ role: 'master', replicas: 1 })
  const queue = engine.queue<number>('failover')
  const seen = new Set<number>()
  const worker = engine.worker(queue, ({ data }) => void seen.add(data), { leaseMs: 1_000, concurrency: 20 })
  const confirmed: number[] = []
  const codes = new Set<string>()
  let loaded = false
  const load = async () => {
    for (let n = 0; !loaded; n++) {
      await queue.enqueue(n).then(
        () => confirmed.push(n),
        (error: { code: string }) => codes.add(error.code),
      )
      await pause(systemClock, 1)
    }
  }
  const loading = load()
  await until(() => expect(confirmed.length).toBeGreaterThan(50))
  await asked.call('SENTINEL', 'FAILOVER', 'mymaster')
  const promoted = new Redis({ port: replica.port, host: '127.0.0.1' })
  await until(async () => expect(await roleOf(promoted)).toBe('master'))
  // The engine finds the new master by itself, while the old one still takes writes for some seconds.
  const ackedThere = async () => Number(await promoted.hget('qe:{failover}:state', 'acked'))
  const handedOver = await ackedThere()
  await until(async () => expect(await ackedThere()).toBeGreaterThan(handedOver))
  const before = confirmed.length
  await until(() => expect(confirmed.length).toBeGreaterThan(before + 50))
  loaded = true
  await loading
  await until(() => expect(confirmed.slice(before).filter((n) => !seen.has(n))).toEqual([]))
  await until(async () => expect(await queue.stats()).toMatchObject({ ready: 0, leased: 0 }))
  expect(await promoted.exists('qe:{failover}:state')).toBe(1)
  for (const code of codes) expect(['unreachable', 'outcome-unknown', 'broker-state']).toContain(code)
  await worker.stop()
  await engine.close()
  promoted.disconnect()
}, 60_000)

it('says that no Sentinel knows the master, instead of asking for ever', async () => {
  const nowhere = [{ host: '127.0.0.1', port: await freePort() }]
  await expect(
    Engine.open({ redis: { sentinels: nowhere, masterName: 'mymaster' }, connectTimeoutMs: 300 }),
  ).rejects.toMatchObject({
    code: 'unreachable',
  })
})

async function roleOf(redis: Redis): Promise<unknown> {
  const [role] = (await redis.call('ROLE')) as unknown[]
  return role
}
