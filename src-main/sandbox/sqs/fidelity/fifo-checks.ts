import assert from 'node:assert/strict'
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  PurgeQueueCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs'
import {
  bodies,
  countsOf,
  create,
  createFifo,
  type FidelityCheck,
  gather,
  handleOf,
  receive,
  refused,
  type Subject,
  send,
} from './fidelity-check'

const put = async (subject: Subject, url: string, ...texts: readonly string[]) => {
  for (const text of texts) await send(subject, url, text, { MessageGroupId: text[0] ?? '' })
}

const remove = ({ client }: Subject, QueueUrl: string, message: Message | undefined) =>
  client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: handleOf(message) }))

/** Order, groups, and what is sent twice. */
export const fifoChecks: readonly FidelityCheck[] = [
  {
    name: 'a message to a FIFO queue needs a group',
    source:
      'SendMessage: "If you do not provide a MessageGroupId when sending a message to a FIFO queue, the action fails"',
    async run(subject) {
      const url = await createFifo(subject, 'no-group')
      await refused('MissingParameter', send(subject, url, 'x'))
    },
  },
  {
    name: 'a message to a FIFO queue needs a deduplication id, or a queue that makes one',
    source: 'SendMessage: "the queue doesn’t have ContentBasedDeduplication set, the action fails with an error"',
    async run(subject) {
      const url = await createFifo(subject, 'no-id', { ContentBasedDeduplication: 'false' })
      await refused('InvalidParameterValue', send(subject, url, 'x', { MessageGroupId: 'g' }))
    },
  },
  {
    name: 'one entry without a group refuses a FIFO batch',
    source: 'SendMessageBatch; a recorded answer',
    async run(subject) {
      const QueueUrl = await createFifo(subject, 'batch')
      const Entries = [
        { Id: 'a', MessageBody: 'a', MessageGroupId: 'g' },
        { Id: 'b', MessageBody: 'b' },
      ]
      await refused(
        'InvalidParameterValue',
        subject.client.send(new SendMessageBatchCommand({ QueueUrl, Entries })),
        /MessageGroupId/,
      )
      assert.deepEqual(await countsOf(subject, QueueUrl), [0, 0, 0])
    },
  },
  {
    name: 'a FIFO queue takes no delay per message',
    source: 'SendMessage: "When you set FifoQueue, you can’t set DelaySeconds per message"',
    async run(subject) {
      const url = await createFifo(subject, 'no-delay')
      await refused('InvalidParameterValue', send(subject, url, 'x', { MessageGroupId: 'g', DelaySeconds: 2 }))
      await send(subject, url, 'x', { MessageGroupId: 'g', DelaySeconds: 0 })
    },
  },
  {
    name: 'a FIFO queue may delay all its messages',
    source: 'SendMessage: "You can set this parameter only on a queue level"',
    async run(subject) {
      const url = await createFifo(subject, 'slow', { DelaySeconds: '1' })
      await put(subject, url, 'a')
      assert.deepEqual(await receive(subject, url), [])
      await subject.pass(1_300)
      assert.deepEqual(bodies(await gather(subject, url, 1)), ['a'])
    },
  },
  {
    name: 'ids of group and deduplication have at most 128 printable characters',
    source: 'SendMessage: MessageGroupId and MessageDeduplicationId, valid values',
    async run(subject) {
      const url = await createFifo(subject, 'printable')
      for (const MessageGroupId of ['a b', 'x'.repeat(129)])
        await refused('InvalidParameterValue', send(subject, url, 'x', { MessageGroupId }))
      await refused(
        'InvalidParameterValue',
        send(subject, url, 'x', { MessageGroupId: 'g', MessageDeduplicationId: 'x'.repeat(129) }),
      )
    },
  },
  {
    name: 'a group comes in the order sent, with growing sequence numbers',
    source: 'FIFO delivery logic; SequenceNumber',
    async run(subject) {
      const url = await createFifo(subject, 'order')
      await put(subject, url, 'a1', 'a2', 'a3', 'a4')
      const messages = await gather(subject, url, 4)
      assert.deepEqual(bodies(messages), ['a1', 'a2', 'a3', 'a4'])
      const numbers = messages.map(({ Attributes }) => BigInt(Attributes?.SequenceNumber ?? 0))
      assert.deepEqual(
        numbers,
        [...numbers].sort((a, b) => (a < b ? -1 : 1)),
      )
      assert.equal(messages[0]?.Attributes?.MessageGroupId, 'a')
      assert.match(messages[0]?.Attributes?.MessageDeduplicationId ?? '', /^[0-9a-f]{64}$/)
    },
  },
  {
    name: 'one receive brings as many of a group as there is room for',
    source:
      'FIFO delivery logic: "Amazon SQS first attempts to return as many messages with the same message group ID as possible"',
    async run(subject) {
      const url = await createFifo(subject, 'many')
      await put(subject, url, 'a1', 'b1', 'a2', 'a3')
      const first = await receive(subject, url, { WaitTimeSeconds: subject.pollSeconds })
      assert.deepEqual(bodies(first).slice(0, 3), ['a1', 'a2', 'a3'])
    },
  },
  {
    name: 'a group is blocked while one of it is in flight, and others are not',
    source:
      'ReceiveMessage: "While messages with a particular MessageGroupId are invisible, no more messages ... are returned"',
    async run(subject) {
      const url = await createFifo(subject, 'blocked')
      await put(subject, url, 'a1', 'a2', 'b1')
      const [first] = await gather(subject, url, 1)
      assert.deepEqual(bodies(await gather(subject, url, 1)), ['b1'])
      assert.deepEqual(await receive(subject, url), [])
      await remove(subject, url, first)
      assert.deepEqual(bodies(await gather(subject, url, 1)), ['a2'])
    },
  },
  {
    name: 'a group stays blocked while the rest of a batch is in flight',
    source: 'FIFO delivery logic; a recorded answer',
    async run(subject) {
      const url = await createFifo(subject, 'partly')
      await put(subject, url, 'a1', 'a2', 'a3')
      const [first] = await gather(subject, url, 2)
      await remove(subject, url, first)
      assert.deepEqual(await receive(subject, url), [])
    },
  },
  {
    name: 'a message that is given back comes before those sent after it',
    source: 'FIFO delivery logic: strict order within a group',
    async run(subject) {
      const url = await createFifo(subject, 'head')
      await put(subject, url, 'a1', 'a2')
      const [first] = await gather(subject, url, 1)
      await subject.client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle: handleOf(first), VisibilityTimeout: 0 }),
      )
      assert.deepEqual(bodies(await gather(subject, url, 2)), ['a1', 'a2'])
    },
  },
  {
    name: 'what comes after a hidden message of its group is hidden too',
    source: 'FIFO delivery logic; a recorded answer',
    async run(subject) {
      const url = await createFifo(subject, 'middle', { VisibilityTimeout: '1' })
      await put(subject, url, 'a1', 'a2', 'a3')
      const [, second] = await gather(subject, url, 3)
      await subject.client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle: handleOf(second), VisibilityTimeout: 60 }),
      )
      await subject.pass(1_300)
      assert.deepEqual(bodies(await receive(subject, url)), ['a1'])
    },
  },
  {
    name: 'the same content within five minutes is one message',
    source:
      'SendMessage: "messages with identical content sent within the deduplication interval are treated as duplicates"',
    async run(subject) {
      const url = await createFifo(subject, 'content')
      const first = await send(subject, url, 'same', { MessageGroupId: 'g' })
      const second = await send(subject, url, 'same', { MessageGroupId: 'g' })
      assert.equal(second.MessageId, first.MessageId)
      assert.deepEqual(bodies(await gather(subject, url, 1)), ['same'])
      assert.deepEqual(await receive(subject, url), [])
    },
  },
  {
    name: 'the same deduplication id is one message, also after the first was deleted',
    source: 'SendMessage: "keep track of the message deduplication ID even after the message is received and deleted"',
    async run(subject) {
      const url = await createFifo(subject, 'dedup')
      const again = (body: string) =>
        send(subject, url, body, { MessageGroupId: 'g', MessageDeduplicationId: 'order-7' })
      await again('first')
      const [message] = await gather(subject, url, 1)
      await remove(subject, url, message)
      await again('second')
      assert.deepEqual(await receive(subject, url), [])
      assert.deepEqual(await countsOf(subject, url), [0, 0, 0])
    },
  },
  {
    name: 'a deduplication id overrides the content',
    source: 'SendMessage: "your MessageDeduplicationId overrides the generated one"',
    async run(subject) {
      const url = await createFifo(subject, 'override')
      for (const MessageDeduplicationId of ['one', 'two'])
        await send(subject, url, 'same', { MessageGroupId: 'g', MessageDeduplicationId })
      await gather(subject, url, 2)
    },
  },
  {
    name: 'a deduplication id is free after five minutes',
    source: 'SendMessage: "the 5-minute deduplication interval"',
    virtual: true,
    async run(subject) {
      const url = await createFifo(subject, 'five')
      const again = () => send(subject, url, 'x', { MessageGroupId: 'g', MessageDeduplicationId: 'same' })
      const first = await again()
      await subject.pass(299_000)
      assert.equal((await again()).MessageId, first.MessageId)
      await subject.pass(1_000)
      assert.notEqual((await again()).MessageId, first.MessageId)
      await gather(subject, url, 2)
    },
  },
  {
    name: 'deduplication may count within a group alone',
    source: 'CreateQueue: DeduplicationScope',
    async run(subject) {
      const url = await createFifo(subject, 'scope', {
        DeduplicationScope: 'messageGroup',
        FifoThroughputLimit: 'perMessageGroupId',
      })
      for (const MessageGroupId of ['a', 'b', 'a'])
        await send(subject, url, 'x', { MessageGroupId, MessageDeduplicationId: 'same' })
      await gather(subject, url, 2)
      assert.deepEqual(await receive(subject, url), [])
    },
  },
  {
    name: 'an expired receipt handle of a FIFO queue is refused',
    source:
      'ReceiveMessage: "tries to delete the processed messages, the action fails with an error"; a recorded answer',
    async run(subject) {
      const url = await createFifo(subject, 'expired', { VisibilityTimeout: '1' })
      await put(subject, url, 'a')
      const [message] = await gather(subject, url, 1)
      await subject.pass(1_300)
      await refused('InvalidParameterValue', remove(subject, url, message), /receipt handle has expired/)
    },
  },
  {
    name: 'a repeated receive attempt brings the same messages under the same handles',
    source: 'ReceiveMessage: ReceiveRequestAttemptId, "return the same messages and receipt handles"',
    async run(subject) {
      const url = await createFifo(subject, 'attempt')
      await put(subject, url, 'a1', 'a2')
      const attempt = { ReceiveRequestAttemptId: 'attempt-1' }
      const first = await gather(subject, url, 2, attempt)
      const second = await receive(subject, url, attempt)
      assert.deepEqual(
        second.map(({ ReceiptHandle }) => ReceiptHandle),
        first.map(({ ReceiptHandle }) => ReceiptHandle),
      )
      assert.deepEqual(await receive(subject, url, { ReceiveRequestAttemptId: 'attempt-2' }), [])
    },
  },
  {
    name: 'a purge forgets what was deduplicated',
    source: 'PurgeQueue; a recorded answer',
    async run(subject) {
      const url = await createFifo(subject, 'fresh')
      const again = () => send(subject, url, 'x', { MessageGroupId: 'g', MessageDeduplicationId: 'same' })
      await again()
      await subject.client.send(new PurgeQueueCommand({ QueueUrl: url }))
      await again()
      await gather(subject, url, 1)
    },
  },
  {
    name: 'a deduplication id is refused on a standard queue',
    source: 'SendMessage: MessageDeduplicationId, "applies only to FIFO queues"',
    async run(subject) {
      const url = await create(subject, 'standard')
      await refused('InvalidParameterValue', send(subject, url, 'x', { MessageDeduplicationId: 'same' }))
    },
  },
]
