/**
 * The errors of SQS as its JSON protocol tells them: the shape in the body, and the older code of the query protocol in the
 * header `x-amzn-query-error`, from which SDKs take the name. Source: the service model of the SDK, and recorded answers.
 */
const shapes = {
  AccessDenied: ['com.amazonaws.sqs#AccessDenied', 'AccessDenied', 403],
  BatchEntryIdsNotDistinct: [
    'com.amazonaws.sqs#BatchEntryIdsNotDistinct',
    'AWS.SimpleQueueService.BatchEntryIdsNotDistinct',
    400,
  ],
  BatchRequestTooLong: ['com.amazonaws.sqs#BatchRequestTooLong', 'AWS.SimpleQueueService.BatchRequestTooLong', 400],
  EmptyBatchRequest: ['com.amazonaws.sqs#EmptyBatchRequest', 'AWS.SimpleQueueService.EmptyBatchRequest', 400],
  ExpiredToken: ['com.amazon.coral.service#ExpiredTokenException', 'ExpiredToken', 403],
  InternalFailure: ['com.amazon.coral.service#InternalFailure', 'InternalFailure', 500],
  InvalidAction: ['com.amazon.coral.service#UnknownOperationException', 'InvalidAction', 400],
  InvalidAddress: ['com.amazonaws.sqs#InvalidAddress', 'InvalidAddress', 404],
  InvalidAttributeName: ['com.amazonaws.sqs#InvalidAttributeName', 'InvalidAttributeName', 400],
  InvalidAttributeValue: ['com.amazonaws.sqs#InvalidAttributeValue', 'InvalidAttributeValue', 400],
  InvalidBatchEntryId: ['com.amazonaws.sqs#InvalidBatchEntryId', 'AWS.SimpleQueueService.InvalidBatchEntryId', 400],
  InvalidClientTokenId: ['com.amazon.coral.service#UnrecognizedClientException', 'InvalidClientTokenId', 403],
  InvalidMessageContents: ['com.amazonaws.sqs#InvalidMessageContents', 'InvalidMessageContents', 400],
  InvalidParameterValue: ['com.amazon.coral.service#InvalidParameterValueException', 'InvalidParameterValue', 400],
  KmsAccessDenied: ['com.amazonaws.sqs#KmsAccessDenied', 'KMS.AccessDeniedException', 400],
  KmsThrottled: ['com.amazonaws.sqs#KmsThrottled', 'KMS.ThrottlingException', 400],
  MalformedInput: ['com.amazon.coral.service#SerializationException', 'MalformedInput', 400],
  MessageNotInflight: ['com.amazonaws.sqs#MessageNotInflight', 'AWS.SimpleQueueService.MessageNotInflight', 400],
  MissingParameter: ['com.amazon.coral.service#MissingRequiredParameterException', 'MissingParameter', 400],
  OverLimit: ['com.amazonaws.sqs#OverLimit', 'OverLimit', 403],
  PurgeQueueInProgress: ['com.amazonaws.sqs#PurgeQueueInProgress', 'AWS.SimpleQueueService.PurgeQueueInProgress', 403],
  QueueDeletedRecently: ['com.amazonaws.sqs#QueueDeletedRecently', 'AWS.SimpleQueueService.QueueDeletedRecently', 400],
  QueueDoesNotExist: ['com.amazonaws.sqs#QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue', 400],
  QueueNameExists: ['com.amazonaws.sqs#QueueNameExists', 'QueueAlreadyExists', 400],
  ReceiptHandleIsInvalid: ['com.amazonaws.sqs#ReceiptHandleIsInvalid', 'ReceiptHandleIsInvalid', 404],
  RequestThrottled: ['com.amazonaws.sqs#RequestThrottled', 'RequestThrottled', 403],
  ResourceNotFoundException: ['com.amazonaws.sqs#ResourceNotFoundException', 'ResourceNotFoundException', 404],
  ServiceUnavailable: ['com.amazon.coral.service#ServiceUnavailableException', 'ServiceUnavailable', 503],
  SignatureDoesNotMatch: ['com.amazon.coral.service#InvalidSignatureException', 'SignatureDoesNotMatch', 403],
  TooManyEntriesInBatchRequest: [
    'com.amazonaws.sqs#TooManyEntriesInBatchRequest',
    'AWS.SimpleQueueService.TooManyEntriesInBatchRequest',
    400,
  ],
  UnsupportedOperation: ['com.amazonaws.sqs#UnsupportedOperation', 'AWS.SimpleQueueService.UnsupportedOperation', 400],
} as const satisfies Record<string, readonly [shape: string, queryCode: string, status: number]>

export type SqsErrorName = keyof typeof shapes

export class SqsError extends Error {
  readonly shape: string
  readonly queryCode: string
  readonly status: number

  constructor(
    readonly errorName: SqsErrorName,
    message: string,
  ) {
    super(message)
    this.name = 'SqsError'
    const [shape, queryCode, status] = shapes[errorName]
    this.shape = shape
    this.queryCode = queryCode
    this.status = status
  }

  /** "Sender" where the caller is at fault. */
  get fault(): 'Sender' | 'Receiver' {
    return this.status < 500 ? 'Sender' : 'Receiver'
  }
}

export const invalidValue = (value: unknown, parameter: string, reason: string): SqsError =>
  new SqsError(
    'InvalidParameterValue',
    `Value ${String(value)} for parameter ${parameter} is invalid. Reason: ${reason}`,
  )

export const missingParameter = (parameter: string): SqsError =>
  new SqsError('MissingParameter', `The request must contain the parameter ${parameter}.`)

export const unknownAttribute = (name: string): SqsError =>
  new SqsError('InvalidAttributeName', `Unknown Attribute ${name}.`)
