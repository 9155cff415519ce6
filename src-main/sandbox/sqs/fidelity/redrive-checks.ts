import assert from 'node:assert/strict'
import { CreateQueueCommand, ListDeadLetterSourceQueuesCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import {
  arnOf,
  attributesOf,
  bodies,
  countsOf,
  create,
  createFifo,
  exhaust,
  type FidelityCheck,
  gather,
  receive,
  refused,
  send,
  withDeadLetters,
} from './fidelity-check'

const policy = (deadLetterTargetArn: string, maxReceiveCount: unknown) => ({
  RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }),
})

/** Dead-letter queues, and what goes there by itself. */
export const redriveChecks: readonly FidelityCheck[] = [
  {
    name: 'a message received more often than the policy allows goes to the dead-letter queue',
    source: 'CreateQueue: "When the ReceiveCount for a message exceeds the maxReceiveCount"',
    async run(subject) {
      const { source, dead } = await withDeadLetters(subject, 'exceeds', 2)
      const sent = await send(subject, source, 'poison')
      await exhaust(subject, source, 2)
      const [letter] = await gather(subject, dead, 1)
      assert.equal(letter?.Body, 'poison')
      assert.equal(letter?.MessageId, sent.MessageId)
      assert.deepEqual(await countsOf(subject, source), [0, 0, 0])
    },
  },
  {
    name: 'a dead letter tells its source, and keeps its receive count and time of sending',
    source: 'ReceiveMessage: "received across all queues"; DeadLetterQueueSourceArn; a recorded answer',
    async run(subject) {
      const { source, dead, sourceArn } = await withDeadLetters(subject, 'tells', 1)
      await send(subject, source, 'x', { MessageAttributes: { a: { DataType: 'String', StringValue: 'kept' } } })
      const [first] = await gather(subject, source, 1, { VisibilityTimeout: 0 })
      await receive(subject, source, { WaitTimeSeconds: subject.pollSeconds })
      const [letter] = await gather(subject, dead, 1)
      assert.equal(letter?.Attributes?.DeadLetterQueueSourceArn, sourceArn)
      assert.equal(letter?.Attributes?.ApproximateReceiveCount, '2')
      assert.equal(letter?.Attributes?.SentTimestamp, first?.Attributes?.SentTimestamp)
      assert.equal(letter?.MessageAttributes?.a?.StringValue, 'kept')
    },
  },
  {
    name: 'a FIFO dead letter keeps its group, and its group goes on',
    source: 'Dead-letter queues: FIFO; a recorded answer',
    async run(subject) {
      const { source, dead } = await withDeadLetters(subject, 'ordered', 1, { FifoQueue: 'true' })
      for (const body of ['first', 'second']) await send(subject, source, body, { MessageGroupId: 'g' })
      await gather(subject, source, 1, { VisibilityTimeout: 0 })
      assert.deepEqual(bodies(await gather(subject, source, 1)), ['second'])
      const [letter] = await gather(subject, dead, 1)
      assert.equal(letter?.Body, 'first')
      assert.equal(letter?.Attributes?.MessageGroupId, 'g')
    },
  },
  {
    name: 'a dead letter of a standard queue keeps its age',
    source: 'Dead-letter queues: "the expiration of a message is always based on its original enqueue timestamp"',
    virtual: true,
    async run(subject) {
      const { source, dead } = await withDeadLetters(subject, 'aged', 1)
      await subject.client.send(
        new SetQueueAttributesCommand({ QueueUrl: dead, Attributes: { MessageRetentionPeriod: '120' } }),
      )
      await send(subject, source, 'x')
      await subject.pass(100_000)
      await exhaust(subject, source, 1)
      assert.deepEqual(await countsOf(subject, dead), [1, 0, 0])
      await subject.pass(20_000)
      assert.deepEqual(await countsOf(subject, dead), [0, 0, 0])
    },
  },
  {
    name: 'a redrive policy needs a target that exists',
    source: 'SetQueueAttributes: RedrivePolicy, deadLetterTargetArn',
    async run(subject) {
      const url = await create(subject, 'orphan')
      const arn = await arnOf(subject, url)
      await refused(
        'InvalidParameterValue',
        subject.client.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: policy(`${arn}-missing`, 3) })),
      )
    },
  },
  {
    name: 'a redrive policy needs a target and a count, from 1 to 1,000',
    source: 'SetQueueAttributes: RedrivePolicy; recorded answers',
    async run(subject) {
      const dead = await arnOf(subject, await create(subject, 'whole-dead'))
      const QueueUrl = await create(subject, 'whole')
      const wrong = [
        JSON.stringify({ deadLetterTargetArn: dead }),
        JSON.stringify({ maxReceiveCount: 3 }),
        policy(dead, 'often').RedrivePolicy,
        policy(dead, 0).RedrivePolicy,
        policy('dummy', 3).RedrivePolicy,
      ]
      for (const RedrivePolicy of wrong)
        await refused(
          'InvalidParameterValue',
          subject.client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy } })),
        )
    },
  },
  {
    name: 'the dead-letter queue of a standard queue is a standard queue, and of a FIFO queue a FIFO queue',
    source: 'SetQueueAttributes: "The dead-letter queue of a FIFO queue must also be a FIFO queue"',
    async run(subject) {
      const standard = await create(subject, 'kind')
      const fifo = await createFifo(subject, 'kind')
      await refused(
        'InvalidParameterValue',
        subject.client.send(
          new SetQueueAttributesCommand({ QueueUrl: standard, Attributes: policy(await arnOf(subject, fifo), 3) }),
        ),
      )
      await refused(
        'InvalidParameterValue',
        subject.client.send(
          new SetQueueAttributesCommand({ QueueUrl: fifo, Attributes: policy(await arnOf(subject, standard), 3) }),
        ),
      )
    },
  },
  {
    name: 'an empty redrive policy takes the old one back',
    source: 'SetQueueAttributes; a recorded answer',
    async run(subject) {
      const { source } = await withDeadLetters(subject, 'taken-back', 3)
      assert.ok((await attributesOf(subject, source)).RedrivePolicy)
      await subject.client.send(new SetQueueAttributesCommand({ QueueUrl: source, Attributes: { RedrivePolicy: '' } }))
      assert.equal((await attributesOf(subject, source)).RedrivePolicy, undefined)
    },
  },
  {
    name: 'a redrive allow policy keeps sources out',
    source: 'SetQueueAttributes: RedriveAllowPolicy, denyAll and byQueue',
    async run(subject) {
      const source = await create(subject, 'kept-out')
      const sourceArn = await arnOf(subject, source)
      const QueueName = subject.fresh('closed')
      const closed = JSON.stringify({ redrivePermission: 'denyAll' })
      const { QueueUrl } = await subject.client.send(
        new CreateQueueCommand({ QueueName, Attributes: { RedriveAllowPolicy: closed } }),
      )
      assert.ok(QueueUrl)
      const Attributes = policy(await arnOf(subject, QueueUrl), 3)
      await refused(
        'InvalidParameterValue',
        subject.client.send(new SetQueueAttributesCommand({ QueueUrl: source, Attributes })),
      )
      const open = JSON.stringify({ redrivePermission: 'byQueue', sourceQueueArns: [sourceArn] })
      await subject.client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedriveAllowPolicy: open } }))
      await subject.client.send(new SetQueueAttributesCommand({ QueueUrl: source, Attributes }))
    },
  },
  {
    name: 'a redrive allow policy of byQueue names its queues',
    source: 'SetQueueAttributes: RedriveAllowPolicy, sourceQueueArns',
    async run(subject) {
      const QueueUrl = await create(subject, 'by-queue')
      await refused(
        'InvalidParameterValue',
        subject.client.send(
          new SetQueueAttributesCommand({
            QueueUrl,
            Attributes: { RedriveAllowPolicy: JSON.stringify({ redrivePermission: 'byQueue' }) },
          }),
        ),
      )
    },
  },
  {
    name: 'a dead-letter queue knows its sources',
    source: 'ListDeadLetterSourceQueues',
    async run(subject) {
      const { source, dead, deadArn } = await withDeadLetters(subject, 'sources', 3)
      const other = await create(subject, 'sources-too', policy(deadArn, 5))
      const { queueUrls = [] } = await subject.client.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead }))
      assert.deepEqual([...queueUrls].sort(), [source, other].sort())
    },
  },
]
