import { invalidValue, missingParameter, SqsError } from './errors'
import { type AttributeValue, type NewSqsMessage, sizeOf } from './message'
import { isRecord, optionalInteger, optionalText, type RequestInput } from './request-input'

/** What the queue that is sent to says about its messages. */
export interface MessageTerms {
  readonly fifo: boolean
  readonly maximumMessageSize: number
  readonly contentBasedDeduplication: boolean
}

/** Of one message, and of all messages of a batch together. Source: SendMessageBatch. */
export const mostBytes = 1_048_576
const mostAttributes = 10

/** Checks what SendMessage, or one entry of SendMessageBatch, asks for. */
export function newMessageOf(input: RequestInput, terms: MessageTerms): NewSqsMessage {
  const body = optionalText(input, 'MessageBody')
  if (body === undefined || body === '') throw missingParameter('MessageBody')
  checkText(body)
  const attributes = attributesOf(input.MessageAttributes)
  if (sizeOf(body, attributes) > terms.maximumMessageSize)
    throw new SqsError(
      'InvalidParameterValue',
      `One or more parameters are invalid. Reason: Message must be shorter than ${terms.maximumMessageSize} bytes.`,
    )
  const delaySeconds = optionalInteger(input, 'DelaySeconds', {
    least: 0,
    most: 900,
    rule: 'DelaySeconds must be >= 0 and <= 900.',
  })
  const group = identifier(input, 'MessageGroupId')
  const dedupId = identifier(input, 'MessageDeduplicationId')
  if (terms.fifo) checkFifo({ group, dedupId, delaySeconds }, terms)
  else if (dedupId !== undefined) throw notForThisQueue(dedupId, 'MessageDeduplicationId')
  return {
    body,
    attributes,
    traceHeader: attributesOf(input.MessageSystemAttributes).get('AWSTraceHeader')?.text,
    group,
    dedupId,
    // FIFO queues know only their own delay; a zero is taken and means nothing there.
    delayMs: delaySeconds === undefined || terms.fifo ? undefined : delaySeconds * 1_000,
  }
}

function checkFifo(
  sent: {
    readonly group: string | undefined
    readonly dedupId: string | undefined
    readonly delaySeconds: number | undefined
  },
  terms: MessageTerms,
): void {
  if (sent.group === undefined) throw missingParameter('MessageGroupId')
  if (sent.dedupId === undefined && !terms.contentBasedDeduplication)
    throw new SqsError(
      'InvalidParameterValue',
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    )
  if (sent.delaySeconds !== undefined && sent.delaySeconds > 0) throw notForThisQueue(sent.delaySeconds, 'DelaySeconds')
}

const notForThisQueue = (value: unknown, parameter: string) =>
  invalidValue(value, parameter, 'The request include parameter that is not valid for this queue type.')

/** #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF. Source: SendMessage. */
function checkText(text: string): void {
  for (const character of text) {
    const code = character.codePointAt(0)!
    const allowed =
      code === 0x9 ||
      code === 0xa ||
      code === 0xd ||
      (code >= 0x20 && code <= 0xd7ff) ||
      (code >= 0xe000 && code !== 0xfffe && code !== 0xffff)
    if (!allowed)
      throw new SqsError(
        'InvalidMessageContents',
        'Invalid binary character was found in the message body, the set of allowed characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
      )
  }
}

/** Of a group, a deduplication and a receive attempt: 1 to 128 letters, digits and ASCII punctuation. */
export function identifier(input: RequestInput, name: string): string | undefined {
  const value = optionalText(input, name)
  if (value !== undefined && !/^[!-~]{1,128}$/.test(value))
    throw invalidValue(
      value,
      name,
      `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
    )
  return value
}

function attributesOf(input: unknown): ReadonlyMap<string, AttributeValue> {
  if (input === undefined || input === null) return new Map()
  if (!isRecord(input)) throw new SqsError('MalformedInput', 'Message attributes are a map.')
  const entries = Object.entries(input)
  if (entries.length > mostAttributes)
    throw new SqsError(
      'InvalidParameterValue',
      `Number of message attributes [${entries.length}] exceeds the allowed maximum [${mostAttributes}].`,
    )
  return new Map(entries.map(([name, value]) => [name, attributeOf(name, value)]))
}

function attributeOf(name: string, value: unknown): AttributeValue {
  const wrong = (reason: string) =>
    new SqsError('InvalidParameterValue', `Message (user) attribute '${name}' ${reason}`)
  if (!/^[\p{L}\p{N}_.-]{1,256}$/u.test(name)) throw wrong('has a name of other characters, or of more than 256.')
  if (/^(aws|amazon)\./i.test(name)) throw wrong('begins with a reserved prefix: AWS. or Amazon.')
  if (name.startsWith('.') || name.endsWith('.') || name.includes('..'))
    throw wrong('has a misplaced period in its name.')
  if (!isRecord(value)) throw wrong('must have a data type and a value.')
  const { DataType, StringValue, BinaryValue } = value
  if (typeof DataType !== 'string' || DataType === '') throw wrong('must contain a non-empty message attribute type.')
  if (!/^(String|Number|Binary)(\..+)?$/s.test(DataType) || DataType.length > 256)
    throw wrong(
      `has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    )
  if (DataType.startsWith('Binary')) {
    if (typeof BinaryValue !== 'string' || BinaryValue === '')
      throw wrong(`must contain a non-empty value of type 'Binary'.`)
    return { dataType: DataType, binary: Buffer.from(BinaryValue, 'base64') }
  }
  if (typeof StringValue !== 'string' || StringValue === '')
    throw wrong(`must contain a non-empty value of type 'String'.`)
  if (DataType.startsWith('Number') && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(StringValue))
    throw wrong('can not be converted to a number.')
  checkText(StringValue)
  return { dataType: DataType, text: StringValue }
}
