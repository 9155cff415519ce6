import { Engine } from '../src-main/engine/engine'
import { percentile } from './scenario'
import { bodyOf } from './throughput'

export interface PeakTask {
  readonly port: number
  readonly perSecond: number
  readonly seconds: number
}

/** Milliseconds from the call of enqueue to the start of the handler, and how long all of it took. */
export interface Peak {
  readonly p50: number
  readonly p99: number
  readonly most: number
  readonly tookMs: number
}

/** Every so many messages one says when it was sent: enough for a percentile, and no burden. */
const sampledEvery = 20

process.on('message', (task: PeakTask) => {
  run(task).catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
})

async function run({ port, perSecond, seconds }: PeakTask): Promise<void> {
  const engine = await Engine.open({ redis: { port } })
  const queue = engine.queue<unknown>('peak')
  const count = perSecond * seconds
  const waits: number[] = []
  const filler = bodyOf(200)
  let done = 0
  let finish = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  engine.worker(
    queue,
    async (message) => {
      if (message.body.length > 240) waits.push(performance.now() - (message.data as { readonly at: number }).at)
      if (++done === count) finish()
    },
    { concurrency: 500 },
  )
  const from = performance.now()
  let sent = 0
  const tick = setInterval(() => {
    const now = performance.now()
    const due = Math.min(Math.floor(((now - from) / 1000) * perSecond), count)
    for (; sent < due; sent++) {
      // Marked by its size, so that only marked ones are read.
      const body = sent % sampledEvery === 0 ? { at: now, pad: 'a'.repeat(240) } : filler
      queue.enqueue(body).catch((error: unknown) => {
        throw error
      })
    }
    if (sent === count) clearInterval(tick)
  }, 1)
  await finished
  const tookMs = performance.now() - from
  await engine.close()
  const [p50, p99, most] = [0.5, 0.99, 1].map((share) => percentile(waits, share)) as [number, number, number]
  process.send?.({ p50, p99, most, tookMs } satisfies Peak, () => process.disconnect())
}
