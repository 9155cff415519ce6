import { SqsError } from '../errors'
import type { NewSqsMessage } from '../message'
import { sizeOf } from '../message'
import { mostBytes, newMessageOf } from '../message-rules'
import { isRecord, type RequestInput, requiredText } from '../request-input'
import { changeVisibility, sent } from './message-operations'
import type { Operation, OperationOutput } from './operation'

const mostEntries = 10

export const sendMessageBatch: Operation = (account, input) => {
  const queue = account.named(input)
  const entries = entriesOf(input)
  const bytes = entries.reduce((sum, entry) => sum + roughSize(entry), 0)
  if (bytes > mostBytes)
    throw new SqsError(
      'BatchRequestTooLong',
      `Batch requests cannot be longer than ${mostBytes} bytes. You have sent ${bytes} bytes.`,
    )
  if (queue.fifo) for (const entry of entries) refuseWithoutIds(entry, queue.terms.contentBasedDeduplication)
  return eachEntry(entries, (entry) => {
    const message: NewSqsMessage = newMessageOf(entry, queue.terms)
    return sent(queue, message)
  })
}

export const deleteMessageBatch: Operation = (account, input) => {
  const queue = account.named(input)
  return eachEntry(entriesOf(input), (entry) => {
    queue.delete(requiredText(entry, 'ReceiptHandle'))
    return {}
  })
}

export const changeMessageVisibilityBatch: Operation = (account, input) => {
  const queue = account.named(input)
  return eachEntry(entriesOf(input), (entry) => {
    changeVisibility(queue, entry)
    return {}
  })
}

/** What makes the whole batch impossible is thrown; the rest is each entry's own. */
function entriesOf(input: RequestInput): readonly RequestInput[] {
  const entries = input.Entries
  if (!Array.isArray(entries) || entries.length === 0)
    throw new SqsError('EmptyBatchRequest', 'There should be at least one entry in the request.')
  if (entries.length > mostEntries)
    throw new SqsError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${mostEntries}. You have sent ${entries.length}.`,
    )
  const ids = new Set<string>()
  return entries.map((entry: unknown) => {
    const id = isRecord(entry) ? entry.Id : undefined
    if (!isRecord(entry) || typeof id !== 'string' || !/^[A-Za-z0-9_-]{1,80}$/.test(id))
      throw new SqsError(
        'InvalidBatchEntryId',
        'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
      )
    if (ids.has(id)) throw new SqsError('BatchEntryIdsNotDistinct', `Id ${id} repeated.`)
    ids.add(id)
    return entry
  })
}

/** Of a FIFO batch, one entry without a group or a deduplication id refuses all. Source: recorded answers. */
function refuseWithoutIds(entry: RequestInput, contentBased: boolean): void {
  if (!entry.MessageGroupId)
    throw new SqsError('InvalidParameterValue', 'The request must contain the parameter MessageGroupId.')
  if (!entry.MessageDeduplicationId && !contentBased)
    throw new SqsError(
      'InvalidParameterValue',
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    )
}

function eachEntry(entries: readonly RequestInput[], act: (entry: RequestInput) => OperationOutput): OperationOutput {
  const Successful: OperationOutput[] = []
  const Failed: OperationOutput[] = []
  for (const entry of entries) {
    const Id = entry.Id
    try {
      Successful.push({ Id, ...act(entry) })
    } catch (error) {
      if (!(error instanceof SqsError)) throw error
      Failed.push({ Id, Code: error.queryCode, Message: error.message, SenderFault: error.fault === 'Sender' })
    }
  }
  return { Successful, Failed }
}

/** Bytes of an entry before its parts are checked. */
function roughSize(entry: RequestInput): number {
  const body = typeof entry.MessageBody === 'string' ? entry.MessageBody : ''
  const attributes = isRecord(entry.MessageAttributes) ? Object.entries(entry.MessageAttributes) : []
  return sizeOf(
    body,
    new Map(
      attributes.map(([name, value]) => {
        const { DataType, StringValue, BinaryValue } = isRecord(value) ? value : {}
        return [
          name,
          {
            dataType: String(DataType ?? ''),
            ...(typeof BinaryValue === 'string'
              ? { binary: Buffer.from(BinaryValue, 'base64') }
              : { text: String(StringValue ?? '') }),
          },
        ]
      }),
    ),
  )
}
