import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { type QueueAddress, queueKey } from '@shared/model/queue'
import { startVirtualSqs, type VirtualSqs } from '../../../sandbox/sqs/virtual-sqs'
import type { Found } from '../../reader'
import { describeAdapter } from '../../testing/adapter-conformance'
import type { AdapterScene, AdapterStage } from '../../testing/adapter-stage'
import { SqsAdapter } from './adapter'

const account = '000000000000'
const at = (name: string): QueueAddress => ({ layout: 'sqs', prefix: account, name })

interface Parts {
  readonly sqs: VirtualSqs
  readonly admin: SQSClient
  readonly adapter: SqsAdapter
  /** Of the scene before. */
  readonly urls: string[]
}

/** A name is free again only a minute after its queue was deleted. */
let scenes = 0

/** The simulator's fidelity is a suite of its own; what it has no users for, a look that may only read, is answered by AWS alone. */
describeAdapter('SQS', async (): Promise<AdapterStage> => {
  const sqs = await startVirtualSqs()
  const connection = sqs.connect()
  const admin = sqs.connect().repeating
  const adapter = new SqsAdapter(connection, { clock: sqs.clock })
  const parts = { sqs, admin, adapter, urls: [] }
  return {
    name: 'SQS',
    adapter,
    reading: null,
    discover: () => found(adapter),
    scene: () => scene(parts),
    async stop() {
      await adapter.close()
      connection.close()
      admin.destroy()
      await sqs.stop()
    },
  }
})

async function found(adapter: SqsAdapter): Promise<readonly Found[]> {
  const queues = new Map<string, Found>()
  await adapter.discover((queue) => queues.set(queueKey(queue.address), queue), new AbortController().signal)
  return [...queues.values()]
}

async function scene({ sqs, admin, adapter, urls }: Parts): Promise<AdapterScene> {
  await adapter.peeking.releaseAll()
  for (const url of urls.splice(0)) await admin.send(new DeleteQueueCommand({ QueueUrl: url }))
  scenes += 1
  const [orders, dead, mails] = [`orders-${scenes}`, `orders-${scenes}-dlq`, `mails-${scenes}`]
  const create = async (QueueName: string, Attributes: Record<string, string> = {}) => {
    const { QueueUrl = '' } = await admin.send(new CreateQueueCommand({ QueueName, Attributes }))
    urls.push(QueueUrl)
    return QueueUrl
  }
  const deadUrl = await create(dead)
  const deadLetterTargetArn = `arn:aws:sqs:us-east-1:${account}:${dead}`
  const ordersUrl = await create(orders, { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 }) })
  const mailsUrl = await create(mails)
  const ids = new Map<string, string>()
  const send = async (QueueUrl: string, MessageBody: string) => {
    const { MessageId = '' } = await admin.send(new SendMessageCommand({ QueueUrl, MessageBody }))
    ids.set(MessageBody, MessageId)
  }
  for (let n = 0; n < 6; n += 1) await send(ordersUrl, orderOf(n))
  for (let n = 0; n < 4; n += 1) await send(mailsUrl, `mail ${n}`)
  // A consumer that never deletes: the third receive finds them too often received.
  for (let round = 0; round < 3; round += 1) {
    await received(admin, ordersUrl)
    await sqs.pass(31_000)
  }
  await found(adapter)
  for (const queue of [dead, mails]) await peek(sqs, adapter, at(queue))
  return {
    truth: async () => {
      const [ofOrders, ofDead, ofMails] = [
        await counted(admin, ordersUrl),
        await counted(admin, deadUrl),
        await counted(admin, mailsUrl),
      ]
      return [
        { queue: at(orders), counts: { ready: ofOrders.visible, leased: ofOrders.inFlight } },
        {
          queue: at(dead),
          counts: { ready: 0, dead: ofDead.visible, leased: ofDead.inFlight },
          seen: { dead: ofDead.visible + ofDead.inFlight },
        },
        {
          queue: at(mails),
          counts: { ready: ofMails.visible, leased: ofMails.inFlight },
          seen: { ready: ofMails.visible + ofMails.inFlight },
        },
      ]
    },
    samples: [
      {
        queue: at(dead),
        state: 'dead',
        id: ids.get(orderOf(3))!,
        body: orderOf(3),
        error: { message: `received too often from ${orders}`, stack: null },
      },
      { queue: at(mails), state: 'ready', id: ids.get('mail 1')!, body: 'mail 1' },
    ],
    mended: at(dead),
    // What was sent back from the dead-letter queue is worked on where it came from.
    work: (queue) => work(admin, queue.name === mails ? mailsUrl : ordersUrl),
    edited: (body) => body.replace('"price":12.50', '"price":13.75'),
    lookAnew: (queue) => peek(sqs, adapter, queue),
    outgoing: { name: null, body: '{"sent":"by hand"}', queue: at(orders) },
    async vanish(queue) {
      const url = urls.find((each) => each.endsWith(`/${queue.name}`))!
      await admin.send(new DeleteQueueCommand({ QueueUrl: url }))
      urls.splice(urls.indexOf(url), 1)
      await sqs.pass(61_000)
    },
  }
}

const orderOf = (n: number): string => `{"id":900719925474099${n},"price":12.50}`

/** What the console holds to show it is in flight. */
async function counted(
  admin: SQSClient,
  QueueUrl: string,
): Promise<{ readonly visible: number; readonly inFlight: number }> {
  const { Attributes = {} } = await admin.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))
  return {
    visible: Number(Attributes.ApproximateNumberOfMessages),
    inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
  }
}

async function received(admin: SQSClient, QueueUrl: string) {
  const all = []
  for (;;) {
    const { Messages = [] } = await admin.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))
    if (Messages.length === 0) return all
    all.push(...Messages)
  }
}

async function work(admin: SQSClient, QueueUrl: string): Promise<readonly string[]> {
  const bodies: string[] = []
  for (const { Body = '', ReceiptHandle } of await received(admin, QueueUrl)) {
    bodies.push(Body)
    await admin.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
  }
  return bodies
}

/** Looks take a second of long polling at their end, in the simulator's time. */
async function peek(sqs: VirtualSqs, adapter: SqsAdapter, queue: QueueAddress): Promise<void> {
  const looking = adapter.peeking.peek(queue, 100)
  let isDone = false
  const end = () => {
    isDone = true
  }
  looking.then(end, end)
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve))
    if (sqs.simulator.waiting > 0) await sqs.pass(1_100)
  }
  await looking
}
