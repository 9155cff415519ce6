import { pause, systemClock } from '../runtime/clock'
import { Engine } from './engine'

/**
 * The process that skewed-clock.broker.test.ts gives a wrong clock: delays, retries, renews a lease and runs a schedule, and
 * says each attempt on stdout. Arguments: port, queue, delay ms.
 */
const [, , port, name, delay] = process.argv
const delayMs = Number(delay)
const engine = await Engine.open({ redis: { port: Number(port) } })
const queue = engine.queue<string>(name!, { maxAttempts: 3, retry: [delayMs] })
const say = (line: string) => process.stdout.write(`${line}\n`)

say(`clock ${Date.now()}`)
// So many at once go in without a script, and one alone goes through it.
await queue.enqueueBatch(Array<string>(20).fill('delayed'), { delayMs })
await queue.enqueue('delayed', { delayMs })
await queue.enqueue('retried')
await queue.enqueue('long')
await queue.schedules.put('tick', { everyMs: 1_000, data: 'tick' })
say('enqueued')
engine.worker(
  queue,
  async (message) => {
    const { data, attempt, attributes } = message
    say(`${data} ${attempt} ${Date.parse(attributes.scheduledFor ?? '')}`)
    if (data === 'retried' && attempt === 1) throw new Error('once more')
    // Three lease times: without renewal somebody else would begin it.
    if (data === 'long') await pause(systemClock, 1_200)
  },
  { concurrency: 50, leaseMs: 400 },
)
