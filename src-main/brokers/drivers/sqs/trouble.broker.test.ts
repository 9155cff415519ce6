import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isFailure } from '@shared/failure'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startVirtualSqs, type VirtualSqs } from '../../../sandbox/sqs/virtual-sqs'
import type { FailedMessage, LeasedMessage, NewMessage } from '../../driver-messages'
import { openSqsDriver, SqsDriver, type SqsDriverOptions } from './driver'

let sqs: VirtualSqs
let told: unknown[]
const drivers: SqsDriver[] = []

beforeEach(async () => {
  sqs = await startVirtualSqs()
  told = []
})

afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.close()
  await sqs.stop()
})

function open(options: Partial<SqsDriverOptions> = {}): SqsDriver {
  const driver = new SqsDriver(sqs.connect(), {
    maxAttempts: () => 3,
    createQueues: true,
    lookSeconds: 0,
    clock: sqs.clock,
    onError: (error) => told.push(error),
    ...options,
  })
  drivers.push(driver)
  return driver
}

const queue = 'orders'
const numbered = (count: number): readonly NewMessage[] =>
  Array.from({ length: count }, (_, n) => ({ body: String(n) }))
const error = { name: 'Boom', message: 'it broke', stack: null }
const dead = ({ id }: LeasedMessage): FailedMessage => ({ id, error, retryInMs: undefined })
const retried = ({ id }: LeasedMessage): FailedMessage => ({ id, error, retryInMs: 0 })

async function leased(driver: SqsDriver, count = 10, leaseMs = 30_000) {
  const { lease } = await driver.lease(queue, { worker: 'tester', count, leaseMs })
  return { leaseId: lease?.leaseId ?? '', messages: lease?.messages ?? [] }
}

/** `count` messages in hand, and the dead-letter queue there. */
async function inHand(driver: SqsDriver, count: number) {
  await driver.enqueue(queue, [{ body: 'first' }])
  const first = await leased(driver)
  await driver.nack(queue, first.leaseId, first.messages.map(dead))
  await driver.enqueue(queue, numbered(count))
  return leased(driver, count)
}

const ids = (messages: readonly LeasedMessage[]) => messages.map(({ id }) => id)

describe('an ack of which a part fails', () => {
  it('is told as done for the rest when it is told again', async () => {
    const driver = open()
    const { leaseId, messages } = await inHand(driver, 15)
    sqs.simulator.faults.order({ operation: 'DeleteMessageBatch', fault: { kind: 'error', name: 'InvalidAddress' } })
    await expect(driver.ack(queue, { leaseId, ids: ids(messages) })).rejects.toSatisfy(isFailure)
    const again = await driver.ack(queue, { leaseId, ids: ids(messages) })
    expect(again).toEqual(messages.map(() => 'applied'))
    expect(await driver.ack(queue, { leaseId, ids: ids(messages) })).toEqual(messages.map(() => 'stale'))
    expect(await driver.stats(queue)).toMatchObject({ ready: 0, leased: 0 })
  })

  it('is asked for again by itself when its answer was lost: twice does no harm', async () => {
    const driver = open()
    const { leaseId, messages } = await inHand(driver, 3)
    sqs.simulator.faults.order({ operation: 'DeleteMessageBatch', fault: { kind: 'lose answer' } })
    expect(await driver.ack(queue, { leaseId, ids: ids(messages) })).toEqual(['applied', 'applied', 'applied'])
  })
})

describe('a nack of which a part fails', () => {
  it('does what it can, and is told as done for it when it is told again', async () => {
    const driver = open()
    const { leaseId, messages } = await inHand(driver, 4)
    const failures = messages.map((message, index) => (index < 2 ? dead(message) : retried(message)))
    sqs.simulator.faults.order({ operation: 'SendMessageBatch', fault: { kind: 'error', name: 'AccessDenied' } })
    const refused = await driver.nack(queue, leaseId, failures).catch((thrown: unknown) => thrown)
    expect(isFailure(refused) && refused.view()).toMatchObject({ code: 'denied', subject: 'sqs:SendMessage' })
    expect(await driver.stats(queue)).toMatchObject({ ready: 2, leased: 2, dead: 1 })
    expect(await driver.nack(queue, leaseId, failures)).toEqual(['applied', 'applied', 'applied', 'applied'])
    expect(await driver.stats(queue)).toMatchObject({ ready: 2, leased: 0, dead: 3 })
  })
})

describe('a death', () => {
  it('whose sending is in doubt leaves the message where it is: rather twice than lost', async () => {
    const driver = open()
    const { leaseId, messages } = await inHand(driver, 1)
    sqs.simulator.faults.order({ operation: 'SendMessageBatch', fault: { kind: 'lose answer' } })
    await expect(driver.nack(queue, leaseId, messages.map(dead))).rejects.toMatchObject({ code: 'outcome-unknown' })
    expect(await driver.stats(queue)).toMatchObject({ leased: 1, dead: 2 })
    expect(await driver.nack(queue, leaseId, messages.map(dead))).toEqual(['applied'])
    expect(await driver.stats(queue)).toMatchObject({ leased: 0, dead: 3 })
  })

  it('whose original cannot be deleted is kept twice', async () => {
    const driver = open()
    const { leaseId, messages } = await inHand(driver, 1)
    sqs.simulator.faults.order({ operation: 'DeleteMessageBatch', fault: { kind: 'cut' }, times: 3 })
    expect(await driver.nack(queue, leaseId, messages.map(dead))).toEqual(['applied'])
    expect(await driver.stats(queue)).toMatchObject({ leased: 1, dead: 2 })
  })

  it('that cannot be told holds up no other message', async () => {
    const driver = open({ createQueues: false })
    await open().stats(queue)
    await driver.enqueue(queue, [{ body: 'killer', maxAttempts: 1 }, { body: 'other' }])
    await leased(driver, 10, 1_000)
    await sqs.pass(1_000)
    const { messages } = await leased(driver)
    expect(messages.map(({ body }) => Buffer.from(body).toString())).toEqual(['other'])
    expect(told).toEqual([expect.objectContaining({ code: 'not-found' })])
    // It waits a minute before it is tried again.
    await sqs.pass(31_000)
    await leased(driver)
    expect(told).toHaveLength(1)
  })
})

describe('a turn', () => {
  const turn = (driver: SqsDriver, leaseId: string, done: readonly string[]) =>
    driver.turn(queue, { leaseId, ids: done }, { worker: 'tester', count: 10, leaseMs: 30_000 })

  it('tells of its acks when the lease fails', async () => {
    const driver = open()
    const { leaseId, messages } = await inHand(driver, 2)
    sqs.simulator.faults.order({ operation: 'ReceiveMessage', fault: { kind: 'error', name: 'OverLimit' } })
    expect(await turn(driver, leaseId, ids(messages))).toEqual({
      outcomes: ['applied', 'applied'],
      next: undefined,
      limitedForMs: undefined,
    })
  })

  it('keeps what it leased for the next lease when the acks fail', async () => {
    const driver = open()
    const { leaseId, messages } = await inHand(driver, 1)
    await driver.enqueue(queue, numbered(2))
    sqs.simulator.faults.order({ operation: 'DeleteMessageBatch', fault: { kind: 'error', name: 'InvalidAddress' } })
    await expect(turn(driver, leaseId, ids(messages))).rejects.toSatisfy(isFailure)
    const { messages: next } = await leased(driver)
    expect(next.map(({ attempt }) => attempt)).toEqual([1, 1])
    const { outcomes } = await turn(driver, leaseId, ids(messages))
    expect(outcomes).toEqual(['applied'])
  })
})

describe('a lease', () => {
  it('of which one receive fails is what the others brought', async () => {
    const driver = open()
    await driver.enqueue(queue, numbered(40))
    sqs.simulator.faults.order({ operation: 'ReceiveMessage', fault: { kind: 'error', name: 'OverLimit' }, after: 2 })
    const { messages } = await leased(driver, 40)
    expect(messages.length).toBeGreaterThanOrEqual(10)
    expect(messages.length).toBeLessThan(40)
  })

  it('says in words what SQS refused', async () => {
    const driver = open()
    await driver.stats(queue)
    const refusal = async (name: 'OverLimit' | 'KmsAccessDenied' | 'ExpiredToken' | 'AccessDenied') => {
      sqs.simulator.faults.order({ operation: 'ReceiveMessage', fault: { kind: 'error', name } })
      const thrown = await leased(driver).catch((caught: unknown) => caught)
      return isFailure(thrown) ? `${thrown.code}: ${thrown.hint}` : String(thrown)
    }
    expect(await refusal('OverLimit')).toMatch(/^broker-state: .*120,000/)
    expect(await refusal('KmsAccessDenied')).toMatch(/^denied: .*kms:Decrypt/)
    expect(await refusal('ExpiredToken')).toMatch(/^auth: .*aws sso login/)
    expect(await refusal('AccessDenied')).toMatch(/^denied: .*sqs:ReceiveMessage/)
  })

  it('fails in words when nobody answers, and goes on when somebody does', async () => {
    const driver = open()
    await driver.enqueue(queue, numbered(1))
    sqs.simulator.faults.order({ operation: 'ReceiveMessage', fault: { kind: 'cut' }, times: 3 })
    await expect(leased(driver)).rejects.toMatchObject({ code: 'timeout' })
    expect((await leased(driver)).messages).toHaveLength(1)
    await sqs.simulator.stop()
    await expect(leased(driver)).rejects.toMatchObject({ code: 'unreachable' })
  })
})

describe('an endpoint', () => {
  it.each([
    [200, '<html>Welcome</html>'],
    [404, 'not here'],
    [502, '<html>Bad gateway</html>'],
  ])('that is not SQS is told as such: it answers %d with text', async (status, text) => {
    const server = createServer((_, response) => response.writeHead(status, { 'content-type': 'text/html' }).end(text))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const driver = await openSqsDriver({
      target: { ...sqs.target, endpoint: `http://127.0.0.1:${port}` },
      maxAttempts: () => 3,
    })
    drivers.push(driver)
    const thrown = await driver.stats(queue).catch((caught: unknown) => caught)
    expect(isFailure(thrown) && thrown.code).toBe('not-this-broker')
    server.close()
    server.closeAllConnections()
  })
})
