import { md5, md5OfAttributes } from '../digests'
import { unknownAttribute } from '../errors'
import type { AttributeValue, SqsMessage } from '../message'
import { identifier } from '../message-rules'
import type { Queue } from '../queue'
import { secondsOf } from '../queue-settings'
import { receiptHandle } from '../receipt-handles'
import { redriveFrom } from '../redrive'
import { optionalInteger, textList } from '../request-input'
import type { Operation } from './operation'

/** Whoever sends here is nobody in particular. */
const senderId = 'AIDASIMULATOREXAMPLE'

const systemNames = [
  'SenderId',
  'SentTimestamp',
  'ApproximateReceiveCount',
  'ApproximateFirstReceiveTimestamp',
  'SequenceNumber',
  'MessageDeduplicationId',
  'MessageGroupId',
  'AWSTraceHeader',
  'DeadLetterQueueSourceArn',
]

/** Waits, when asked to, until there is something to receive; what is received in the end is hidden from then on. */
export const receiveMessage: Operation = async (account, input, { gone }) => {
  const queue = account.named(input)
  const count =
    optionalInteger(input, 'MaxNumberOfMessages', {
      least: 1,
      most: 10,
      rule: 'Must be between 1 and 10, if provided.',
    }) ?? 1
  const waitSeconds =
    optionalInteger(input, 'WaitTimeSeconds', {
      least: 0,
      most: 20,
      rule: 'Must be >= 0 and <= 20, if provided.',
    }) ?? secondsOf(queue.settings, 'ReceiveMessageWaitTimeSeconds')
  const visibilityMs =
    1_000 *
    (optionalInteger(input, 'VisibilityTimeout', {
      least: 0,
      most: 43_200,
      rule: 'VisibilityTimeout must be between 0 and 43200, if provided.',
    }) ?? secondsOf(queue.settings, 'VisibilityTimeout'))
  const attemptId = queue.fifo ? identifier(input, 'ReceiveRequestAttemptId') : undefined
  const shown = {
    system: systemNamesOf([...textList(input, 'AttributeNames'), ...textList(input, 'MessageSystemAttributeNames')]),
    attributes: textList(input, 'MessageAttributeNames'),
  }

  const before = attemptId === undefined ? undefined : queue.attempts.find(attemptId, account.clock.now())
  if (before) queue.receiveAgain(before, visibilityMs)
  let messages = before ?? []
  const redrive = redriveFrom(queue, account.byArn)
  const attempt = () => {
    messages = queue.receive({ count, visibilityMs, redrive })
    return messages.length > 0
  }
  if (!before && !attempt() && waitSeconds > 0) await queue.polls.wait(waitSeconds * 1_000, attempt, gone)
  if (attemptId !== undefined && messages.length > 0) queue.attempts.note(attemptId, messages, account.clock.now())
  return messages.length === 0 ? {} : { Messages: messages.map((message) => shownOf(queue, message, shown)) }
}

interface Shown {
  readonly system: readonly string[]
  readonly attributes: readonly string[]
}

function shownOf(queue: Queue, message: SqsMessage, { system, attributes: asked }: Shown) {
  const all = systemOf(message)
  const own = system.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]] as const]))
  const attributes = new Map([...message.attributes].filter(([name]) => asked.some((each) => asksFor(each, name))))
  const digest = md5OfAttributes(attributes)
  return {
    MessageId: message.id,
    ReceiptHandle: receiptHandle({ queueArn: queue.arn, messageId: message.id, number: message.receipt }),
    MD5OfBody: md5(message.body),
    Body: message.body,
    ...(own.length === 0 ? {} : { Attributes: Object.fromEntries(own) }),
    ...(digest === undefined
      ? {}
      : { MD5OfMessageAttributes: digest, MessageAttributes: Object.fromEntries([...attributes].map(onTheWire)) }),
  }
}

function systemOf(message: SqsMessage): Readonly<Record<string, string | undefined>> {
  return {
    SenderId: senderId,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    SequenceNumber: message.sequence,
    MessageDeduplicationId: message.dedupId,
    MessageGroupId: message.group,
    AWSTraceHeader: message.traceHeader,
    DeadLetterQueueSourceArn: message.deadLetterSource,
  }
}

function systemNamesOf(asked: readonly string[]): readonly string[] {
  const unknown = asked.find((name) => name !== 'All' && !systemNames.includes(name))
  if (unknown !== undefined) throw unknownAttribute(unknown)
  return asked.includes('All') ? systemNames : asked
}

/** "All", ".*", a name, or a prefix like "bar.*". */
const asksFor = (asked: string, name: string): boolean =>
  asked === 'All' || asked === name || (asked.endsWith('.*') && name.startsWith(asked.slice(0, -2)))

const onTheWire = ([name, { dataType, text, binary }]: readonly [string, AttributeValue]) => [
  name,
  binary === undefined
    ? { DataType: dataType, StringValue: text }
    : { DataType: dataType, BinaryValue: binary.toString('base64') },
]
