import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { abilities } from '@shared/model/capability'
import type { QueueAddress } from '@shared/model/queue'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startVirtualSqs, type VirtualSqs } from '../../../sandbox/sqs/virtual-sqs'
import type { SqsConnection } from '../../clients/sqs'
import type { Found } from '../../reader'
import { SqsAdapter } from './adapter'

let sqs: VirtualSqs
let connection: SqsConnection
let admin: SQSClient
let adapter: SqsAdapter

beforeEach(async () => {
  sqs = await startVirtualSqs()
  connection = sqs.connect()
  admin = sqs.connect().repeating
  adapter = new SqsAdapter(connection, { clock: sqs.clock })
})

afterEach(async () => {
  await adapter.close()
  connection.close()
  admin.destroy()
  await sqs.stop()
})

const account = '000000000000'
const address = (name: string): QueueAddress => ({ layout: 'sqs', prefix: account, name })

async function makePair(
  name: string,
  { fifo = false, maxReceiveCount = 3 } = {},
): Promise<{ url: string; dead: string }> {
  const suffix = fifo ? '.fifo' : ''
  const kind: Record<string, string> = fifo ? { FifoQueue: 'true' } : {}
  const dead = await makeQueue(`${name}-dlq${suffix}`, kind)
  const arn = `arn:aws:sqs:us-east-1:${account}:${name}-dlq${suffix}`
  const url = await makeQueue(`${name}${suffix}`, {
    ...kind,
    VisibilityTimeout: '30',
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn, maxReceiveCount }),
  })
  return { url, dead }
}

async function makeQueue(QueueName: string, Attributes: Record<string, string> = {}): Promise<string> {
  const { QueueUrl } = await admin.send(new CreateQueueCommand({ QueueName, Attributes }))
  return QueueUrl ?? ''
}

async function send(QueueUrl: string, bodies: readonly string[], group?: (n: number) => string): Promise<void> {
  for (let at = 0; at < bodies.length; at += 10) {
    const { Failed = [] } = await admin.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: bodies.slice(at, at + 10).map((MessageBody, index) => ({
          Id: String(index),
          MessageBody,
          MessageAttributes: { source: { DataType: 'String', StringValue: 'test' } },
          ...(group && { MessageGroupId: group(at + index), MessageDeduplicationId: `d-${at + index}` }),
        })),
      }),
    )
    expect(Failed).toEqual([])
  }
}

/** A consumer that never deletes: what it was given is given again until the policy has enough of it. */
async function killAll(url: string, receives: number): Promise<void> {
  for (let round = 0; round <= receives; round += 1) {
    for (let more = true; more; ) {
      const { Messages = [] } = await admin.send(
        new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 1 }),
      )
      more = Messages.length > 0
    }
    await sqs.pass(2_000)
  }
}

async function receiveAll(QueueUrl: string) {
  const bodies: string[] = []
  const counts: number[] = []
  for (let more = true; more; ) {
    const { Messages = [] } = await admin.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 600,
        MessageSystemAttributeNames: ['All'],
      }),
    )
    for (const { Body = '', Attributes } of Messages) {
      bodies.push(Body)
      counts.push(Number(Attributes?.ApproximateReceiveCount))
    }
    more = Messages.length > 0
  }
  return { bodies, counts }
}

async function discovered(reader: SqsAdapter = adapter): Promise<readonly Found[]> {
  const found = new Map<string, Found>()
  await reader.discover((queue) => found.set(queue.address.name, queue), new AbortController().signal)
  return [...found.values()].sort((a, b) => (a.address.name < b.address.name ? -1 : 1))
}

/** Looks take a second of long polling at their end, in the simulator's time. */
async function peek(name: string, count: number) {
  const looking = adapter.peeking.peek(address(name), count)
  let done = false
  void looking.finally(() => {
    done = true
  })
  while (!done) {
    await new Promise((resolve) => setImmediate(resolve))
    if (sqs.simulator.waiting > 0) await sqs.pass(1_100)
  }
  return await looking
}

const numbered = (count: number) => Array.from({ length: count }, (_, n) => `{"n":${n}}`)

describe('queues of SQS', () => {
  it('are found with their dead-letter links both ways', async () => {
    await makePair('mail')
    await makePair('orders', { fifo: true })
    const found = await discovered()
    expect(found.map((queue) => [queue.address.name, queue.product])).toEqual([
      ['mail', 'SQS standard'],
      ['mail-dlq', 'SQS standard'],
      ['orders-dlq.fifo', 'SQS FIFO'],
      ['orders.fifo', 'SQS FIFO'],
    ])
    expect(found[0]?.deadLetterQueue).toEqual(address('mail-dlq'))
    expect(found[1]?.deadLetterSources).toEqual([address('mail')])
  })

  it('are found by URL and ARN where listing is denied, and the permission is named once', async () => {
    const { url } = await makePair('mail')
    sqs.simulator.faults.order({ operation: 'ListQueues', fault: { kind: 'error', name: 'AccessDenied' }, times: 10 })
    const named = new SqsAdapter(connection, {
      clock: sqs.clock,
      named: [url, `arn:aws:sqs:us-east-1:${account}:mail-dlq`],
    })
    expect((await discovered(named)).map((queue) => queue.address.name)).toEqual(['mail', 'mail-dlq'])
    const details = (await named.details(address('mail'))).find(({ title }) => title === 'Not permitted')
    expect(details?.facts).toEqual([{ name: '', value: expect.stringContaining('sqs:ListQueues') }])
  })

  it('are counted, and dead letters where the queue takes those of others', async () => {
    const { url, dead } = await makePair('mail')
    await send(url, numbered(4))
    await send(dead, numbered(3))
    await admin.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 1 }))
    await discovered()
    expect(await adapter.read([address('mail'), address('mail-dlq')])).toMatchObject([
      { ready: 3, leased: 1, delayed: 0, dead: null, oldestReadyMs: null, trouble: null },
      { ready: 0, leased: 0, delayed: 0, dead: 3, trouble: null },
    ])
  })

  it('say what is wrong with one of them, and read the others', async () => {
    await makePair('mail')
    await discovered()
    const readings = await adapter.read([address('absent'), address('mail')])
    expect(readings[0]).toMatchObject({ ready: null, trouble: expect.stringContaining('absent') })
    expect(readings[1]).toMatchObject({ ready: 0, trouble: null })
  })

  it('answer for every ability, with a reason for each no', async () => {
    await makePair('mail')
    await discovered()
    for (const name of ['mail', 'mail-dlq']) {
      const capabilities = await adapter.capabilities(address(name))
      for (const ability of abilities) expect(capabilities[ability].answer).toBeTruthy()
    }
    expect((await adapter.capabilities(address('mail'))).replay).toMatchObject({ answer: 'no' })
    await expect(adapter.pause(address('mail'))).rejects.toMatchObject({ code: 'unsupported' })
    await expect(adapter.replay(address('mail'), ['1'])).rejects.toMatchObject({ code: 'unsupported' })
  })
})

describe('looking at SQS', () => {
  it('costs exactly the announced receive, and nothing is dead-lettered by it', async () => {
    const { url, dead } = await makePair('mail')
    await send(url, numbered(1_000))
    await killAll(url, 3)
    await discovered()
    expect((await adapter.read([address('mail-dlq')]))[0]).toMatchObject({ dead: 1_000 })
    expect(await adapter.peeking.price(address('mail-dlq'))).toMatchObject({
      answer: 'priced',
      remainingReceives: null,
    })
    expect(await peek('mail-dlq', 1_000)).toMatchObject({ seen: 1_000, held: 1_000 })

    // Browsed page by page, each once, with the bytes that were sent.
    const rows = []
    let cursor: string | null = null
    do {
      const page = await adapter.browse(address('mail-dlq'), { state: 'dead', cursor, limit: 100 })
      rows.push(...page.items)
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(new Set(rows.map(({ id }) => id)).size).toBe(1_000)
    expect(rows.map(({ preview }) => preview).sort()).toEqual(numbered(1_000).sort())

    // Ten are edited and sent back; the others are given back.
    for (const row of rows.slice(0, 10)) {
      const { body } = await adapter.inspect(address('mail-dlq'), row.id)
      if (body.kind !== 'whole') throw new Error('no body')
      const outcome = await adapter.replayEdited(address('mail-dlq'), {
        id: row.id,
        state: 'dead',
        body: Buffer.from(`{"mended":${row.preview}}`),
        expectedDigest: body.digest,
      })
      expect(outcome).toEqual({ id: row.id, outcome: 'applied' })
    }
    await adapter.peeking.release(address('mail-dlq'))
    const back = await receiveAll(url)
    expect(back.bodies.sort()).toEqual(
      rows
        .slice(0, 10)
        .map(({ preview }) => `{"mended":${preview}}`)
        .sort(),
    )
    const left = await receiveAll(dead)
    expect(left.bodies.length).toBe(990)
    // Three by the consumer that killed it, one by the look, one by this test.
    expect(new Set(left.counts)).toEqual(new Set([5]))
  })

  it('is refused where one more receive could move a message', async () => {
    const { url } = await makePair('mail', { maxReceiveCount: 1 })
    await send(url, numbered(1))
    await discovered()
    expect(await adapter.peeking.price(address('mail'))).toMatchObject({ answer: 'refused' })
    await expect(adapter.peeking.peek(address('mail'), 10)).rejects.toMatchObject({ code: 'unsupported' })
    expect((await receiveAll(url)).counts).toEqual([1])
  })

  it('tells how many receives are left, and stops before the last', async () => {
    const { url } = await makePair('mail', { maxReceiveCount: 3 })
    await send(url, numbered(2))
    await discovered()
    expect(await adapter.peeking.price(address('mail'))).toMatchObject({ remainingReceives: 3 })
    await peek('mail', 2)
    await adapter.peeking.release(address('mail'))
    expect(await adapter.peeking.price(address('mail'))).toMatchObject({ remainingReceives: 2 })
    await peek('mail', 2)
    await adapter.peeking.release(address('mail'))
    expect(await adapter.peeking.price(address('mail'))).toMatchObject({ answer: 'refused' })
    expect((await receiveAll(url)).counts).toEqual([3, 3])
  })

  it('gives back by itself what a dead console held', async () => {
    const { url } = await makePair('mail')
    await send(url, numbered(3))
    await discovered()
    expect(await peek('mail', 3)).toMatchObject({ seen: 3, held: 3 })
    expect((await receiveAll(url)).bodies).toEqual([])
    await sqs.pass(31_000)
    expect((await receiveAll(url)).bodies.length).toBe(3)
  })

  it('says that a FIFO group waits meanwhile', async () => {
    const { url } = await makePair('orders', { fifo: true })
    await send(url, numbered(4), (n) => `g${n % 2}`)
    await discovered()
    const price = await adapter.peeking.price(address('orders.fifo'))
    expect(price).toMatchObject({ answer: 'priced', price: expect.arrayContaining([expect.stringContaining('group')]) })
  })
})

describe('mending on SQS', () => {
  const dead = address('mail-dlq')

  it('leaves alone what somebody else has received since', async () => {
    const { url } = await makePair('mail')
    await send(url, numbered(2))
    await killAll(url, 3)
    await discovered()
    await peek('mail-dlq', 2)
    await sqs.pass(601_000)
    const deadUrl = url.replace(/mail$/, 'mail-dlq')
    await receiveAll(deadUrl)
    const ids = (await adapter.browse(dead, { state: 'dead', cursor: null, limit: 10 })).items.map(({ id }) => id)
    expect((await adapter.replay(dead, ids)).map(({ outcome }) => outcome)).toEqual(['changed', 'changed'])
    expect((await receiveAll(url)).bodies).toEqual([])
  })

  it('deletes what was looked at, and sends it again from what was kept', async () => {
    const { url } = await makePair('mail')
    await send(url, numbered(3))
    await killAll(url, 3)
    await discovered()
    await peek('mail-dlq', 3)
    const ids = (await adapter.browse(dead, { state: 'dead', cursor: null, limit: 10 })).items.map(({ id }) => id)
    const kept = await adapter.snapshot(dead, 'dead', ids)
    expect((await adapter.remove(dead, 'dead', [...ids, 'absent'])).map(({ outcome }) => outcome)).toEqual([
      'applied',
      'applied',
      'applied',
      'gone',
    ])
    expect((await adapter.read([dead]))[0]).toMatchObject({ dead: 0 })
    expect((await adapter.restore(dead, kept)).map(({ outcome }) => outcome)).toEqual(['applied', 'applied', 'applied'])
    await peek('mail-dlq', 3)
    const again = (await adapter.browse(dead, { state: 'dead', cursor: null, limit: 10 })).items
    expect(again.map(({ preview }) => preview).sort()).toEqual(numbered(3))
    const { attributes } = await adapter.inspect(dead, again[0]!.id)
    expect(attributes).toEqual([{ name: 'source', value: 'test' }])
  })

  it('tells item by item what a batch refused in part', async () => {
    const { url } = await makePair('mail')
    await send(url, numbered(2))
    await killAll(url, 3)
    await discovered()
    await peek('mail-dlq', 2)
    const ids = (await adapter.browse(dead, { state: 'dead', cursor: null, limit: 10 })).items.map(({ id }) => id)
    sqs.simulator.faults.order({ operation: 'SendMessageBatch', fault: { kind: 'error', name: 'AccessDenied' } })
    const [first] = await adapter.replay(dead, [ids[0]!])
    expect(first).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('sqs:SendMessage') })
    expect((await adapter.replay(dead, ids)).map(({ outcome }) => outcome)).toEqual(['applied', 'applied'])
  })

  it('sends with group, deduplication and delay, and says which field is wrong', async () => {
    await makePair('mail')
    await makePair('orders', { fifo: true })
    await discovered()
    const message = { name: null, body: Buffer.from('{}'), delayMs: 0, priority: null, attributes: {} }
    expect(await adapter.send(address('mail'), [message, message])).toHaveLength(2)
    await expect(adapter.send(address('orders.fifo'), [message])).rejects.toMatchObject({ subject: 'group' })
    await expect(adapter.send(address('mail'), [{ ...message, delayMs: 901_000 }])).rejects.toMatchObject({
      subject: 'delay',
    })
    await expect(adapter.send(address('mail'), [{ ...message, priority: 1 }])).rejects.toMatchObject({
      subject: 'priority',
    })
    const options = { group: 'a', dedupId: 'once' }
    await adapter.send(address('orders.fifo'), [{ ...message, options }])
    await adapter.send(address('orders.fifo'), [{ ...message, options }])
    expect((await adapter.read([address('orders.fifo')]))[0]).toMatchObject({ ready: 1 })
  })
})

describe('what SQS does by itself', () => {
  const dead = address('mail-dlq')
  const offered = async (id: string) => (await adapter.acts.offers(dead)).find((offer) => offer.id === id)

  it('moves all to where they came from, at a rate, and can be cancelled', async () => {
    const { url } = await makePair('mail')
    await send(url, numbered(40))
    await killAll(url, 3)
    await discovered()
    await expect(adapter.acts.act(dead, { id: 'redrive-all', values: { rate: '900' } })).rejects.toMatchObject({
      code: 'bad-input',
      subject: 'rate',
    })
    await adapter.acts.act(dead, { id: 'redrive-all', values: { rate: '10' } })
    expect((await offered('redrive-all'))?.refusal).toContain('running')
    await sqs.pass(2_000)
    await adapter.acts.act(dead, { id: 'cancel-redrive', values: {} })
    await sqs.pass(10_000)
    const { ready } = (await adapter.read([address('mail')]))[0]!
    const { dead: left } = (await adapter.read([dead]))[0]!
    expect(ready).toBeGreaterThan(0)
    expect(left).toBeGreaterThan(0)
    expect((ready ?? 0) + (left ?? 0)).toBe(40)
    const tasks = (await adapter.details(dead)).find(({ title }) => title === 'Redrive tasks')
    expect(tasks?.facts[0]?.value).toMatch(/cancell/)
  })

  it('purges once a minute, and says so', async () => {
    const { url } = await makePair('mail')
    await send(url, numbered(5))
    await discovered()
    await adapter.acts.act(address('mail'), { id: 'purge-all', values: {} })
    await expect(adapter.acts.act(address('mail'), { id: 'purge-all', values: {} })).rejects.toMatchObject({
      code: 'broker-state',
      message: expect.stringContaining('60 seconds'),
    })
    await sqs.pass(61_000)
    const { Attributes } = await admin.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['ApproximateNumberOfMessages'] }),
    )
    expect(Attributes?.ApproximateNumberOfMessages).toBe('0')
  })
})
