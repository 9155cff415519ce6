import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { connectSqs } from '../brokers/clients/sqs'
import { startSqsSimulator } from './sqs/simulator'
import { again, next, pick } from './story'

export interface PlayedSqs {
  readonly endpoint: string
  readonly region: string
}

const account = '000000000000'

/** A simulator of SQS with a standard and a FIFO queue, their dead letters, and consumers that fail now and then. */
export async function playSqs(): Promise<PlayedSqs> {
  const { endpoint, region } = await startSqsSimulator()
  const { repeating: client } = connectSqs({
    region,
    endpoint,
    credentials: { kind: 'keys', accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
  })
  const mail = await makePair(client, region, 'newsletter', '')
  const payments = await makePair(client, region, 'payments', '.fifo')
  void playMail(client, mail)
  void playPayments(client, payments)
  return { endpoint, region }
}

/** Answers the URL of the queue; its dead-letter queue is NAME-dlq. */
async function makePair(client: SQSClient, region: string, name: string, suffix: string): Promise<string> {
  const kind: Record<string, string> = suffix === '' ? {} : { FifoQueue: 'true' }
  await client.send(new CreateQueueCommand({ QueueName: `${name}-dlq${suffix}`, Attributes: kind }))
  const deadLetterTargetArn = `arn:aws:sqs:${region}:${account}:${name}-dlq${suffix}`
  const { QueueUrl = '' } = await client.send(
    new CreateQueueCommand({
      QueueName: `${name}${suffix}`,
      Attributes: {
        ...kind,
        VisibilityTimeout: '3',
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 }),
      },
    }),
  )
  return QueueUrl
}

async function playMail(client: SQSClient, QueueUrl: string): Promise<void> {
  const send = () =>
    client.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: JSON.stringify({
          to: pick(['ada@example.org', 'grace@example.org', 'nobody@example.invalid']),
          issue: next(),
        }),
        MessageAttributes: { campaign: { DataType: 'String', StringValue: pick(['autumn', 'launch']) } },
        ...(Math.random() < 0.1 && { DelaySeconds: 60 }),
      }),
    )
  await Promise.all([again(1, send), again(1.5, () => consume(client, QueueUrl, 'example.invalid'))])
}

async function playPayments(client: SQSClient, QueueUrl: string): Promise<void> {
  const send = () => {
    const payment = next()
    return client.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: JSON.stringify({ payment, cents: payment % 13 === 0 ? -1 : 100 * (payment % 90) }),
        MessageGroupId: `customer-${payment % 5}`,
        MessageDeduplicationId: String(payment),
      }),
    )
  }
  await Promise.all([again(0.7, send), again(1, () => consume(client, QueueUrl, '"cents":-1'))])
}

/** Deletes what it could work on; what holds `poison` comes again until the redrive policy has enough of it. */
async function consume(client: SQSClient, QueueUrl: string, poison: string): Promise<void> {
  const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 5 }))
  for (const { Body = '', ReceiptHandle } of Messages) {
    if (!Body.includes(poison)) await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
  }
}
