import { md5, md5OfAttributes } from '../digests'
import { missingParameter } from '../errors'
import type { NewSqsMessage } from '../message'
import { newMessageOf } from '../message-rules'
import type { Queue } from '../queue'
import { optionalInteger, type RequestInput, requiredText } from '../request-input'
import type { Operation, OperationOutput } from './operation'

export const sendMessage: Operation = (account, input) => {
  const queue = account.named(input)
  return sent(queue, newMessageOf(input, queue.terms))
}

export const deleteMessage: Operation = (account, input) => {
  account.named(input).delete(requiredText(input, 'ReceiptHandle'))
  return {}
}

export const changeMessageVisibility: Operation = (account, input) => {
  changeVisibility(account.named(input), input)
  return {}
}

export function sent(queue: Queue, message: NewSqsMessage): OperationOutput {
  const { messageId, sequence } = queue.send(message)
  const attributes = md5OfAttributes(message.attributes)
  const trace = message.traceHeader
  return {
    MessageId: messageId,
    MD5OfMessageBody: md5(message.body),
    ...(attributes === undefined ? {} : { MD5OfMessageAttributes: attributes }),
    ...(trace === undefined
      ? {}
      : {
          MD5OfMessageSystemAttributes: md5OfAttributes(
            new Map([['AWSTraceHeader', { dataType: 'String', text: trace }]]),
          ),
        }),
    ...(sequence === undefined ? {} : { SequenceNumber: sequence }),
  }
}

export function changeVisibility(queue: Queue, input: RequestInput): void {
  const handle = requiredText(input, 'ReceiptHandle')
  const seconds = optionalInteger(input, 'VisibilityTimeout', {
    least: 0,
    most: 43_200,
    rule: 'VisibilityTimeout must be an integer between 0 and 43200.',
  })
  if (seconds === undefined) throw missingParameter('VisibilityTimeout')
  queue.changeVisibility(handle, seconds * 1_000)
}
