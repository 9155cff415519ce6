import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Fault } from '../../../sandbox/sqs/faults'
import { startVirtualSqs, type VirtualSqs } from '../../../sandbox/sqs/virtual-sqs'
import { SqsDriver } from './driver'

let sqs: VirtualSqs

beforeEach(async () => {
  sqs = await startVirtualSqs()
})

afterEach(async () => {
  await sqs.stop()
})

/** Numbers that look random and come again with the same seed. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}

const faults: readonly Fault[] = [{ kind: 'lose answer' }, { kind: 'cut' }, { kind: 'error', name: 'InternalFailure' }]
const struck = ['SendMessageBatch', 'DeleteMessageBatch', 'ChangeMessageVisibilityBatch', 'ReceiveMessage'] as const
const error = { name: 'Boom', message: 'it broke', stack: null }

it.each([
  ['standard', 'orders'],
  ['FIFO', 'orders.fifo'],
])('loses nothing that a %s queue took, whatever answer or request is lost', async (_, queue) => {
  const seed = Number(process.env.QUEUESCOPE_SEED ?? Math.floor(Math.random() * 1e9))
  const random = randomOf(seed)
  const open = () =>
    new SqsDriver(sqs.connect(), {
      maxAttempts: () => 3,
      createQueues: true,
      lookSeconds: 0,
      ungrouped: 'alone',
      clock: sqs.clock,
    })
  const drivers = [open(), open()]
  const [first] = drivers
  await first!.enqueue(queue, [{ body: 'first' }])

  const taken = new Set<string>(['first'])
  const acked = new Set<string>()
  /** What did not come through is no loss: the caller was told. */
  const tried = <Answer>(act: Promise<Answer>) => act.catch(() => undefined)
  let sent = 0
  for (let round = 0; round < 60; round++) {
    if (random() < 0.5)
      sqs.simulator.faults.order({
        operation: struck[Math.floor(random() * struck.length)]!,
        fault: faults[Math.floor(random() * faults.length)]!,
        // More often than the SDK repeats, now and then.
        times: random() < 0.3 ? 3 : 1,
      })
    const driver = drivers[Math.floor(random() * drivers.length)]!
    const bodies = Array.from({ length: 1 + Math.floor(random() * 12) }, () => `m${sent++}`)
    const outcomes = await tried(
      driver.enqueue(
        queue,
        bodies.map((body) => ({ body, maxAttempts: 2 })),
      ),
    )
    outcomes?.forEach(({ outcome }, index) => {
      if (outcome === 'added') taken.add(bodies[index]!)
    })
    const reply = await tried(driver.lease(queue, { worker: 'w', count: 12, leaseMs: 20_000 }))
    const lease = reply?.lease
    if (lease) {
      const done = lease.messages.filter(() => random() < 0.5)
      const failed = lease.messages.filter((message) => !done.includes(message) && random() < 0.8)
      const ids = done.map(({ id }) => id)
      const ackOutcomes = await tried(driver.ack(queue, { leaseId: lease.leaseId, ids }))
      done.forEach(({ body }, index) => {
        // An ack in doubt may have been heeded: the worker did the work all the same.
        if (ackOutcomes?.[index] !== 'stale') acked.add(Buffer.from(body).toString())
      })
      const failures = failed.map(({ id, attempt, maxAttempts }) => ({
        id,
        error,
        retryInMs: attempt < maxAttempts ? Math.floor(random() * 5_000) : undefined,
      }))
      await tried(driver.nack(queue, lease.leaseId, failures))
    }
    if (random() < 0.2) await tried(driver.dead.replayDead(queue, { before: null, limit: 5 }))
    await sqs.pass(Math.floor(random() * 8_000))
  }

  const left = new Set<string>()
  for (let looks = 0; looks < 60; looks++) {
    const { lease } = (await tried(first!.lease(queue, { worker: 'w', count: 50, leaseMs: 3_600_000 }))) ?? {}
    for (const { body } of lease?.messages ?? []) left.add(Buffer.from(body).toString())
    if (!lease) await sqs.pass(5_000)
  }
  const { items } = await first!.dead.browse(queue, { state: 'dead', cursor: null, limit: 1_000 })
  for (const { body } of items) left.add(Buffer.from(body).toString())
  const lost = [...taken].filter((body) => !acked.has(body) && !left.has(body))
  expect(lost, `QUEUESCOPE_SEED=${seed}`).toEqual([])
  expect(taken.size).toBeGreaterThan(100)
  for (const driver of drivers) await driver.close()
})
