import { CreateQueueCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startVirtualSqs, type VirtualSqs } from '../../../sandbox/sqs/virtual-sqs'
import type { LeasedMessage } from '../../driver-messages'
import { SqsDriver } from './driver'

const minuteMs = 60_000
const hourMs = 3_600_000
const error = { name: 'Boom', message: 'it broke', stack: null }

let sqs: VirtualSqs
let driver: SqsDriver
const told: unknown[] = []

beforeEach(async () => {
  sqs = await startVirtualSqs()
  driver = new SqsDriver(sqs.connect(), {
    maxAttempts: () => 3,
    createQueues: true,
    lookSeconds: 0,
    clock: sqs.clock,
    onError: (trouble) => told.push(trouble),
  })
})

afterEach(async () => {
  expect(told.splice(0)).toEqual([])
  await driver.close()
  await sqs.stop()
})

const lease = async (queue = 'orders', leaseMs = 30_000) => {
  const { lease: got } = await driver.lease(queue, { worker: 'tester', count: 10, leaseMs })
  return { leaseId: got?.leaseId ?? '', messages: got?.messages ?? [] }
}

/** A worker that looks every `everyMs`: what it gets first, and after how long. */
async function firstAfter(everyMs: number, mostMs: number, queue = 'orders'): Promise<[LeasedMessage, number]> {
  for (let waited = 0; waited <= mostMs; waited += everyMs) {
    const { messages } = await lease(queue)
    if (messages[0]) return [messages[0], waited]
    await sqs.pass(everyMs)
  }
  throw new Error('It never came.')
}

describe('a delay', () => {
  it.each([
    ['of less than 15 minutes is SQS’s own', 10 * minuteMs],
    ['of 15 minutes is SQS’s own', 15 * minuteMs],
    ['of an hour is kept by hiding once', hourMs],
    ['of 20 hours is kept by hiding and a copy', 20 * hourMs],
    ['of three days is kept by some', 72 * hourMs],
  ])('%s', async (_, delayMs) => {
    const [outcome] = await driver.enqueue('orders', [{ body: 'later', delayMs, attributes: { a: 'b' } }])
    const [message, waited] = await firstAfter(10 * minuteMs, delayMs + hourMs)
    expect(message).toMatchObject({
      id: outcome?.outcome === 'added' && outcome.id,
      attempt: 1,
      attributes: { a: 'b' },
    })
    expect(Buffer.from(message.body).toString()).toBe('later')
    expect(waited).toBeGreaterThanOrEqual(delayMs)
    expect(waited).toBeLessThanOrEqual(delayMs + 10 * minuteMs)
    expect(sqs.clock.now() - message.enqueuedAt).toBeGreaterThanOrEqual(delayMs)
  })

  it('costs few requests, however long it is', async () => {
    await driver.enqueue('orders', [{ body: 'later', delayMs: 240 * hourMs }])
    await firstAfter(30 * minuteMs, 241 * hourMs)
    // Ten days are twenty times twelve hours.
    expect(sqs.simulator.calls('ChangeMessageVisibilityBatch')).toBeLessThanOrEqual(21)
    expect(sqs.simulator.calls('SendMessageBatch')).toBeLessThanOrEqual(21)
  })

  it('outlives the retention period of its queue', async () => {
    await sqs
      .connect()
      .repeating.send(
        new CreateQueueCommand({ QueueName: 'forgetful', Attributes: { MessageRetentionPeriod: '7200' } }),
      )
    await driver.enqueue('forgetful', [{ body: 'later', delayMs: 30 * hourMs }])
    const [message, waited] = await firstAfter(5 * minuteMs, 31 * hourMs, 'forgetful')
    expect(message.attempt).toBe(1)
    expect(waited).toBeGreaterThanOrEqual(30 * hourMs)
  })

  it('is not cut short by a redrive policy, which counts every receive', async () => {
    await driver.enqueue('graves', [{ body: 'x' }])
    const { repeating } = sqs.connect()
    const { simulator } = sqs
    const deadLetterTargetArn = `arn:aws:sqs:${simulator.region}:${simulator.accountId}:graves`
    await repeating.send(
      new CreateQueueCommand({
        QueueName: 'strict',
        Attributes: { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 }) },
      }),
    )
    await driver.enqueue('strict', [{ body: 'later', delayMs: 5 * hourMs }])
    const [message] = await firstAfter(5 * minuteMs, 6 * hourMs, 'strict')
    expect(message).toMatchObject({ attempt: 1, maxAttempts: 1 })
  })

  it('counts as delayed, also while it is hidden', async () => {
    await driver.enqueue('orders', [{ body: 'later', delayMs: hourMs }])
    expect(await driver.stats('orders')).toMatchObject({ ready: 0, delayed: 1, leased: 0 })
    await sqs.pass(15 * minuteMs)
    expect((await lease()).messages).toEqual([])
    expect(await driver.stats('orders')).toMatchObject({ ready: 0, delayed: 1, leased: 0 })
  })

  it('of a queue is left to the queue', async () => {
    await driver.stats('slow.fifo')
    await sqs.connect().repeating.send(
      new SetQueueAttributesCommand({
        QueueUrl: `${sqs.simulator.endpoint}/${sqs.simulator.accountId}/slow.fifo`,
        Attributes: { DelaySeconds: '60' },
      }),
    )
    await driver.enqueue('slow.fifo', [{ body: 'x', group: 'g' }])
    expect((await lease('slow.fifo')).messages).toEqual([])
    await sqs.pass(minuteMs)
    expect((await lease('slow.fifo')).messages).toHaveLength(1)
  })
})

describe('a retry', () => {
  it.each([
    ['of an hour is hidden', hourMs, 0],
    ['of thirty hours is a copy with the attempts so far', 30 * hourMs, 1],
  ])('%s', async (_, retryInMs, copies) => {
    await driver.enqueue('orders', [{ body: 'again', attributes: { a: 'b' } }])
    const { leaseId, messages } = await lease()
    const sent = sqs.simulator.calls('SendMessageBatch')
    expect(await driver.nack('orders', leaseId, [{ id: messages[0]!.id, error, retryInMs }])).toEqual(['applied'])
    expect(sqs.simulator.calls('SendMessageBatch') - sent).toBe(copies)
    const [message, waited] = await firstAfter(5 * minuteMs, retryInMs + hourMs)
    expect(message).toMatchObject({ id: messages[0]!.id, attempt: 2, attributes: { a: 'b' } })
    expect(waited).toBeGreaterThanOrEqual(retryInMs)
  })

  it('on a FIFO queue keeps its place, and comes after twelve hours at the latest', async () => {
    await driver.enqueue('orders.fifo', [
      { body: 'first', group: 'g' },
      { body: 'second', group: 'g' },
    ])
    const { leaseId, messages } = await lease('orders.fifo')
    expect(messages).toHaveLength(1)
    const failure = { id: messages[0]!.id, error, retryInMs: 30 * hourMs }
    expect(await driver.nack('orders.fifo', leaseId, [failure])).toEqual(['applied'])
    const [message, waited] = await firstAfter(5 * minuteMs, 13 * hourMs, 'orders.fifo')
    expect(Buffer.from(message.body).toString()).toBe('first')
    expect(message.attempt).toBe(2)
    expect(waited).toBeGreaterThan(11 * hourMs)
  })

  it('late in its lease is hidden no longer than SQS allows', async () => {
    await driver.enqueue('orders', [{ body: 'x' }])
    const { leaseId, messages } = await lease('orders', 8 * hourMs)
    await sqs.pass(7 * hourMs)
    const failure = { id: messages[0]!.id, error, retryInMs: 6 * hourMs }
    expect(await driver.nack('orders', leaseId, [failure])).toEqual(['applied'])
    const [message, waited] = await firstAfter(5 * minuteMs, 7 * hourMs)
    expect(message.attempt).toBe(2)
    expect(waited).toBeGreaterThanOrEqual(6 * hourMs)
  })
})
