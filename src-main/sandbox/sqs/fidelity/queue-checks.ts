import assert from 'node:assert/strict'
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  type QueueAttributeName,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs'
import { attributesOf, create, createFifo, type FidelityCheck, receive, refused, send } from './fidelity-check'

/** Making, naming, listing, describing and deleting queues. */
export const queueChecks: readonly FidelityCheck[] = [
  {
    name: 'a queue has the documented defaults',
    source: 'CreateQueue: default of each attribute',
    async run(subject) {
      const attributes = await attributesOf(subject, await create(subject, 'defaults'))
      const expected = {
        DelaySeconds: '0',
        MaximumMessageSize: '1048576',
        MessageRetentionPeriod: '345600',
        ReceiveMessageWaitTimeSeconds: '0',
        VisibilityTimeout: '30',
        SqsManagedSseEnabled: 'true',
      }
      for (const [name, value] of Object.entries(expected))
        assert.equal(attributes[name as QueueAttributeName], value, name)
      assert.equal(attributes.FifoQueue, undefined)
      assert.match(attributes.CreatedTimestamp ?? '', /^\d{10}$/)
      assert.match(attributes.QueueArn ?? '', /^arn:aws[^:]*:sqs:[^:]+:\d{12}:.*defaults/)
    },
  },
  {
    name: 'a FIFO queue says so in its attributes',
    source: 'GetQueueAttributes: attributes of FIFO queues',
    async run(subject) {
      const attributes = await attributesOf(subject, await createFifo(subject, 'kinds'))
      assert.equal(attributes.FifoQueue, 'true')
      assert.equal(attributes.ContentBasedDeduplication, 'true')
      assert.equal(attributes.DeduplicationScope, 'queue')
      assert.equal(attributes.FifoThroughputLimit, 'perQueue')
    },
  },
  {
    name: 'creating a queue again with the same attributes answers the same URL',
    source: 'CreateQueue: "will return the URL of the existing queue"',
    async run(subject) {
      const QueueName = subject.fresh('again')
      const ask = (Attributes: Record<string, string>) =>
        subject.client.send(new CreateQueueCommand({ QueueName, Attributes }))
      const first = await ask({ VisibilityTimeout: '45' })
      assert.equal((await ask({ VisibilityTimeout: '45' })).QueueUrl, first.QueueUrl)
      assert.equal((await ask({})).QueueUrl, first.QueueUrl)
    },
  },
  {
    name: 'creating a queue again with another attribute is refused with QueueNameExists',
    source: 'CreateQueue errors: QueueNameExists, "attributes whose values differ"',
    async run(subject) {
      const QueueName = subject.fresh('differs')
      await subject.client.send(new CreateQueueCommand({ QueueName }))
      await refused(
        'QueueNameExists',
        subject.client.send(new CreateQueueCommand({ QueueName, Attributes: { DelaySeconds: '7' } })),
      )
    },
  },
  {
    name: 'a name of other characters or of more than 80 is refused',
    source: 'CreateQueue: "up to 80 characters", "alphanumeric characters, hyphens and underscores"',
    async run(subject) {
      for (const QueueName of ['no spaces', 'no/slash', 'x'.repeat(81)])
        await refused('InvalidParameterValue', subject.client.send(new CreateQueueCommand({ QueueName })))
    },
  },
  {
    name: 'a FIFO queue must end with .fifo, and a standard one may not',
    source: 'CreateQueue: "A FIFO queue name must end with the .fifo suffix"',
    async run(subject) {
      const QueueName = subject.fresh('suffix')
      await refused(
        'InvalidParameterValue',
        subject.client.send(new CreateQueueCommand({ QueueName, Attributes: { FifoQueue: 'true' } })),
      )
      await refused(
        'InvalidParameterValue',
        subject.client.send(new CreateQueueCommand({ QueueName: `${QueueName}.fifo` })),
      )
    },
  },
  {
    name: 'an unknown attribute is refused with InvalidAttributeName when it is set',
    source: 'CreateQueue and SetQueueAttributes errors: InvalidAttributeName',
    async run(subject) {
      const Attributes = { Colour: 'red' } as Record<string, string>
      const QueueName = subject.fresh('colour')
      await refused('InvalidAttributeName', subject.client.send(new CreateQueueCommand({ QueueName, Attributes })))
      const QueueUrl = await create(subject, 'colourless')
      await refused(
        'InvalidAttributeName',
        subject.client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes })),
      )
    },
  },
  {
    name: 'an unknown attribute is refused with InvalidAttributeName when it is asked for',
    source: 'GetQueueAttributes errors: InvalidAttributeName',
    async run(subject) {
      const QueueUrl = await create(subject, 'asked')
      await refused(
        'InvalidAttributeName',
        subject.client.send(
          new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['Colour' as QueueAttributeName] }),
        ),
      )
    },
  },
  {
    name: 'a value beyond its bounds is refused with InvalidAttributeValue',
    source: 'SetQueueAttributes: valid values; errors: InvalidAttributeValue',
    async run(subject) {
      const QueueUrl = await create(subject, 'bounds')
      const wrong = {
        VisibilityTimeout: '43201',
        DelaySeconds: '901',
        MessageRetentionPeriod: '59',
        MaximumMessageSize: '1023',
      }
      for (const [name, value] of Object.entries(wrong))
        await refused(
          'InvalidAttributeValue',
          subject.client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { [name]: value } })),
        )
    },
  },
  {
    name: 'attributes of FIFO queues are refused on standard ones',
    source: 'CreateQueue: "The following attributes apply only to FIFO queues"',
    async run(subject) {
      const QueueUrl = await create(subject, 'no-fifo')
      for (const Attributes of [{ ContentBasedDeduplication: 'true' }, { DeduplicationScope: 'queue' }])
        await refused(
          'InvalidAttributeName',
          subject.client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes })),
        )
    },
  },
  {
    name: 'an attribute that is set is answered, alone when asked for alone',
    source: 'SetQueueAttributes and GetQueueAttributes',
    async run(subject) {
      const QueueUrl = await create(subject, 'alone')
      await subject.client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '61' } }))
      assert.deepEqual(await attributesOf(subject, QueueUrl, ['VisibilityTimeout']), { VisibilityTimeout: '61' })
    },
  },
  {
    name: 'no attribute names, no attributes',
    source: 'GetQueueAttributes: "if you don’t specify values for this parameter, the request returns empty results"',
    async run(subject) {
      const QueueUrl = await create(subject, 'none')
      const { Attributes } = await subject.client.send(new GetQueueAttributesCommand({ QueueUrl }))
      assert.deepEqual(Attributes ?? {}, {})
    },
  },
  {
    name: 'a queue is found by its name',
    source: 'GetQueueUrl',
    async run(subject) {
      const QueueName = subject.fresh('found')
      const { QueueUrl } = await subject.client.send(new CreateQueueCommand({ QueueName }))
      assert.equal((await subject.client.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl, QueueUrl)
    },
  },
  {
    name: 'a queue that is not there is QueueDoesNotExist, by name and by URL',
    source: 'GetQueueUrl and SendMessage errors: QueueDoesNotExist',
    async run(subject) {
      await refused(
        'QueueDoesNotExist',
        subject.client.send(new GetQueueUrlCommand({ QueueName: subject.fresh('missing') })),
      )
      const url = await create(subject, 'near')
      await refused('QueueDoesNotExist', send(subject, `${url}-missing`, 'x'))
    },
  },
  {
    name: 'queues are listed by the beginning of their names',
    source: 'ListQueues: "Only those queues whose name begins with the specified string are returned"',
    async run(subject) {
      const prefix = subject.fresh('listed')
      for (const end of ['a', 'b']) await subject.client.send(new CreateQueueCommand({ QueueName: `${prefix}-${end}` }))
      await create(subject, 'not-listed')
      const { QueueUrls = [] } = await subject.client.send(new ListQueuesCommand({ QueueNamePrefix: prefix }))
      assert.deepEqual(QueueUrls.map((url) => url.split('/').pop()).sort(), [`${prefix}-a`, `${prefix}-b`])
    },
  },
  {
    name: 'a list comes in pages, with a token while there is more',
    source: 'ListQueues: "You must set MaxResults to receive a value for NextToken"',
    async run(subject) {
      const prefix = subject.fresh('paged')
      for (const n of [1, 2, 3, 4, 5])
        await subject.client.send(new CreateQueueCommand({ QueueName: `${prefix}-${n}` }))
      const seen: string[] = []
      let NextToken: string | undefined
      let pages = 0
      do {
        const page = await subject.client.send(
          new ListQueuesCommand({ QueueNamePrefix: prefix, MaxResults: 2, ...(NextToken ? { NextToken } : {}) }),
        )
        assert.ok((page.QueueUrls ?? []).length <= 2)
        seen.push(...(page.QueueUrls ?? []))
        NextToken = page.NextToken
        pages++
      } while (NextToken && pages < 9)
      assert.equal(pages, 3)
      assert.equal(new Set(seen).size, 5)
    },
  },
  {
    name: 'a deleted queue is gone with its messages',
    source: 'DeleteQueue: "any messages in the queue are no longer available"',
    async run(subject) {
      const url = await create(subject, 'deleted')
      await send(subject, url, 'x')
      await subject.client.send(new DeleteQueueCommand({ QueueUrl: url }))
      if (subject.pollSeconds > 0) return
      await refused('QueueDoesNotExist', receive(subject, url))
    },
  },
  {
    name: 'the name of a deleted queue rests',
    source: 'CreateQueue errors: QueueDeletedRecently, "You must wait 60 seconds"',
    async run(subject) {
      const QueueName = subject.fresh('rests')
      const { QueueUrl } = await subject.client.send(new CreateQueueCommand({ QueueName }))
      await subject.client.send(new DeleteQueueCommand({ QueueUrl }))
      await refused('QueueDeletedRecently', subject.client.send(new CreateQueueCommand({ QueueName })))
    },
  },
  {
    name: 'the name of a deleted queue is free after 60 seconds',
    source: 'CreateQueue errors: QueueDeletedRecently, "You must wait 60 seconds"',
    virtual: true,
    async run(subject) {
      const QueueName = subject.fresh('free')
      const { QueueUrl } = await subject.client.send(new CreateQueueCommand({ QueueName }))
      await subject.client.send(new DeleteQueueCommand({ QueueUrl }))
      await subject.pass(60_000)
      await subject.client.send(new CreateQueueCommand({ QueueName }))
    },
  },
]
