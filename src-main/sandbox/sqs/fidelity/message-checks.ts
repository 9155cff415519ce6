import assert from 'node:assert/strict'
import { DeleteMessageCommand, type MessageAttributeValue, SetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import {
  bodies,
  countsOf,
  create,
  type FidelityCheck,
  gather,
  handleOf,
  receive,
  refused,
  send,
} from './fidelity-check'

const mebibyte = 1_048_576
const text = (StringValue: string): MessageAttributeValue => ({ DataType: 'String', StringValue })

/** What a message may be, what is told of it, and how it goes. */
export const messageChecks: readonly FidelityCheck[] = [
  {
    name: 'a message comes with its id, its body, and MD5s that the SDK accepts',
    source: 'SendMessage and ReceiveMessage: MD5OfMessageBody, MD5OfBody',
    async run(subject) {
      const url = await create(subject, 'plain')
      const sent = await send(subject, url, 'é漢🙂 {"n":1}')
      const [message] = await gather(subject, url, 1)
      assert.equal(message?.Body, 'é漢🙂 {"n":1}')
      assert.equal(message?.MessageId, sent.MessageId)
      assert.equal(message?.MD5OfBody, sent.MD5OfMessageBody)
    },
  },
  {
    name: 'line ends and tabs of a body come back as they were',
    source: 'SendMessage: #x9 | #xA | #xD are allowed',
    async run(subject) {
      const url = await create(subject, 'lines')
      await send(subject, url, 'a\r\nb\tc\rd')
      assert.deepEqual(bodies(await gather(subject, url, 1)), ['a\r\nb\tc\rd'])
    },
  },
  {
    name: 'system attributes tell when a message was sent and how often it was received',
    source: 'ReceiveMessage: MessageSystemAttributeNames',
    async run(subject) {
      const url = await create(subject, 'system')
      await send(subject, url, 'x')
      const [message] = await gather(subject, url, 1)
      const { SentTimestamp, ApproximateReceiveCount, ApproximateFirstReceiveTimestamp, SenderId } =
        message?.Attributes ?? {}
      assert.equal(ApproximateReceiveCount, '1')
      assert.match(SentTimestamp ?? '', /^\d{13}$/)
      assert.ok(Number(ApproximateFirstReceiveTimestamp) >= Number(SentTimestamp))
      assert.ok(SenderId)
    },
  },
  {
    name: 'system attributes come only when asked for',
    source: 'ReceiveMessage: MessageSystemAttributeNames',
    async run(subject) {
      const url = await create(subject, 'unasked')
      await send(subject, url, 'x')
      const [message] = await gather(subject, url, 1, { MessageSystemAttributeNames: ['SentTimestamp'] })
      assert.deepEqual(Object.keys(message?.Attributes ?? {}), ['SentTimestamp'])
    },
  },
  {
    name: 'attributes of every type come back with their MD5',
    source: 'Message attributes: String, Number, Binary, custom labels; MD5OfMessageAttributes',
    async run(subject) {
      const url = await create(subject, 'typed')
      const MessageAttributes = {
        text: text('é漢🙂'),
        number: { DataType: 'Number.int', StringValue: '-12.5e3' },
        bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255, 128]) },
      }
      const sent = await send(subject, url, 'x', { MessageAttributes })
      const [message] = await gather(subject, url, 1)
      assert.equal(message?.MD5OfMessageAttributes, sent.MD5OfMessageAttributes)
      assert.match(sent.MD5OfMessageAttributes ?? '', /^[0-9a-f]{32}$/)
      const { text: first, number, bytes } = message?.MessageAttributes ?? {}
      assert.equal(first?.StringValue, 'é漢🙂')
      assert.equal(number?.DataType, 'Number.int')
      assert.deepEqual([...(bytes?.BinaryValue ?? [])], [0, 255, 128])
    },
  },
  {
    name: 'the MD5 of attributes is the documented one',
    source: 'Message metadata: "Calculating the MD5 message digest for message attributes"; a recorded answer',
    async run(subject) {
      const url = await create(subject, 'digest')
      const MessageAttributes = { Hello: text('There'), General: text('Kenobi'), 'Help.Me': text('Me') }
      const sent = await send(subject, url, 'msg', { MessageAttributes })
      assert.equal(sent.MD5OfMessageAttributes, '4c360f3fdafd970e05fae2f149d997f5')
    },
  },
  {
    name: 'attributes are chosen by name and by prefix',
    source: 'ReceiveMessage: MessageAttributeNames, "for example bar.*"',
    async run(subject) {
      const url = await create(subject, 'chosen')
      await send(subject, url, 'x', { MessageAttributes: { 'bar.a': text('1'), 'bar.b': text('2'), foo: text('3') } })
      const [message] = await gather(subject, url, 1, { MessageAttributeNames: ['bar.*'], VisibilityTimeout: 0 })
      assert.deepEqual(Object.keys(message?.MessageAttributes ?? {}).sort(), ['bar.a', 'bar.b'])
      const [other] = await gather(subject, url, 1, { MessageAttributeNames: ['foo', 'missing'] })
      assert.deepEqual(Object.keys(other?.MessageAttributes ?? {}), ['foo'])
    },
  },
  {
    name: 'an eleventh attribute is refused',
    source: 'Message metadata: "Each message can have up to 10 attributes"',
    async run(subject) {
      const url = await create(subject, 'eleven')
      const named = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`a${n}`, text('x')]))
      await send(subject, url, 'x', { MessageAttributes: named(10) })
      await refused('InvalidParameterValue', send(subject, url, 'x', { MessageAttributes: named(11) }))
    },
  },
  {
    name: 'an empty attribute is refused',
    source: 'MessageAttributeValue: "Name, type, value and the message body must not be empty or null"',
    async run(subject) {
      const url = await create(subject, 'hollow')
      await refused('InvalidParameterValue', send(subject, url, 'x', { MessageAttributes: { a: text('') } }))
    },
  },
  {
    name: 'names of attributes have their rules',
    source: 'MessageAttributeNames: reserved prefixes, periods, characters',
    async run(subject) {
      const url = await create(subject, 'names')
      for (const name of ['AWS.x', 'amazon.x', '.x', 'x.', 'a b'])
        await refused('InvalidParameterValue', send(subject, url, 'x', { MessageAttributes: { [name]: text('x') } }))
    },
  },
  {
    name: 'types of attributes are String, Number and Binary',
    source: 'MessageAttributeValue: DataType',
    async run(subject) {
      const url = await create(subject, 'types')
      await refused(
        'InvalidParameterValue',
        send(subject, url, 'x', { MessageAttributes: { a: { DataType: 'Text', StringValue: 'x' } } }),
      )
    },
  },
  {
    name: 'the X-Ray header travels as a system attribute',
    source: 'SendMessage: MessageSystemAttributes, AWSTraceHeader',
    async run(subject) {
      const url = await create(subject, 'traced')
      const StringValue = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1'
      await send(subject, url, 'x', {
        MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue } },
      })
      const [message] = await gather(subject, url, 1)
      assert.equal(message?.Attributes?.AWSTraceHeader, StringValue)
    },
  },
  {
    name: 'an empty body is refused',
    source: 'SendMessage: "The minimum size is one character"',
    async run(subject) {
      const url = await create(subject, 'empty')
      await refused('MissingParameter', send(subject, url, ''))
    },
  },
  {
    name: 'characters outside the allowed set are refused with InvalidMessageContents',
    source: 'SendMessage errors: InvalidMessageContents',
    async run(subject) {
      const url = await create(subject, 'characters')
      for (const body of ['a\u0000', 'a\u0008', 'a\uffff'])
        await refused('InvalidMessageContents', send(subject, url, body))
    },
  },
  {
    name: 'a message of one mebibyte is taken, and one byte more is refused',
    source: 'SendMessage: "The maximum size is 1 MiB or 1,048,576 bytes"',
    async run(subject) {
      const url = await create(subject, 'large')
      await send(subject, url, 'x'.repeat(mebibyte))
      await refused('InvalidParameterValue', send(subject, url, 'x'.repeat(mebibyte + 1)), /shorter than 1048576 bytes/)
    },
  },
  {
    name: 'attributes count towards the size',
    source: 'MessageAttributeValue: "All parts of the message attribute are part of the message size restriction"',
    async run(subject) {
      const url = await create(subject, 'weight', { MaximumMessageSize: '1024' })
      await send(subject, url, 'x'.repeat(1_000))
      await refused(
        'InvalidParameterValue',
        send(subject, url, 'x'.repeat(1_000), { MessageAttributes: { attribute: text('y'.repeat(20)) } }),
      )
    },
  },
  {
    name: 'a smaller maximum of the queue is kept',
    source: 'SetQueueAttributes: MaximumMessageSize',
    async run(subject) {
      const url = await create(subject, 'smaller')
      await subject.client.send(
        new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { MaximumMessageSize: '1024' } }),
      )
      await refused('InvalidParameterValue', send(subject, url, 'x'.repeat(1_025)), /shorter than 1024 bytes/)
    },
  },
  {
    name: 'a delay beyond 900 seconds is refused',
    source: 'SendMessage: DelaySeconds, "Valid values: 0 to 900"',
    async run(subject) {
      const url = await create(subject, 'too-late')
      await refused('InvalidParameterValue', send(subject, url, 'x', { DelaySeconds: 901 }))
    },
  },
  {
    name: 'more than ten messages of a receive, and longer waits than 20 seconds, are refused',
    source: 'ReceiveMessage: "Valid values: 1 to 10"; Long polling: at most 20 seconds',
    async run(subject) {
      const url = await create(subject, 'limits')
      await refused('InvalidParameterValue', receive(subject, url, { MaxNumberOfMessages: 11 }))
      await refused('InvalidParameterValue', receive(subject, url, { WaitTimeSeconds: 21 }))
    },
  },
  {
    name: 'one message of a receive is the default',
    source: 'ReceiveMessage: MaxNumberOfMessages, "Default: 1"',
    async run(subject) {
      const url = await create(subject, 'one')
      for (const body of ['a', 'b']) await send(subject, url, body)
      assert.ok((await receive(subject, url, { MaxNumberOfMessages: undefined })).length <= 1)
    },
  },
  {
    name: 'a deleted message is gone, and deleting it again is no error',
    source: 'DeleteMessage; recorded answers',
    async run(subject) {
      const url = await create(subject, 'finished')
      await send(subject, url, 'x')
      const [message] = await gather(subject, url, 1)
      for (let time = 0; time < 2; time++)
        await subject.client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: handleOf(message) }))
      assert.deepEqual(await countsOf(subject, url), [0, 0, 0])
    },
  },
  {
    name: 'a receipt handle that never was one is ReceiptHandleIsInvalid',
    source: 'DeleteMessage errors: ReceiptHandleIsInvalid',
    async run(subject) {
      const url = await create(subject, 'garbage')
      await refused(
        'ReceiptHandleIsInvalid',
        subject.client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: 'garbage' })),
      )
    },
  },
  {
    name: 'a group may be named on a standard queue, and is told',
    source: 'SendMessage: MessageGroupId, "In standard queues, using MessageGroupId enables fair queues"',
    async run(subject) {
      const url = await create(subject, 'fair')
      await send(subject, url, 'x', { MessageGroupId: 'tenant-1' })
      const [message] = await gather(subject, url, 1)
      assert.equal(message?.Attributes?.MessageGroupId, 'tenant-1')
    },
  },
]
