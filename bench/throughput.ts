import type { Contender } from './contenders/contender'
import { type Bench, redisCpuUs } from './scenario'

/** A body of so many bytes as JSON. */
export const bodyOf = (bytes: number) => ({ text: 'a'.repeat(bytes - 11) })

export interface Load {
  readonly messages: number
  readonly bytes: number
  /** Messages per call; 1 stands for the single-call API. */
  readonly batch: number
}

export interface Measured {
  readonly rate: number
  /** CPU per message, microseconds. */
  readonly redisUs: number
  readonly nodeUs: number
}

const concurrency = 100
/** Batches, or single calls, under way at a time. */
const lanesOfBatches = 4
const lanesOfSingles = 100
/** No contender is let run further ahead of its worker: what is measured is a steady flow, not the filling of a heap. */
const longestBacklog = 2_000

let counter = 0

/** Enqueue to ack of no-op handlers; producer and worker in this process, Redis in its own. */
export async function throughput(bench: Bench, contender: Contender, load: Load): Promise<Measured> {
  const { messages, bytes, batch } = load
  const opened = await contender.open(bench, `bench-${counter++}`)
  const body = bodyOf(bytes)
  const bodies = Array.from({ length: batch }, () => body)
  const send = batch === 1 ? () => opened.enqueue(body) : () => opened.enqueueBatch(bodies)
  const redisBefore = await redisCpuUs(bench.side)
  const nodeBefore = process.cpuUsage()
  const from = performance.now()
  let sent = 0
  let done = 0
  const held: (() => void)[] = []
  await new Promise<void>((resolve, reject) => {
    opened
      .work(concurrency, () => {
        done++
        if (held.length > 0 && sent - done <= longestBacklog / 2) for (const go of held.splice(0)) go()
        if (done === messages) resolve()
      })
      .catch(reject)
    const lane = async () => {
      while (sent < messages) {
        if (sent - done > longestBacklog) {
          await new Promise<void>((go) => held.push(go))
          continue
        }
        sent += batch
        await send()
      }
    }
    for (let lanes = batch === 1 ? lanesOfSingles : lanesOfBatches; lanes > 0; lanes--) lane().catch(reject)
  })
  const seconds = (performance.now() - from) / 1000
  const node = process.cpuUsage(nodeBefore)
  const redisUs = ((await redisCpuUs(bench.side)) - redisBefore) / messages
  await opened.close()
  return { rate: messages / seconds, redisUs, nodeUs: (node.user + node.system) / messages }
}
