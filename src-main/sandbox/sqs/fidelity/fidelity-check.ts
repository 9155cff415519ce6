import assert from 'node:assert/strict'
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  type QueueAttributeName,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  type SendMessageCommandInput,
  type SQSClient,
} from '@aws-sdk/client-sqs'

/** A server that speaks SQS, and the time it lives in. */
export interface Subject {
  readonly client: SQSClient
  /** Lets time pass: a virtual clock is moved on, a real one waited for. */
  pass(ms: number): Promise<void>
  now(): number
  /** Resolves when the receive that was just sent waits at the server. */
  parked(): Promise<void>
  /** A queue name of this run alone. */
  fresh(base: string): string
  /** How long a receive may have to look before it sees all servers; 0 where there is only one. */
  readonly pollSeconds: number
}

/** Something that the documentation of SQS says, and how to see that it is so. */
export interface FidelityCheck {
  readonly name: string
  /** Where it is said: an operation of the API reference, a page of the developer guide; or an answer of the service itself,
   * recorded and published by others who emulate it. */
  readonly source: string
  /** Takes longer than anybody waits for, and runs only where time is virtual. */
  readonly virtual?: true
  run(subject: Subject): Promise<void>
}

export type QueueAttributes = Partial<Record<QueueAttributeName, string>>

export async function create(subject: Subject, base: string, attributes: QueueAttributes = {}): Promise<string> {
  const QueueName = subject.fresh(base)
  const { QueueUrl } = await subject.client.send(new CreateQueueCommand({ QueueName, Attributes: attributes }))
  assert.ok(QueueUrl?.endsWith(`/${QueueName}`), `the URL of ${QueueName} ends with its name`)
  return QueueUrl ?? ''
}

export const createFifo = (subject: Subject, base: string, attributes: QueueAttributes = {}): Promise<string> =>
  create(subject, `${base}.fifo`, { FifoQueue: 'true', ContentBasedDeduplication: 'true', ...attributes })

export const send = (
  { client }: Subject,
  QueueUrl: string,
  MessageBody: string,
  more: Partial<SendMessageCommandInput> = {},
) => client.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }))

/** One receive, of up to ten. */
export async function receive(
  { client }: Subject,
  QueueUrl: string,
  more: Partial<ReceiveMessageCommandInput> = {},
): Promise<readonly Message[]> {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
      ...more,
    }),
  )
  return Messages
}

/** Receives until `count` messages are there, or the server has nothing more to say. */
export async function gather(
  subject: Subject,
  QueueUrl: string,
  count: number,
  more: Partial<ReceiveMessageCommandInput> = {},
): Promise<readonly Message[]> {
  const found: Message[] = []
  for (let looks = 0; found.length < count && looks < (subject.pollSeconds > 0 ? 8 : 2); looks++)
    found.push(
      ...(await receive(subject, QueueUrl, {
        MaxNumberOfMessages: Math.min(count - found.length, 10),
        WaitTimeSeconds: subject.pollSeconds,
        ...more,
      })),
    )
  assert.equal(found.length, count, `${count} messages are received`)
  return found
}

export async function attributesOf(
  { client }: Subject,
  QueueUrl: string,
  names: readonly QueueAttributeName[] = ['All'],
): Promise<QueueAttributes> {
  const { Attributes = {} } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] }))
  return Attributes
}

export async function arnOf(subject: Subject, QueueUrl: string): Promise<string> {
  const { QueueArn } = await attributesOf(subject, QueueUrl, ['QueueArn'])
  assert.ok(QueueArn)
  return QueueArn
}

/** Visible, delayed, in flight. */
export async function countsOf(subject: Subject, QueueUrl: string): Promise<readonly number[]> {
  const attributes = await attributesOf(subject, QueueUrl)
  return [
    Number(attributes.ApproximateNumberOfMessages),
    Number(attributes.ApproximateNumberOfMessagesDelayed),
    Number(attributes.ApproximateNumberOfMessagesNotVisible),
  ]
}

/** The request is refused with the error of this name, and none other. */
export async function refused(name: string, request: Promise<unknown>, says = /./): Promise<void> {
  const error: unknown = await request.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof Error, `it is refused with ${name}`)
  assert.equal(error.name, name)
  assert.match(error.message, says)
}

export const bodies = (messages: readonly Message[]): readonly string[] => messages.map(({ Body }) => Body ?? '')

export const handleOf = (message: Message | undefined): string => {
  assert.ok(message?.ReceiptHandle)
  return message.ReceiptHandle
}

/** For the dead letters of a queue that gives up after `most` receives. */
export async function withDeadLetters(
  subject: Subject,
  base: string,
  most: number,
  more: QueueAttributes = {},
): Promise<{ readonly source: string; readonly dead: string; readonly sourceArn: string; readonly deadArn: string }> {
  const fifo = more.FifoQueue === 'true'
  const make = fifo ? createFifo : create
  const dead = await make(subject, `${base}-dead`)
  const deadArn = await arnOf(subject, dead)
  const source = await make(subject, base, {
    ...more,
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadArn, maxReceiveCount: most }),
  })
  return { source, dead, sourceArn: await arnOf(subject, source), deadArn }
}

/** Receives without holding, until the queue gives up: `times` that bring the message, and one that does not. */
export async function exhaust(subject: Subject, url: string, times: number, messages = 1): Promise<void> {
  for (let time = 0; time < times; time++) await gather(subject, url, messages, { VisibilityTimeout: 0 })
  await receive(subject, url, { VisibilityTimeout: 0, WaitTimeSeconds: subject.pollSeconds })
}
