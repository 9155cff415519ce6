/**
 * A function that a timer calls, works a queue for as long as it may live, and leaves nothing half done.
 *
 *     npm run build && npx tsx examples/cron-serverless.ts
 *
 * Shows: processBatch with a count and a deadline, messages given back in time, and a timer that fires twice.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { Engine } from 'queuescope/engine'

interface Statement {
  readonly account: number
}

const redis = { url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' }
const queueName = `example-statements-${randomUUID().slice(0, 8)}`
const accounts = 120

/** The first function: the timer promises to fire at least once, so the hour is the dedup key of what it enqueues. */
async function onTheHour(hour: string): Promise<string> {
  const engine = await Engine.open({ redis })
  try {
    const runs = engine.queue<{ readonly hour: string }>(`${queueName}-runs`)
    return await runs.enqueue({ hour }, { dedupKey: hour, dedupWindowMs: 7_200_000 })
  } finally {
    await engine.close()
  }
}

/** The second: called each minute. It opens, works, settles and closes within its time. */
async function everyMinute(limits: { readonly deadlineMs: number; readonly count: number }) {
  const engine = await Engine.open({ redis })
  try {
    const statements = engine.queue<Statement>(queueName)
    return await engine.processBatch(statements, ({ signal }) => pause(10, undefined, { signal }), {
      ...limits,
      concurrency: 4,
    })
  } finally {
    await engine.close()
  }
}

const hour = '2026-01-01T10'
const [one, two] = [await onTheHour(hour), await onTheHour(hour)]
console.log(`the timer fired twice, and there is one run: ${one === two}`)

const producer = await Engine.open({ redis })
const batch = Array.from({ length: accounts }, (_, account): Statement => ({ account }))
await producer.queue<Statement>(queueName).enqueueBatch(batch)
await producer.close()

let acked = 0
for (const limits of [
  { deadlineMs: 20_000, count: 20 },
  { deadlineMs: 120, count: 1_000 },
  { deadlineMs: 20_000, count: 1_000 },
]) {
  const report = await everyMinute(limits)
  acked += report.acked
  console.log(`ended by ${report.ended}: ${JSON.stringify(report)}`)
}
console.log(`worked ${acked} of ${accounts}`)
console.log('done')
