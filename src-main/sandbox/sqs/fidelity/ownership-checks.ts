import assert from 'node:assert/strict'
import {
  AddPermissionCommand,
  CreateQueueCommand,
  ListQueueTagsCommand,
  RemovePermissionCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs'
import { arnOf, attributesOf, create, type FidelityCheck, refused } from './fidelity-check'

/** Whose a queue is: tags, and who else may use it. */
export const ownershipChecks: readonly FidelityCheck[] = [
  {
    name: 'tags are added, overwritten, told and removed, and their case counts',
    source: 'TagQueue, UntagQueue, ListQueueTags: "Tags are case-sensitive"',
    async run(subject) {
      const QueueUrl = await create(subject, 'tagged')
      const tags = async () => (await subject.client.send(new ListQueueTagsCommand({ QueueUrl }))).Tags ?? {}
      await subject.client.send(new TagQueueCommand({ QueueUrl, Tags: { team: 'a', Team: 'b', empty: '' } }))
      await subject.client.send(new TagQueueCommand({ QueueUrl, Tags: { team: 'c' } }))
      assert.deepEqual(await tags(), { team: 'c', Team: 'b', empty: '' })
      await subject.client.send(new UntagQueueCommand({ QueueUrl, TagKeys: ['Team', 'empty', 'unknown'] }))
      assert.deepEqual(await tags(), { team: 'c' })
    },
  },
  {
    name: 'a queue is born with the tags given',
    source: 'CreateQueue: tags',
    async run(subject) {
      const { QueueUrl } = await subject.client.send(
        new CreateQueueCommand({ QueueName: subject.fresh('born'), tags: { team: 'a' } }),
      )
      assert.deepEqual((await subject.client.send(new ListQueueTagsCommand({ QueueUrl }))).Tags, { team: 'a' })
    },
  },
  {
    name: 'a permission becomes a statement of the policy, under its label, and goes again',
    source: 'AddPermission and RemovePermission: "AddPermission generates a policy for you"',
    async run(subject) {
      const QueueUrl = await create(subject, 'shared')
      const account = (await arnOf(subject, QueueUrl)).split(':')[4] ?? ''
      const ask = (Label: string) =>
        subject.client.send(
          new AddPermissionCommand({ QueueUrl, Label, AWSAccountIds: [account], Actions: ['ReceiveMessage'] }),
        )
      await ask('reading')
      const { Policy = '{}' } = await attributesOf(subject, QueueUrl, ['Policy'])
      const [statement] = [JSON.parse(Policy).Statement].flat()
      assert.equal(statement.Sid, 'reading')
      assert.equal(statement.Effect, 'Allow')
      assert.equal([statement.Action].flat()[0], 'SQS:ReceiveMessage')
      await refused('InvalidParameterValue', ask('reading'))
      await subject.client.send(new RemovePermissionCommand({ QueueUrl, Label: 'reading' }))
      assert.equal((await attributesOf(subject, QueueUrl)).Policy, undefined)
      await refused(
        'InvalidParameterValue',
        subject.client.send(new RemovePermissionCommand({ QueueUrl, Label: 'reading' })),
      )
    },
  },
  {
    name: 'a statement has at most seven actions',
    source:
      'AddPermission: "An Amazon SQS policy can have a maximum of seven actions per statement"; errors: OverLimit',
    async run(subject) {
      const QueueUrl = await create(subject, 'eight')
      const Actions = [
        'SendMessage',
        'ReceiveMessage',
        'DeleteMessage',
        'ChangeMessageVisibility',
        'GetQueueAttributes',
        'GetQueueUrl',
        'ListDeadLetterSourceQueues',
        'PurgeQueue',
      ]
      const account = (await arnOf(subject, QueueUrl)).split(':')[4] ?? ''
      await refused(
        'OverLimit',
        subject.client.send(new AddPermissionCommand({ QueueUrl, Label: 'all', AWSAccountIds: [account], Actions })),
      )
    },
  },
]
