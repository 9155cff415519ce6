import { once } from 'node:events'
import { createConnection } from 'node:net'
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { connectSqs, type SqsConnection } from '../../brokers/clients/sqs'
import { type SqsSimulator, startSqsSimulator } from './simulator'

let simulator: SqsSimulator
let connection: SqsConnection
let client: SQSClient
let QueueUrl: string

beforeEach(async () => {
  simulator = await startSqsSimulator()
  connection = connectSqs({
    region: simulator.region,
    endpoint: simulator.endpoint,
    credentials: { kind: 'keys', accessKeyId: 'test', secretAccessKey: 'test' },
  })
  // The client that repeats nothing, so that each fault is seen.
  client = connection.once
  QueueUrl = (await client.send(new CreateQueueCommand({ QueueName: 'q' }))).QueueUrl ?? ''
})

afterEach(async () => {
  connection.close()
  await simulator.stop()
})

const send = (MessageBody: string) => client.send(new SendMessageCommand({ QueueUrl, MessageBody }))
const visible = async () =>
  (await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] })))
    .Attributes?.ApproximateNumberOfMessages

describe('faults', () => {
  it('are errors, lost answers and cut connections, as ordered and no longer', async () => {
    const { faults } = simulator
    faults.order({ operation: 'SendMessage', fault: { kind: 'error', name: 'AccessDenied', message: 'not you' } })
    await expect(send('a')).rejects.toMatchObject({ name: 'AccessDenied', message: 'not you' })
    faults.order({ operation: 'SendMessage', fault: { kind: 'cut' } })
    await expect(send('b')).rejects.toThrow()
    expect(await visible()).toBe('0')
    faults.order({ operation: 'SendMessage', fault: { kind: 'lose answer' } })
    await expect(send('c')).rejects.toThrow()
    expect(await visible()).toBe('1')
    await send('d')
    expect(faults.waiting).toBe(0)
  })

  it('let some go well first, strike several times, and spare other operations', async () => {
    simulator.faults.order({
      operation: 'SendMessage',
      fault: { kind: 'error', name: 'KmsAccessDenied' },
      after: 1,
      times: 2,
    })
    const outcomes = []
    for (const body of ['a', 'b', 'c', 'd'])
      outcomes.push(
        await send(body).then(
          () => 'sent',
          ({ name }) => name,
        ),
      )
    expect(outcomes).toEqual(['sent', 'KmsAccessDenied', 'KmsAccessDenied', 'sent'])
    expect(simulator.calls('SendMessage')).toBe(4)
    expect(simulator.calls()).toBe(5)
  })
})

describe('who waits', () => {
  it('is forgotten when it hangs up, and takes no message with it', async () => {
    const gone = new AbortController()
    const waiting = client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }), {
      abortSignal: gone.signal,
    })
    await vi.waitFor(() => expect(simulator.waiting).toBe(1))
    gone.abort()
    await expect(waiting).rejects.toThrow()
    await vi.waitFor(() => expect(simulator.waiting).toBe(0))
    await send('x')
    expect(await visible()).toBe('1')
  })

  it('is served in the order of asking, one message each', async () => {
    const ask = async () =>
      (await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }))).Messages?.[0]?.Body
    const first = ask()
    await vi.waitFor(() => expect(simulator.waiting).toBe(1))
    const second = ask()
    await vi.waitFor(() => expect(simulator.waiting).toBe(2))
    await send('a')
    await send('b')
    expect(await Promise.all([first, second])).toEqual(['a', 'b'])
  })

  it('does not keep the simulator from stopping', async () => {
    const waiting = client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 })).catch(() => {})
    await vi.waitFor(() => expect(simulator.waiting).toBe(1))
    await simulator.stop()
    await simulator.stop()
    await waiting
  })
})

describe('the wire', () => {
  const ask = (init: RequestInit) => fetch(simulator.endpoint, init)
  const asked = (target: string, body: string) =>
    ask({ method: 'POST', headers: { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.0' }, body })

  it('is the loopback alone', async () => {
    expect(simulator.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const socket = createConnection({ host: '127.0.0.1', port: simulator.port })
    await once(socket, 'connect')
    expect(socket.remoteAddress).toBe('127.0.0.1')
    socket.destroy()
  })

  it('says what is wrong with a request, and goes on', async () => {
    const wrong: readonly (readonly [Response, string])[] = [
      [await ask({ method: 'GET' }), 'InvalidAction'],
      [await asked('AmazonSQS.NoSuchThing', '{}'), 'InvalidAction'],
      [await asked('AmazonSQS.constructor', '{}'), 'InvalidAction'],
      [await asked('AmazonSQS.ListQueues', '{not json'), 'MalformedInput'],
      [await asked('AmazonSQS.ListQueues', '[]'), 'MalformedInput'],
      [await asked('AmazonSQS.SendMessage', '{"QueueUrl": 7}'), 'MalformedInput'],
      [await asked('AmazonSQS.SendMessage', '{"QueueUrl": "no url", "MessageBody": "x"}'), 'InvalidAddress'],
      [await asked('AmazonSQS.TagQueue', JSON.stringify({ QueueUrl, Tags: { a: 1 } })), 'MalformedInput'],
      [await asked('AmazonSQS.SendMessage', '{}'), 'MissingParameter'],
    ]
    for (const [response, code] of wrong) {
      expect(response.headers.get('x-amzn-query-error')).toBe(`${code};Sender`)
      expect(response.status).toBeGreaterThanOrEqual(400)
      expect(((await response.json()) as { __type: string }).__type).toContain('#')
    }
    expect((await client.send(new ListQueuesCommand({}))).QueueUrls).toEqual([QueueUrl])
  })
})
