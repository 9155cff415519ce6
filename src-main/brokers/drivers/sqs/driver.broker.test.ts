import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { isFailure } from '@shared/failure'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startVirtualSqs, type VirtualSqs } from '../../../sandbox/sqs/virtual-sqs'
import type { EnqueueOutcome, LeaseRequest, NewMessage } from '../../driver-messages'
import { openSqsDriver, SqsDriver, type SqsDriverOptions } from './driver'

let sqs: VirtualSqs
const drivers: SqsDriver[] = []

beforeEach(async () => {
  sqs = await startVirtualSqs()
})

afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.close()
  await sqs.stop()
  vi.unstubAllEnvs()
})

function open(options: Partial<SqsDriverOptions> = {}): SqsDriver {
  const driver = new SqsDriver(sqs.connect(), {
    maxAttempts: () => 3,
    createQueues: true,
    lookSeconds: 0,
    clock: sqs.clock,
    ...options,
  })
  drivers.push(driver)
  return driver
}

const asking = (more: Partial<LeaseRequest> = {}): LeaseRequest => ({
  worker: 'tester',
  count: 10,
  leaseMs: 30_000,
  ...more,
})

const texts = (...bodies: readonly string[]): readonly NewMessage[] => bodies.map((body) => ({ body }))
const refusals = (outcomes: readonly EnqueueOutcome[]) =>
  outcomes.map((each) => (each.outcome === 'failed' ? `${each.failure.code}: ${each.failure.message}` : each.outcome))

async function leased(driver: SqsDriver, queue: string, more: Partial<LeaseRequest> = {}) {
  const { lease } = await driver.lease(queue, asking(more))
  return {
    leaseId: lease?.leaseId ?? '',
    messages: lease?.messages ?? [],
    bodies: (lease?.messages ?? []).map(({ body }) => Buffer.from(body).toString()),
  }
}

describe('queues', () => {
  it('says what to do when one is missing, and makes none by itself', async () => {
    const driver = open({ createQueues: false })
    const missing = await driver.enqueue('orders', texts('x')).catch((error: unknown) => error)
    expect(isFailure(missing) && missing.view()).toMatchObject({ code: 'not-found', subject: 'orders' })
    expect(isFailure(missing) && missing.hint).toContain('createQueues')
    expect(sqs.simulator.calls('CreateQueue')).toBe(0)
  })

  it('are made at first use when asked for, and the one for dead letters at the first death', async () => {
    const driver = open({ prefix: 'app-' })
    await driver.enqueue('orders', texts('x'))
    expect(sqs.simulator.calls('CreateQueue')).toBe(1)
    expect((await driver.stats('orders')).dead).toBe(0)
    expect(sqs.simulator.calls('CreateQueue')).toBe(1)
    const { leaseId, messages } = await leased(driver, 'orders')
    const error = { name: 'Boom', message: '', stack: null }
    await driver.nack('orders', leaseId, [{ id: messages[0]!.id, error, retryInMs: undefined }])
    expect(sqs.simulator.calls('CreateQueue')).toBe(2)
    expect((await driver.stats('orders')).dead).toBe(1)
  })

  it('have names that SQS takes, with room for the dead', async () => {
    const driver = open()
    for (const name of ['a b', 'a/b', '', 'x'.repeat(76), '.fifo']) {
      const refused = await driver.stats(name).catch((error: unknown) => error)
      expect(isFailure(refused) && refused.code).toBe('bad-input')
    }
    await driver.stats('x'.repeat(75))
  })

  it('are looked up anew when they are gone', async () => {
    const driver = open()
    await driver.enqueue('orders', texts('x'))
    sqs.simulator.faults.order({ operation: 'ReceiveMessage', fault: { kind: 'error', name: 'QueueDoesNotExist' } })
    await expect(driver.lease('orders', asking())).rejects.toMatchObject({ code: 'not-found' })
    const before = sqs.simulator.calls('GetQueueUrl')
    expect((await leased(driver, 'orders')).bodies).toEqual(['x'])
    expect(sqs.simulator.calls('GetQueueUrl')).toBe(before + 1)
  })
})

describe('enqueue', () => {
  it('fills batches of ten and of one mebibyte', async () => {
    const driver = open()
    await driver.enqueue('small', texts(...Array.from({ length: 25 }, (_, n) => String(n))))
    expect(sqs.simulator.calls('SendMessageBatch')).toBe(3)
    const large = 'x'.repeat(400 * 1024)
    await driver.enqueue('large', texts(large, large, large))
    expect(sqs.simulator.calls('SendMessageBatch')).toBe(5)
    expect(await driver.stats('large')).toMatchObject({ ready: 3 })
  })

  it('refuses what SQS would refuse, one by one, naming queue, place and rule, and does the rest', async () => {
    const driver = open()
    const attributes = Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`a${n}`, 'x']))
    const outcomes = await driver.enqueue('orders', [
      { body: 'first' },
      { body: 'x'.repeat(1_048_577) },
      { body: 'x', attributes },
      { body: 'x', group: 'g' },
      { body: 'x', dedup: { key: 'k', windowMs: 300_000 } },
      { body: 'x', delayMs: Number.NaN },
      { body: 'last' },
    ])
    expect(refusals(outcomes)).toEqual([
      'added',
      'too-large: Message 2 for orders has 1048577 bytes with its attributes; this queue takes 1048576.',
      'bad-input: Message 3 for orders has more than 10 attributes, the most that SQS takes.',
      'unsupported: Message 4 for orders has a group, and a standard queue keeps no order.',
      'unsupported: Message 5 for orders has a deduplication key, and a standard queue knows none.',
      'bad-input: Message 6 for orders cannot be delayed by NaN ms.',
      'added',
    ])
    expect((await leased(driver, 'orders')).bodies.sort()).toEqual(['first', 'last'])
  })

  it('counts attributes and the base64 of odd bytes before it sends', async () => {
    const driver = open()
    const outcomes = await driver.enqueue('orders', [
      { body: 'x'.repeat(1_048_570), attributes: { name: 'value' } },
      { body: Buffer.alloc(800_000, 0xff) },
      { body: 'x'.repeat(1_048_576) },
    ])
    expect(outcomes.map((each) => each.outcome)).toEqual(['failed', 'failed', 'added'])
    expect(sqs.simulator.calls('SendMessageBatch')).toBe(1)
  })

  it('refuses on a FIFO queue what has no group, a delay, or another window, and does the rest', async () => {
    const driver = open()
    const outcomes = await driver.enqueue('orders.fifo', [
      { body: 'x' },
      { body: 'x', group: 'g', delayMs: 1 },
      { body: 'x', group: 'g', dedup: { key: 'k', windowMs: 1_000 } },
      { body: 'good', group: 'g', delayMs: 0 },
    ])
    expect(refusals(outcomes)).toEqual([
      'bad-input: Message 1 for orders.fifo has no group, and a FIFO queue needs one.',
      'unsupported: Message 2 for orders.fifo is delayed, and a FIFO queue delays all its messages or none.',
      'unsupported: Message 3 for orders.fifo wants a deduplication window of 1000 ms; that of SQS is five minutes, no more and no less.',
      'added',
    ])
  })

  it('keeps to a smaller limit of the queue', async () => {
    const { repeating } = sqs.connect()
    await repeating.send(new CreateQueueCommand({ QueueName: 'tight', Attributes: { MaximumMessageSize: '1024' } }))
    const [outcome] = await open().enqueue('tight', texts('x'.repeat(1_025)))
    expect(outcome).toMatchObject({ outcome: 'failed', failure: { code: 'too-large' } })
  })

  it('does not send a batch again whose answer was lost, and says that its outcome is unknown', async () => {
    const driver = open()
    await driver.stats('orders')
    sqs.simulator.faults.order({ operation: 'SendMessageBatch', fault: { kind: 'lose answer' } })
    await expect(driver.enqueue('orders', texts('x'))).rejects.toMatchObject({ code: 'outcome-unknown' })
    expect(sqs.simulator.calls('SendMessageBatch')).toBe(1)
    expect(await driver.stats('orders')).toMatchObject({ ready: 1 })
  })

  it('sends again what SQS refused as too much, and what deduplication makes one', async () => {
    const driver = open()
    sqs.simulator.faults.order({ operation: 'SendMessageBatch', fault: { kind: 'error', name: 'RequestThrottled' } })
    await driver.enqueue('orders', texts('x'))
    expect(await driver.stats('orders')).toMatchObject({ ready: 1 })
    sqs.simulator.faults.order({ operation: 'SendMessageBatch', fault: { kind: 'lose answer' } })
    await driver.enqueue('orders.fifo', [{ body: 'x', group: 'g' }])
    expect(await driver.stats('orders.fifo')).toMatchObject({ ready: 1 })
  })

  it('tells of each batch by itself when some cannot be sent', async () => {
    const driver = open()
    await driver.stats('orders')
    sqs.simulator.faults.order({ operation: 'SendMessageBatch', fault: { kind: 'cut' } })
    const outcomes = await driver.enqueue('orders', texts(...Array.from({ length: 20 }, (_, n) => String(n))))
    expect(outcomes.filter((each) => each.outcome === 'added')).toHaveLength(10)
    expect(new Set(refusals(outcomes.filter((each) => each.outcome === 'failed')))).toEqual(
      new Set([expect.stringContaining('outcome-unknown')]),
    )
  })
})

describe('messages', () => {
  it('are plain to other consumers: body and attributes as they are', async () => {
    const driver = open()
    await driver.enqueue('orders', [{ body: '{"n": 1}', attributes: { source: 'shop', odd: '' } }])
    const { repeating } = sqs.connect()
    const QueueUrl = `${sqs.simulator.endpoint}/${sqs.simulator.accountId}/orders`
    const { Messages } = await repeating.send(new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ['All'] }))
    expect(Messages?.[0]).toMatchObject({
      Body: '{"n": 1}',
      MessageAttributes: { source: { StringValue: 'shop' }, queuescope: { StringValue: '{"more":{"odd":""}}' } },
    })
  })

  it('of other producers are taken as they are, and keep types and places through death and replay', async () => {
    const driver = open()
    await driver.stats('orders')
    const { repeating } = sqs.connect()
    const QueueUrl = `${sqs.simulator.endpoint}/${sqs.simulator.accountId}/orders`
    const many = Object.fromEntries(
      Array.from({ length: 8 }, (_, n) => [`a${n}`, { DataType: 'String', StringValue: `v${n}` }]),
    )
    const sent = await repeating.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: 'plain',
        MessageAttributes: {
          ...many,
          zbytes: { DataType: 'Binary.png', BinaryValue: Buffer.from([0, 255]) },
          znumber: { DataType: 'Number', StringValue: '42' },
        },
        MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1-5759e988-bd86' } },
      }),
    )
    const { leaseId, messages } = await leased(driver, 'orders')
    expect(messages[0]).toMatchObject({ id: sent.MessageId, attributes: { a0: 'v0', zbytes: 'AP8=', znumber: '42' } })
    const error = { name: 'Boom', message: 'no', stack: null }
    await driver.nack('orders', leaseId, [{ id: messages[0]!.id, error, retryInMs: undefined }])
    expect(await driver.dead.replayIds('orders', [messages[0]!.id])).toEqual([true])
    const again = await repeating.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
        VisibilityTimeout: 0,
      }),
    )
    const attributes = again.Messages?.[0]?.MessageAttributes ?? {}
    expect(Object.keys(attributes)).toHaveLength(10)
    expect(again.Messages?.[0]?.Attributes?.AWSTraceHeader).toBe('Root=1-5759e988-bd86')
    expect((await leased(driver, 'orders')).messages[0]).toMatchObject({
      id: sent.MessageId,
      replays: 1,
      attributes: { a0: 'v0', zbytes: 'AP8=', znumber: '42' },
    })
  })

  it('tell their group as it was sent, however long or odd', async () => {
    const driver = open({ ungrouped: 'alone' })
    const groups = ['g', 'größe 7', 'x'.repeat(300)]
    for (const group of groups) await driver.enqueue('orders.fifo', [{ body: 'x', group }])
    await driver.enqueue('orders.fifo', texts('alone'))
    const { messages } = await leased(driver, 'orders.fifo')
    expect(messages.map(({ group }) => group)).toEqual([...groups, null])
  })
})

describe('leases', () => {
  it('of an empty queue cost one request, and of a full one as many as it takes', async () => {
    const driver = open()
    await driver.lease('orders', asking({ count: 100 }))
    expect(sqs.simulator.calls('ReceiveMessage')).toBe(1)
    await driver.enqueue('orders', texts(...Array.from({ length: 45 }, (_, n) => String(n))))
    expect((await leased(driver, 'orders', { count: 100 })).messages).toHaveLength(45)
    expect(sqs.simulator.calls('ReceiveMessage')).toBeLessThanOrEqual(8)
  })

  it('of a FIFO queue hold one of each group', async () => {
    const driver = open()
    await driver.enqueue(
      'orders.fifo',
      ['a1', 'a2', 'b1', 'c1', 'a3'].map((body) => ({ body, group: body[0]! })),
    )
    expect((await leased(driver, 'orders.fifo')).bodies.sort()).toEqual(['a1', 'b1', 'c1'])
  })

  it('have their rules: limits, lengths and counts', async () => {
    const driver = open()
    const refused = async (more: Partial<LeaseRequest>) =>
      driver.lease('orders', asking(more)).catch((error: unknown) => isFailure(error) && error.code)
    expect(await refused({ limit: { max: 1, perMs: 1 } })).toBe('unsupported')
    expect(await refused({ leaseMs: 12 * 3_600_000 + 1 })).toBe('bad-input')
    expect(await refused({ leaseMs: 0 })).toBe('bad-input')
    expect(await refused({ count: 0 })).toBe('bad-input')
  })

  it('are extended to twelve hours from the receive and no further', async () => {
    const driver = open()
    await driver.enqueue('orders', texts('x'))
    const { leaseId, messages } = await leased(driver, 'orders')
    expect(await driver.extend('orders', leaseId, 6 * 3_600_000)).toBe(true)
    await sqs.pass(5 * 3_600_000)
    expect(await driver.extend('orders', leaseId, 6 * 3_600_000)).toBe(true)
    const refused = await driver.extend('orders', leaseId, 8 * 3_600_000).catch((error: unknown) => error)
    expect(isFailure(refused) && refused.view()).toMatchObject({ code: 'bad-input', subject: 'orders' })
    expect(isFailure(refused) && refused.message).toContain('12 hours')
    expect(await driver.ack('orders', { leaseId, ids: [messages[0]!.id] })).toEqual(['applied'])
  })

  it('that ran out are not told to SQS, which on a standard queue would heed them', async () => {
    const driver = open()
    await driver.enqueue('orders', texts('x'))
    const { leaseId, messages } = await leased(driver, 'orders', { leaseMs: 1_000 })
    await sqs.pass(1_000)
    const { id } = messages[0]!
    const before = sqs.simulator.calls()
    const error = { name: 'Boom', message: '', stack: null }
    expect(await driver.ack('orders', { leaseId, ids: [id] })).toEqual(['stale'])
    expect(await driver.nack('orders', leaseId, [{ id, error, retryInMs: 0 }])).toEqual(['stale'])
    expect(await driver.extend('orders', leaseId, 1_000)).toBe(false)
    expect(sqs.simulator.calls()).toBe(before)
  })

  it('of a receive whose answer was lost on a FIFO queue are asked for again, as the same attempt', async () => {
    const driver = open()
    await driver.enqueue('orders.fifo', [{ body: 'x', group: 'g' }])
    sqs.simulator.faults.order({ operation: 'ReceiveMessage', fault: { kind: 'lose answer' } })
    const { messages } = await leased(driver, 'orders.fifo', { count: 1 })
    expect(messages[0]).toMatchObject({ attempt: 1 })
  })
})

describe('waiting', () => {
  const never = new AbortController().signal

  it('is one long poll, and what it brings is the next lease', async () => {
    const driver = open()
    await driver.lease('orders', asking())
    const waiting = driver.waitForReady('orders', 20_000, never)
    await sqs.parked()
    await sqs.pass(15_000)
    await driver.enqueue('orders', texts('x'))
    await waiting
    const before = sqs.simulator.calls('ReceiveMessage')
    const { leaseId, messages, bodies } = await leased(driver, 'orders')
    expect(bodies).toEqual(['x'])
    expect(messages[0]).toMatchObject({ attempt: 1 })
    expect(sqs.simulator.calls('ReceiveMessage')).toBe(before)
    // The poll hid it for as long as the lease before asked; it was renewed, since half of that might be gone.
    await sqs.pass(29_000)
    expect(await driver.ack('orders', { leaseId, ids: [messages[0]!.id] })).toEqual(['applied'])
  })

  it('shares one poll among all who wait', async () => {
    const driver = open()
    await driver.stats('orders')
    const waiting = [1, 2, 3].map(() => driver.waitForReady('orders', 20_000, never))
    await sqs.parked()
    expect(sqs.simulator.calls('ReceiveMessage')).toBe(1)
    await driver.enqueue('orders', texts('x'))
    await Promise.all(waiting)
    expect(sqs.simulator.calls('ReceiveMessage')).toBe(1)
  })

  it('ends when its time is over, and when aborted', async () => {
    const driver = open()
    await driver.stats('orders')
    const short = driver.waitForReady('orders', 100, never)
    await sqs.parked()
    await sqs.pass(100)
    await short
    const stop = new AbortController()
    const aborted = driver.waitForReady('orders', 20_000, stop.signal)
    stop.abort()
    await aborted
  })

  it('gives back what came and nobody leased', async () => {
    const driver = open()
    await driver.lease('orders', asking())
    const stop = new AbortController()
    const waiting = driver.waitForReady('orders', 20_000, stop.signal)
    await sqs.parked()
    stop.abort()
    await waiting
    await driver.enqueue('orders', [{ body: 'usual' }])
    await vi.waitFor(async () => expect(await driver.stats('orders')).toMatchObject({ leased: 1 }))
    await vi.waitFor(async () => {
      await sqs.pass(1_000)
      expect(await driver.stats('orders')).toMatchObject({ ready: 1, leased: 0 })
    })
    expect((await leased(open(), 'orders')).messages[0]).toMatchObject({ attempt: 2 })
  })

  it('does not cost a message its only attempt', async () => {
    const driver = open()
    await driver.lease('orders', asking())
    const stop = new AbortController()
    const waiting = driver.waitForReady('orders', 20_000, stop.signal)
    await sqs.parked()
    stop.abort()
    await waiting
    const [outcome] = await driver.enqueue('orders', [{ body: 'once', maxAttempts: 1 }])
    await vi.waitFor(async () => expect(await driver.stats('orders')).toMatchObject({ leased: 1 }))
    await vi.waitFor(async () => {
      await sqs.pass(1_000)
      expect(await driver.stats('orders')).toMatchObject({ ready: 1, leased: 0 })
    })
    const { messages } = await leased(open(), 'orders')
    expect(messages[0]).toMatchObject({ id: outcome?.outcome === 'added' && outcome.id, attempt: 1, maxAttempts: 1 })
  })

  it('gives back what it holds when the driver closes', async () => {
    const driver = open()
    await driver.lease('orders', asking())
    const waiting = driver.waitForReady('orders', 20_000, never)
    await sqs.parked()
    await driver.enqueue('orders', texts('x'))
    await waiting
    await driver.close()
    expect((await leased(open(), 'orders')).bodies).toEqual(['x'])
  })
})

describe('figures', () => {
  it('say what SQS knows and null for the rest, as approximate', async () => {
    const driver = open()
    await driver.enqueue('orders', [{ body: 'a' }, { body: 'b' }, { body: 'later', delayMs: 60_000 }])
    await driver.lease('orders', asking({ count: 1 }))
    expect(await driver.stats('orders')).toEqual({
      ready: 1,
      delayed: 1,
      leased: 1,
      dead: 0,
      done: null,
      enqueuedTotal: null,
      ackedTotal: null,
      diedTotal: null,
      replayedTotal: null,
      failedTotal: null,
      oldestReadyMs: null,
      paused: null,
      approximate: true,
      groups: [],
    })
  })

  it('say null for the dead when they may not be seen', async () => {
    const driver = open()
    await driver.stats('orders')
    sqs.simulator.faults.order({ operation: 'GetQueueUrl', fault: { kind: 'error', name: 'AccessDenied' } })
    expect((await driver.stats('orders')).dead).toBeNull()
  })
})

describe('purge', () => {
  it('of the whole queue takes everything, and says when it may be done again', async () => {
    const driver = open()
    await driver.enqueue('orders', [{ body: 'a' }, { body: 'b' }, { body: 'later', delayMs: 60_000 }])
    await driver.lease('orders', asking({ count: 1 }))
    await driver.purgeWhole('orders')
    expect(await driver.stats('orders')).toMatchObject({ ready: 0, delayed: 0, leased: 0 })
    await sqs.pass(20_000)
    const refused = await driver.purgeWhole('orders').catch((error: unknown) => error)
    expect(isFailure(refused) && refused.view()).toMatchObject({ code: 'broker-state', subject: 'orders' })
    expect(isFailure(refused) && refused.hint).toMatch(/in 40 seconds/)
    const other = await open()
      .purgeWhole('orders')
      .catch((error: unknown) => error)
    expect(isFailure(other) && other.hint).toContain('minute')
    await sqs.pass(40_000)
    await driver.purgeWhole('orders')
  })

  it('refuses what is delayed, with the reason', async () => {
    const driver = open()
    const refused = await driver
      .purge('orders', 'delayed', { before: null, limit: 10 })
      .catch((error: unknown) => error)
    expect(isFailure(refused) && refused.code).toBe('unsupported')
  })
})

describe('opening', () => {
  it('says what is missing: a region, credentials', async () => {
    for (const name of [
      'AWS_REGION',
      'AWS_DEFAULT_REGION',
      'AWS_PROFILE',
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
    ])
      vi.stubEnv(name, undefined)
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent/config')
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent/credentials')
    const refusal = (target: SqsDriverOptions['target']) =>
      openSqsDriver({ target, maxAttempts: () => 3 }).catch((error: unknown) => isFailure(error) && error.view())
    expect(await refusal({})).toMatchObject({ code: 'bad-input', message: 'No AWS region is given.' })
    expect(await refusal({ region: 'no/region' })).toMatchObject({ code: 'bad-input' })
    expect(await refusal({ region: 'eu-central-1' })).toMatchObject({ code: 'auth' })
    expect(
      await refusal({ region: 'eu-central-1', credentials: { kind: 'default', profile: 'nobody' } }),
    ).toMatchObject({
      code: 'auth',
    })
  })

  it('takes explicit keys and an endpoint', async () => {
    const driver = await openSqsDriver({ target: sqs.target, maxAttempts: () => 3, createQueues: true })
    drivers.push(driver)
    await driver.enqueue('orders', texts('x'))
    expect(driver.name).toBe('sqs')
  })
})
