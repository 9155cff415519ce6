import assert from 'node:assert/strict'
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs'
import { bodies, countsOf, create, type FidelityCheck, gather, handleOf, refused, send } from './fidelity-check'

const mebibyte = 1_048_576

/** Ten at a time. */
export const batchChecks: readonly FidelityCheck[] = [
  {
    name: 'a batch is answered entry by entry, good and bad',
    source: 'SendMessageBatch: "a combination of successful and unsuccessful actions"',
    async run(subject) {
      const url = await create(subject, 'mixed')
      const { Successful = [], Failed = [] } = await subject.client.send(
        new SendMessageBatchCommand({
          QueueUrl: url,
          Entries: [
            { Id: 'good', MessageBody: 'a' },
            { Id: 'bad', MessageBody: '\u0001' },
            { Id: 'late', MessageBody: 'b', DelaySeconds: 901 },
            { Id: 'fine', MessageBody: 'c' },
          ],
        }),
      )
      assert.deepEqual(Successful.map(({ Id }) => Id).sort(), ['fine', 'good'])
      assert.deepEqual(Failed.map(({ Id }) => Id).sort(), ['bad', 'late'])
      assert.equal(Failed.find(({ Id }) => Id === 'bad')?.Code, 'InvalidMessageContents')
      assert.ok(Failed.every(({ SenderFault }) => SenderFault))
      assert.deepEqual([...bodies(await gather(subject, url, 2))].sort(), ['a', 'c'])
    },
  },
  {
    name: 'an empty batch is refused',
    source: 'SendMessageBatch errors: EmptyBatchRequest',
    async run(subject) {
      const QueueUrl = await create(subject, 'nothing')
      await refused('EmptyBatchRequest', subject.client.send(new SendMessageBatchCommand({ QueueUrl, Entries: [] })))
    },
  },
  {
    name: 'a batch of more than ten is refused',
    source: 'SendMessageBatch errors: TooManyEntriesInBatchRequest',
    async run(subject) {
      const QueueUrl = await create(subject, 'crowd')
      const Entries = Array.from({ length: 11 }, (_, n) => ({ Id: String(n), MessageBody: 'x' }))
      await refused(
        'TooManyEntriesInBatchRequest',
        subject.client.send(new SendMessageBatchCommand({ QueueUrl, Entries })),
      )
      await refused(
        'TooManyEntriesInBatchRequest',
        subject.client.send(
          new DeleteMessageBatchCommand({
            QueueUrl,
            Entries: Entries.map(({ Id }) => ({ Id, ReceiptHandle: 'x' })),
          }),
        ),
      )
    },
  },
  {
    name: 'two entries of one id are refused',
    source: 'SendMessageBatch errors: BatchEntryIdsNotDistinct',
    async run(subject) {
      const QueueUrl = await create(subject, 'twins')
      const entry = { Id: 'same', MessageBody: 'x' }
      await refused(
        'BatchEntryIdsNotDistinct',
        subject.client.send(new SendMessageBatchCommand({ QueueUrl, Entries: [entry, entry] })),
      )
    },
  },
  {
    name: 'an id of an entry has at most 80 letters, digits, hyphens and underscores',
    source: 'SendMessageBatch errors: InvalidBatchEntryId',
    async run(subject) {
      const QueueUrl = await create(subject, 'ids')
      for (const Id of ['no:colon', 'x'.repeat(81)])
        await refused(
          'InvalidBatchEntryId',
          subject.client.send(new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id, MessageBody: 'x' }] })),
        )
    },
  },
  {
    name: 'a batch has at most one mebibyte in all',
    source: 'SendMessageBatch: "maximum total payload size"; errors: BatchRequestTooLong',
    async run(subject) {
      const QueueUrl = await create(subject, 'heavy')
      const MessageBody = 'x'.repeat(mebibyte / 2 + 1)
      await refused(
        'BatchRequestTooLong',
        subject.client.send(
          new SendMessageBatchCommand({
            QueueUrl,
            Entries: [
              { Id: 'a', MessageBody },
              { Id: 'b', MessageBody },
            ],
          }),
        ),
      )
    },
  },
  {
    name: 'batches of deletes and of visibility changes answer entry by entry',
    source: 'DeleteMessageBatch and ChangeMessageVisibilityBatch',
    async run(subject) {
      const QueueUrl = await create(subject, 'pairs')
      for (const body of ['a', 'b']) await send(subject, QueueUrl, body)
      const [first, second] = await gather(subject, QueueUrl, 2)
      const changed = await subject.client.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl,
          Entries: [
            { Id: 'good', ReceiptHandle: handleOf(first), VisibilityTimeout: 60 },
            { Id: 'bad', ReceiptHandle: 'garbage', VisibilityTimeout: 60 },
          ],
        }),
      )
      assert.deepEqual(
        [changed.Successful?.map(({ Id }) => Id), changed.Failed?.map(({ Id }) => Id)],
        [['good'], ['bad']],
      )
      const deleted = await subject.client.send(
        new DeleteMessageBatchCommand({
          QueueUrl,
          Entries: [
            { Id: 'good', ReceiptHandle: handleOf(second) },
            { Id: 'bad', ReceiptHandle: 'garbage' },
          ],
        }),
      )
      assert.deepEqual(
        [deleted.Successful?.map(({ Id }) => Id), deleted.Failed?.map(({ Id }) => Id)],
        [['good'], ['bad']],
      )
      assert.equal(deleted.Failed?.[0]?.Code, 'ReceiptHandleIsInvalid')
      assert.deepEqual(await countsOf(subject, QueueUrl), [0, 0, 1])
    },
  },
]
