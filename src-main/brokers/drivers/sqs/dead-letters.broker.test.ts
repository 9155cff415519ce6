import { CreateQueueCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { isFailure } from '@shared/failure'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startVirtualSqs, type VirtualSqs } from '../../../sandbox/sqs/virtual-sqs'
import type { StoredMessage } from '../../driver-messages'
import { SqsDriver, type SqsDriverOptions } from './driver'

let sqs: VirtualSqs
let driver: SqsDriver
const drivers: SqsDriver[] = []

beforeEach(async () => {
  sqs = await startVirtualSqs()
  driver = open()
})

afterEach(async () => {
  for (const each of drivers.splice(0)) await each.close()
  await sqs.stop()
})

function open(options: Partial<SqsDriverOptions> = {}): SqsDriver {
  const opened = new SqsDriver(sqs.connect(), {
    maxAttempts: () => 3,
    createQueues: true,
    lookSeconds: 0,
    clock: sqs.clock,
    ...options,
  })
  drivers.push(opened)
  return opened
}

const error = { name: 'Boom', message: 'it broke', stack: 'Boom: it broke\n    at somewhere' }
const textOf = ({ body }: { readonly body: Uint8Array }) => Buffer.from(body).toString()

async function lease(queue: string, { by = driver, leaseMs = 30_000 } = {}) {
  const { lease: got } = await by.lease(queue, { worker: 'tester', count: 100, leaseMs })
  return { leaseId: got?.leaseId ?? '', messages: got?.messages ?? [] }
}

async function bury(queue: string, bodies: readonly string[], failure = error): Promise<readonly string[]> {
  const group = queue.endsWith('.fifo') ? { group: 'g' } : {}
  await driver.enqueue(
    queue,
    bodies.map((body) => ({ body, ...group })),
  )
  const buried: string[] = []
  while (buried.length < bodies.length) {
    const { leaseId, messages } = await lease(queue)
    await driver.nack(
      queue,
      leaseId,
      messages.map(({ id }) => ({ id, error: failure, retryInMs: undefined })),
    )
    buried.push(...messages.map(({ id }) => id))
  }
  return buried
}

async function browse(queue: string, limit = 100): Promise<readonly StoredMessage[]> {
  const items: StoredMessage[] = []
  let cursor: string | null = null
  do {
    const page = await driver.dead.browse(queue, { state: 'dead', cursor, limit })
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return items
}

const arnOf = (name: string) => `arn:aws:sqs:${sqs.simulator.region}:${sqs.simulator.accountId}:${name}`
const urlOf = (name: string) => `${sqs.simulator.endpoint}/${sqs.simulator.accountId}/${name}`

/** A queue that gives up after so many receives, for a dead-letter queue that others may use too. */
async function makeStrict(name: string, maxReceiveCount: number, target = 'graves') {
  const { repeating } = sqs.connect()
  await repeating.send(new CreateQueueCommand({ QueueName: target }))
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf(target), maxReceiveCount })
  await repeating.send(new CreateQueueCommand({ QueueName: name, Attributes: { RedrivePolicy } }))
}

describe('dead letters', () => {
  it('have their error, stack, attempts, times and history', async () => {
    const [id] = await bury('orders', ['x'])
    expect(await browse('orders')).toEqual([
      expect.objectContaining({
        id,
        state: 'dead',
        error,
        attempts: 1,
        replays: 0,
        history: [{ at: expect.any(Number), event: 'died', detail: 'Boom: it broke', attempt: 1 }],
      }),
    ])
    const [letter] = await browse('orders')
    expect(letter!.finishedAt).toBeGreaterThan(letter!.enqueuedAt!)
  })

  it('keep their body whole, however little room it leaves for the error', async () => {
    const long = { name: 'Long', message: 'm'.repeat(50_000), stack: 's'.repeat(100_000) }
    const mebibyte = 1_048_576
    const sizes = [mebibyte, mebibyte - 60, mebibyte - 1_000, mebibyte - 20_000, 1_000]
    for (const size of sizes) await bury('orders', ['x'.repeat(size)], long)
    const letters = await browse('orders')
    expect(letters.map(({ body }) => body.length).sort((a, b) => a - b)).toEqual([...sizes].sort((a, b) => a - b))
    const small = letters.find(({ body }) => body.length === 1_000)
    expect(small?.error).toEqual(long)
    const full = letters.find(({ body }) => body.length === mebibyte)
    expect(full?.error).toBeNull()
    const tight = letters.find(({ body }) => body.length === mebibyte - 1_000)
    expect(tight?.error?.name).toBe('Long')
  })

  it('are shown again to all when nobody looks any more, and counted as looked at', async () => {
    await bury('orders', ['a', 'b', 'c'])
    const page = await driver.dead.browse('orders', { state: 'dead', cursor: null, limit: 2 })
    expect(page.items).toHaveLength(2)
    expect(await driver.dead.replayDead('orders', { before: null, limit: 10 })).toEqual({ moved: 1, before: null })
    await sqs.pass(31_000)
    expect(await driver.dead.replayDead('orders', { before: null, limit: 10 })).toEqual({ moved: 2, before: null })
    // The walk has ended: what it showed may come again, so it is not taken up.
    const late = await driver.dead.browse('orders', { state: 'dead', cursor: page.nextCursor, limit: 2 })
    expect(late).toEqual({ items: [], nextCursor: null })
  })

  it('are all that can be looked at, and not where looking could move them on', async () => {
    await bury('orders', ['x'])
    const refused = await driver.dead
      .browse('orders', { state: 'ready', cursor: null, limit: 2 })
      .catch((thrown: unknown) => thrown)
    expect(isFailure(refused) && refused.code).toBe('unsupported')
    await sqs.connect().repeating.send(new CreateQueueCommand({ QueueName: 'pit' }))
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf('pit'), maxReceiveCount: 1 })
    await sqs
      .connect()
      .repeating.send(new SetQueueAttributesCommand({ QueueUrl: urlOf('orders-dead'), Attributes: { RedrivePolicy } }))
    const other = open()
    for (const ask of [
      () => other.dead.browse('orders', { state: 'dead', cursor: null, limit: 2 }),
      () => other.dead.replayDead('orders', { before: null, limit: 2 }),
      () => other.purge('orders', 'dead', { before: null, limit: 2 }),
    ]) {
      const thrown = await ask().catch((caught: unknown) => caught)
      expect(isFailure(thrown) && thrown.message).toContain('redrive policy of its own')
    }
  })
})

describe('a replay', () => {
  it('keeps id, time and history, and counts', async () => {
    const [id] = await bury('orders', ['x'])
    expect(await driver.dead.replayIds('orders', [id!])).toEqual([true])
    const { leaseId, messages } = await lease('orders')
    expect(messages[0]).toMatchObject({ id, attempt: 1, replays: 1 })
    await driver.nack('orders', leaseId, [{ id: id!, error, retryInMs: undefined }])
    const [letter] = await browse('orders')
    expect(letter?.history.map(({ event }) => event)).toEqual(['died', 'replayed', 'died'])
    expect(letter).toMatchObject({ id, replays: 1, enqueuedAt: messages[0]!.enqueuedAt })
  })

  it('whose sending is in doubt leaves the dead letter: rather twice than lost', async () => {
    const [id] = await bury('orders', ['x'])
    sqs.simulator.faults.order({ operation: 'SendMessageBatch', fault: { kind: 'lose answer' } })
    await expect(driver.dead.replayIds('orders', [id!])).rejects.toMatchObject({ code: 'outcome-unknown' })
    expect(await driver.stats('orders')).toMatchObject({ ready: 1, dead: 1 })
  })

  it('on a FIFO queue is not swallowed by deduplication', async () => {
    const dedup = { key: 'order 7', windowMs: 300_000 }
    await driver.enqueue('orders.fifo', [{ body: 'x', group: 'g', dedup }])
    const { leaseId, messages } = await lease('orders.fifo')
    await driver.nack('orders.fifo', leaseId, [{ id: messages[0]!.id, error, retryInMs: undefined }])
    expect(await driver.dead.replayDead('orders.fifo', { before: null, limit: 10 })).toMatchObject({ moved: 1 })
    const again = await lease('orders.fifo')
    expect(again.messages[0]).toMatchObject({ id: messages[0]!.id, group: 'g', replays: 1 })
  })
})

describe('a redrive policy', () => {
  it('limits the attempts, so that the engine buries with an error before SQS does without', async () => {
    await makeStrict('strict', 2)
    await driver.enqueue('strict', [{ body: 'x', maxAttempts: 7 }])
    const first = await lease('strict')
    expect(first.messages[0]).toMatchObject({ attempt: 1, maxAttempts: 2 })
    await driver.nack('strict', first.leaseId, [{ id: first.messages[0]!.id, error, retryInMs: 0 }])
    const second = await lease('strict')
    await driver.nack('strict', second.leaseId, [{ id: second.messages[0]!.id, error, retryInMs: undefined }])
    expect(await browse('strict')).toEqual([expect.objectContaining({ error, attempts: 2 })])
    expect(sqs.simulator.calls('CreateQueue')).toBe(2)
  })

  it('moves what its workers lost; that is a dead letter without an error, and can be replayed', async () => {
    await makeStrict('strict', 1)
    const [outcome] = await driver.enqueue('strict', [{ body: 'x', attributes: { a: 'b' } }])
    await lease('strict', { leaseMs: 1_000 })
    await sqs.pass(1_000)
    expect((await lease('strict')).messages).toEqual([])
    const [letter] = await browse('strict')
    expect(letter).toMatchObject({ id: outcome?.outcome === 'added' && outcome.id, error: null, attempts: 1 })
    expect(await driver.dead.replayIds('strict', [letter!.id])).toEqual([true])
    const again = await lease('strict')
    expect(again.messages[0]).toMatchObject({ id: letter!.id, attempt: 1, replays: 1, attributes: { a: 'b' } })
  })

  it('of several queues for one dead-letter queue keeps their letters apart', async () => {
    await makeStrict('mine', 5)
    await makeStrict('yours', 5)
    const [mine] = await bury('mine', ['mine'])
    const [yours] = await bury('yours', ['yours'])
    expect((await browse('mine')).map(textOf)).toEqual(['mine'])
    expect(await driver.dead.replayIds('mine', [yours!, mine!])).toEqual([false, true])
    expect(await driver.purge('mine', 'dead', { before: null, limit: 10 })).toEqual({ moved: 0, before: null })
    expect(await driver.dead.replayDead('yours', { before: null, limit: 10 })).toEqual({ moved: 1, before: null })
    expect((await lease('yours')).messages.map(textOf)).toEqual(['yours'])
  })

  it('is explained in words', async () => {
    await makeStrict('strict', 1)
    const told = await driver.describe('strict')
    for (const words of ['after 1 receives', 'graves', '1 times at most', 'moved away untried'])
      expect(told).toContain(words)
    expect(await driver.describe('orders')).toContain('no redrive policy')
  })
})
