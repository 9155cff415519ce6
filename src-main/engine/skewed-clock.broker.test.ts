import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startRedis, type TestRedis } from '../brokers/testing/redis-server'
import { tell } from '../brokers/testing/torture'
import { builtChild } from './testing/built-child'

const dayMs = 86_400_000
const delayMs = 500
/** How late something may be on a busy machine; a clock that is wrong by a day is far beyond it. */
const slackMs = 5_000

let server: TestRedis
let child: { readonly file: string; readonly folder: string }

beforeAll(async () => {
  server = await startRedis()
  child = await builtChild(join(import.meta.dirname, 'skewed-clock-child.ts'))
})

afterAll(async () => {
  await server.stop()
  rmSync(child.folder, { recursive: true, force: true })
})

interface Said {
  readonly what: string
  readonly attempt: number
  readonly scheduledFor: number
  readonly at: number
}

/** Runs the child with `Date` wrong by `byMs`, and hears it until its schedule has fired twice. */
async function heard(byMs: number): Promise<{ readonly clock: number; readonly said: readonly Said[] }> {
  const shift = `const real = Date.now, Real = Date
    globalThis.Date = class extends Real { constructor(...given) { given.length ? super(...given) : super(real() + ${byMs}) } }
    Date.now = () => real() + ${byMs}`
  const preload = `data:text/javascript,${encodeURIComponent(shift)}`
  const skewed = spawn(
    process.execPath,
    ['--import', preload, child.file, String(server.port), `skewed ${byMs}`, String(delayMs)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const said: Said[] = []
  createInterface({ input: skewed.stdout }).on('line', (line) => {
    const [what = '', attempt, scheduledFor] = line.split(' ')
    said.push({ what, attempt: Number(attempt), scheduledFor: Number(scheduledFor), at: performance.now() })
  })
  const of = (what: string) => said.filter((each) => each.what === what)
  try {
    await vi.waitFor(
      () => {
        expect(of('tick').length).toBeGreaterThan(1)
        expect(of('retried')).toHaveLength(2)
        expect(of('delayed')).toHaveLength(21)
        expect(performance.now() - of('long')[0]!.at).toBeGreaterThan(2_000)
      },
      { timeout: 15_000, interval: 20 },
    )
  } finally {
    const exited = once(skewed, 'exit')
    skewed.kill('SIGKILL')
    await exited
  }
  return { clock: of('clock')[0]!.attempt, said }
}

describe.each([
  ['ahead', dayMs],
  ['behind', -dayMs],
])('a client whose clock is a day %s', (_, byMs) => {
  it('delays, retries, renews and schedules like any other', async () => {
    const { clock, said } = await heard(byMs)
    expect(Math.abs(clock - Date.now() - byMs)).toBeLessThan(60_000)
    const of = (what: string) => said.filter((each) => each.what === what)
    const enqueuedAt = of('enqueued')[0]!.at
    for (const { at, attempt } of of('delayed')) {
      expect(attempt).toBe(1)
      // Enqueued a little before the child says so.
      expect(at - enqueuedAt).toBeGreaterThan(delayMs - 400)
      expect(at - enqueuedAt).toBeLessThan(delayMs + slackMs)
    }
    const [first, second] = of('retried')
    expect([first?.attempt, second?.attempt]).toEqual([1, 2])
    expect(second!.at - first!.at).toBeGreaterThan(delayMs - 100)
    expect(second!.at - first!.at).toBeLessThan(delayMs + slackMs)
    expect(of('long').map(({ attempt }) => attempt)).toEqual([1])
    const ticks = of('tick')
    expect(new Set(ticks.map(({ scheduledFor }) => scheduledFor)).size).toBe(ticks.length)
    for (const { scheduledFor } of ticks) expect(Math.abs(scheduledFor - Date.now())).toBeLessThan(60_000)
    tell({
      what: `client clock ${byMs > 0 ? '+' : '-'}24 h`,
      runs: 1,
      messages: of('delayed').length + 2 + ticks.length,
      lost: 0,
      doubled: 0,
      note: 'delays, retries, leases and schedules go by the server',
    })
  })
})
