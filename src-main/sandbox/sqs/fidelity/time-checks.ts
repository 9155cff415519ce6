import assert from 'node:assert/strict'
import { ChangeMessageVisibilityCommand, DeleteMessageCommand, PurgeQueueCommand } from '@aws-sdk/client-sqs'
import {
  bodies,
  countsOf,
  create,
  type FidelityCheck,
  gather,
  handleOf,
  receive,
  refused,
  type Subject,
  send,
} from './fidelity-check'

const hourMs = 3_600_000

const show = ({ client }: Subject, QueueUrl: string, ReceiptHandle: string, VisibilityTimeout: number) =>
  client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }))

/** Delay, visibility, retention and purge. */
export const timeChecks: readonly FidelityCheck[] = [
  {
    name: 'visible, delayed and in flight are counted apart',
    source: 'GetQueueAttributes: ApproximateNumberOfMessages, ...Delayed, ...NotVisible',
    async run(subject) {
      const url = await create(subject, 'counted')
      for (const body of ['a', 'b', 'c']) await send(subject, url, body)
      await send(subject, url, 'later', { DelaySeconds: 60 })
      await gather(subject, url, 1)
      if (subject.pollSeconds > 0) return
      assert.deepEqual(await countsOf(subject, url), [2, 1, 1])
    },
  },
  {
    name: 'a delayed message comes when its delay is over',
    source: 'SendMessage: DelaySeconds',
    async run(subject) {
      const url = await create(subject, 'delayed')
      await send(subject, url, 'x', { DelaySeconds: 1 })
      assert.deepEqual(await receive(subject, url), [])
      await subject.pass(1_300)
      assert.deepEqual(bodies(await gather(subject, url, 1)), ['x'])
      assert.deepEqual(await receive(subject, url), [])
    },
  },
  {
    name: 'a queue delays all that name no delay of their own',
    source: 'SendMessage: "If you don’t specify a value, the default value for the queue applies"',
    async run(subject) {
      const url = await create(subject, 'slow', { DelaySeconds: '60' })
      await send(subject, url, 'slow')
      await send(subject, url, 'quick', { DelaySeconds: 0 })
      assert.deepEqual(bodies(await gather(subject, url, 1)), ['quick'])
      assert.deepEqual(await receive(subject, url), [])
    },
  },
  {
    name: 'a received message is hidden, and comes again when its visibility timeout is over',
    source: 'Visibility timeout',
    async run(subject) {
      const url = await create(subject, 'hidden', { VisibilityTimeout: '1' })
      await send(subject, url, 'x')
      const [first] = await gather(subject, url, 1)
      assert.deepEqual(await receive(subject, url), [])
      await subject.pass(1_300)
      const [second] = await gather(subject, url, 1)
      assert.equal(second?.MessageId, first?.MessageId)
      assert.notEqual(second?.ReceiptHandle, first?.ReceiptHandle)
      assert.equal(second?.Attributes?.ApproximateReceiveCount, '2')
      assert.equal(
        second?.Attributes?.ApproximateFirstReceiveTimestamp,
        first?.Attributes?.ApproximateFirstReceiveTimestamp,
      )
    },
  },
  {
    name: 'a receive may name a visibility timeout of its own',
    source: 'ReceiveMessage: VisibilityTimeout',
    async run(subject) {
      const url = await create(subject, 'own', { VisibilityTimeout: '1' })
      await send(subject, url, 'x')
      await gather(subject, url, 1, { VisibilityTimeout: 60 })
      await subject.pass(1_300)
      assert.deepEqual(await receive(subject, url), [])
    },
  },
  {
    name: 'a receive with a visibility timeout of 0 leaves the message visible',
    source: 'Visibility timeout: 0 to 43,200',
    async run(subject) {
      const url = await create(subject, 'peek')
      await send(subject, url, 'x')
      await gather(subject, url, 1, { VisibilityTimeout: 0 })
      const [again] = await gather(subject, url, 1)
      assert.equal(again?.Attributes?.ApproximateReceiveCount, '2')
    },
  },
  {
    name: 'a visibility timeout of 0 gives a message back at once',
    source: 'ChangeMessageVisibility: "The minimum is 0 seconds"',
    async run(subject) {
      const url = await create(subject, 'back')
      await send(subject, url, 'x')
      const [first] = await gather(subject, url, 1)
      await show(subject, url, handleOf(first), 0)
      assert.deepEqual(bodies(await gather(subject, url, 1)), ['x'])
    },
  },
  {
    name: 'a visibility timeout can be extended, and is not remembered for the next receive',
    source: 'ChangeMessageVisibility: "isn’t saved in memory for that message"',
    async run(subject) {
      const url = await create(subject, 'extended', { VisibilityTimeout: '1' })
      await send(subject, url, 'x')
      const [first] = await gather(subject, url, 1)
      await show(subject, url, handleOf(first), 2)
      await subject.pass(1_300)
      assert.deepEqual(await receive(subject, url), [])
      await subject.pass(1_000)
      await gather(subject, url, 1)
      await subject.pass(1_300)
      await gather(subject, url, 1)
    },
  },
  {
    name: 'the visibility of a message that is not in flight cannot be changed',
    source: 'ChangeMessageVisibility errors: MessageNotInflight',
    async run(subject) {
      const url = await create(subject, 'not-in-flight')
      await send(subject, url, 'x')
      const [message] = await gather(subject, url, 1, { VisibilityTimeout: 0 })
      await refused('MessageNotInflight', show(subject, url, handleOf(message), 60))
    },
  },
  {
    name: 'the visibility of a deleted message cannot be changed',
    source: 'ChangeMessageVisibility; a recorded answer',
    async run(subject) {
      const url = await create(subject, 'no-more')
      await send(subject, url, 'x')
      const [message] = await gather(subject, url, 1)
      await subject.client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: handleOf(message) }))
      await refused('InvalidParameterValue', show(subject, url, handleOf(message), 60), /Message does not exist/)
    },
  },
  {
    name: 'a visibility timeout beyond 43,200 seconds is refused',
    source: 'ChangeMessageVisibility: "Values range: 0 to 43200"',
    async run(subject) {
      const url = await create(subject, 'half-day')
      await send(subject, url, 'x')
      const [message] = await gather(subject, url, 1)
      await refused('InvalidParameterValue', show(subject, url, handleOf(message), 43_201))
    },
  },
  {
    name: 'twelve hours count from the receive, not from the change',
    source: 'ChangeMessageVisibility: "greater than the maximum time left, Amazon SQS returns an error"',
    virtual: true,
    async run(subject) {
      const url = await create(subject, 'twelve', { VisibilityTimeout: '43200' })
      await send(subject, url, 'x')
      const [message] = await gather(subject, url, 1)
      await subject.pass(hourMs)
      await refused(
        'InvalidParameterValue',
        show(subject, url, handleOf(message), 12 * 3_600),
        /Total VisibilityTimeout|beyond the limit/,
      )
      await show(subject, url, handleOf(message), 11 * 3_600)
    },
  },
  {
    name: 'an old receipt handle of a standard queue is accepted, and deletes nothing',
    source: 'DeleteMessage: "the request will succeed, but the message might not be deleted"',
    async run(subject) {
      const url = await create(subject, 'old')
      await send(subject, url, 'x')
      const [first] = await gather(subject, url, 1, { VisibilityTimeout: 0 })
      const [second] = await gather(subject, url, 1)
      await subject.client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: handleOf(first) }))
      if (subject.pollSeconds > 0) return
      assert.deepEqual(await countsOf(subject, url), [0, 0, 1])
      await subject.client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: handleOf(second) }))
      assert.deepEqual(await countsOf(subject, url), [0, 0, 0])
    },
  },
  {
    name: 'the last receipt handle of a standard queue deletes a message that has become visible again',
    source: 'DeleteMessage; a recorded answer',
    async run(subject) {
      const url = await create(subject, 'late', { VisibilityTimeout: '1' })
      await send(subject, url, 'x')
      const [message] = await gather(subject, url, 1)
      await subject.pass(1_300)
      await subject.client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: handleOf(message) }))
      assert.deepEqual(await countsOf(subject, url), [0, 0, 0])
    },
  },
  {
    name: 'a message older than the retention period is gone, in flight or not',
    source: 'CreateQueue: MessageRetentionPeriod',
    virtual: true,
    async run(subject) {
      const url = await create(subject, 'retained', { MessageRetentionPeriod: '60', VisibilityTimeout: '60' })
      for (const body of ['a', 'b']) await send(subject, url, body)
      await subject.pass(30_000)
      await gather(subject, url, 1)
      assert.deepEqual(await countsOf(subject, url), [1, 0, 1])
      await subject.pass(30_000)
      assert.deepEqual(await countsOf(subject, url), [0, 0, 0])
      assert.deepEqual(await receive(subject, url), [])
    },
  },
  {
    name: 'a purge takes what is ready, delayed and in flight',
    source: 'PurgeQueue: "Deletes available messages in a queue (including in-flight messages)"',
    async run(subject) {
      const url = await create(subject, 'purged')
      for (const body of ['a', 'b']) await send(subject, url, body)
      await send(subject, url, 'later', { DelaySeconds: 60 })
      await gather(subject, url, 1)
      await subject.client.send(new PurgeQueueCommand({ QueueUrl: url }))
      if (subject.pollSeconds > 0) return
      assert.deepEqual(await countsOf(subject, url), [0, 0, 0])
    },
  },
  {
    name: 'a second purge within 60 seconds is refused',
    source: 'PurgeQueue errors: PurgeQueueInProgress',
    async run(subject) {
      const QueueUrl = await create(subject, 'twice')
      await subject.client.send(new PurgeQueueCommand({ QueueUrl }))
      await refused('PurgeQueueInProgress', subject.client.send(new PurgeQueueCommand({ QueueUrl })))
    },
  },
  {
    name: 'a purge is allowed again after 60 seconds',
    source: 'PurgeQueue errors: PurgeQueueInProgress',
    virtual: true,
    async run(subject) {
      const QueueUrl = await create(subject, 'minute')
      await subject.client.send(new PurgeQueueCommand({ QueueUrl }))
      await subject.pass(60_000)
      await subject.client.send(new PurgeQueueCommand({ QueueUrl }))
    },
  },
]
