/**
 * One stream of notifications and three groups of consumers: each group gets every message, and fails and retries by itself.
 *
 *     npm run build && npx tsx examples/fan-out-notifications.ts
 *
 * Shows: the Redis Streams driver, fan-out, lag per group, and a retry that the other groups do not see.
 */
import { randomUUID } from 'node:crypto'
import { Engine } from 'queuescope/engine'

interface Notification {
  readonly to: string
  readonly text: string
}

const redisStreams = { url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' }
const groups = ['email', 'push', 'audit'] as const
const people = ['Ada', 'Bob', 'Cleo', 'Dan']
const queue = `example-notifications-${randomUUID().slice(0, 8)}`

/** A service each; here they share a process. */
const engines = await Promise.all(groups.map((group) => Engine.open({ redisStreams, group })))
// A group begins with what the stream holds: whoever looks first makes it.
await Promise.all(engines.map((engine) => engine.queue(queue).lease({ count: 1 })))

const [producer] = engines
const outcomes = await producer!
  .queue<Notification>(queue)
  .enqueueBatch(people.map((to) => ({ to, text: 'Your parcel has left.' })))
console.log(`produced ${outcomes.filter(({ outcome }) => outcome === 'added').length}`)

const lags = async () => {
  const { groups: found } = await producer!.queue(queue).stats()
  return found.map(({ name, lag }) => `${name} ${lag ?? 'unknown'}`).sort()
}
console.log(`lag before: ${(await lags()).join(', ')}`)

await Promise.all(
  engines.map((engine, index) => {
    const group = groups[index]
    return new Promise<void>((resolve) => {
      let left = people.length
      engine.worker(
        engine.queue<Notification>(queue),
        ({ data, attempt }) => {
          if (group === 'push' && data.to === 'Bob' && attempt === 1) throw new Error('the phone is off')
          console.log(`${group} to ${data.to} on attempt ${attempt}`)
        },
        {
          onProcessed: () => {
            left--
            if (left === 0) resolve()
          },
          onError: (error) => console.log(`${group} failed: ${error instanceof Error ? error.message : error}`),
        },
      )
    })
  }),
)
console.log(`lag after: ${(await lags()).join(', ')}`)

await Promise.all(engines.map((engine) => engine.close()))
console.log('done')
