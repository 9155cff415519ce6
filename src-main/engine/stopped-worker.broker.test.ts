import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startRedis, type TestRedis } from '../brokers/testing/redis-server'
import { sized, tell } from '../brokers/testing/torture'
import { pause, systemClock } from '../runtime/clock'
import { Engine } from './engine'
import { builtChild } from './testing/built-child'

const leaseMs = 400
const rounds = sized({ ci: 1, full: 5 })

let server: TestRedis
let child: { readonly file: string; readonly folder: string }

beforeAll(async () => {
  server = await startRedis()
  child = await builtChild(join(import.meta.dirname, 'stopped-worker-child.ts'))
})

afterAll(async () => {
  await server.stop()
  rmSync(child.folder, { recursive: true, force: true })
})

it('is refused as stale when it stood still for three lease times, and another has worked its message', async () => {
  let accepted = 0
  for (let round = 0; round < rounds; round++) {
    const name = `stopped ${round}`
    const engine = await Engine.open({ redis: { port: server.port } })
    const queue = engine.queue<string>(name)
    await queue.enqueue('x')
    const stopped = spawn(process.execPath, [child.file, String(server.port), name, String(leaseMs)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    try {
      const lines = createInterface({ input: stopped.stdout })[Symbol.asyncIterator]()
      const { value: leased } = await lines.next()
      expect(leased).toMatch(/^leased \d+$/)
      stopped.kill('SIGSTOP')
      const attempts: number[] = []
      const other = engine.worker(queue, (message) => void attempts.push(message.attempt), { leaseMs })
      await Promise.all([
        pause(systemClock, 3 * leaseMs),
        vi.waitFor(async () => expect((await queue.stats()).ackedTotal).toBe(1), { timeout: 10_000 }),
      ])
      stopped.stdin.write('ack\n')
      stopped.kill('SIGCONT')
      const { value: outcome } = await lines.next()
      if (outcome !== 'stale') accepted++
      expect([outcome, attempts]).toEqual(['stale', [2]])
      expect(await queue.stats()).toMatchObject({ ackedTotal: 1, ready: 0, leased: 0, dead: 0 })
      await other.stop()
    } finally {
      await ended(stopped)
      await engine.close(0)
    }
  }
  tell({
    what: 'a worker stopped for three lease times',
    runs: rounds,
    messages: rounds,
    lost: 0,
    doubled: accepted,
    note: 'its ack is refused as stale',
  })
})

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
