import { Failure } from '@shared/failure'
import { describe, expect, it } from 'vitest'
import { isStaleReceipt, type SqsAct, sqsEntryFailure, sqsFailure } from './sqs-failure'

const act: SqsAct = { action: 'SendMessageBatch', queue: 'orders', where: 'SQS in eu-central-1', changes: true }
const told = (name: string, message = 'words of AWS', more: object = {}) =>
  sqsFailure(Object.assign(new Error(message), { name, ...more }), act)

describe('what SQS answers, in words', () => {
  it.each([
    ['QueueDoesNotExist', 'not-found'],
    ['AWS.SimpleQueueService.NonExistentQueue', 'not-found'],
    ['QueueDeletedRecently', 'broker-state'],
    ['QueueNameExists', 'conflict'],
    ['PurgeQueueInProgress', 'broker-state'],
    ['AccessDenied', 'denied'],
    ['AccessDeniedException', 'denied'],
    ['KmsAccessDenied', 'denied'],
    ['KmsDisabled', 'broker-state'],
    ['OverLimit', 'broker-state'],
    ['RequestThrottled', 'broker-state'],
    ['ThrottlingException', 'broker-state'],
    ['KmsThrottled', 'broker-state'],
    ['InvalidMessageContents', 'bad-input'],
    ['BatchRequestTooLong', 'too-large'],
    ['ReceiptHandleIsInvalid', 'gone'],
    ['MessageNotInflight', 'gone'],
    ['UnsupportedOperation', 'unsupported'],
    ['ResourceNotFoundException', 'not-found'],
    ['ExpiredToken', 'auth'],
    ['ExpiredTokenException', 'auth'],
    ['InvalidClientTokenId', 'auth'],
    ['UnrecognizedClientException', 'auth'],
    ['SignatureDoesNotMatch', 'auth'],
    ['CredentialsProviderError', 'auth'],
    ['InvalidParameterValue', 'bad-input'],
    ['MissingParameter', 'bad-input'],
    ['SomethingNew', 'broker-state'],
  ])('%s is %s', (name, code) => {
    const failure = told(name)
    expect(failure.code).toBe(code)
    expect(failure.message.length).toBeGreaterThan(10)
  })

  it('names the action that is not allowed, and where', () => {
    const failure = told(
      'AccessDenied',
      'User: arn:aws:iam::1:user/x is not authorized to perform: sqs:sendmessage on resource: arn:aws:sqs:eu-central-1:1:orders because no policy allows it',
    )
    expect(failure.view()).toMatchObject({ code: 'denied', subject: 'sqs:SendMessage' })
    expect(failure.message).toContain('arn:aws:sqs:eu-central-1:1:orders')
  })

  it('says how to log in again when a session has ended', () => {
    for (const failure of [
      told('ExpiredToken'),
      told('CredentialsProviderError', 'The SSO session associated with this profile has expired.'),
    ])
      expect(failure.hint).toContain('aws sso login')
    expect(told('CredentialsProviderError', 'Could not load credentials').hint).toContain('AWS_PROFILE')
  })

  it('calls a size a size', () => {
    expect(told('InvalidParameterValue', 'Message must be shorter than 1024 bytes.').code).toBe('too-large')
  })
})

describe('the way to SQS', () => {
  it('tells what was never sent from what may have taken place', () => {
    const way = (code: string) => told('Error', `connect ${code}`, { code }).code
    expect(way('ECONNREFUSED')).toBe('unreachable')
    expect(way('ENOTFOUND')).toBe('unreachable')
    expect(way('ECONNRESET')).toBe('outcome-unknown')
    expect(told('TimeoutError', 'no answer').code).toBe('outcome-unknown')
    expect(told('InternalFailure', 'x', { $metadata: { httpStatusCode: 500 } }).code).toBe('outcome-unknown')
    expect(way('UNABLE_TO_VERIFY_LEAF_SIGNATURE')).toBe('tls')
  })

  it('is no doubt for a question', () => {
    const asking: SqsAct = { ...act, action: 'ReceiveMessage', changes: false }
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
    expect(sqsFailure(reset, asking).code).toBe('timeout')
  })

  it('leaves a failure as it is', () => {
    const failure = new Failure({ code: 'closed', message: 'x' })
    expect(sqsFailure(failure, act)).toBe(failure)
  })
})

describe('an entry of a batch', () => {
  it('is told in the same words', () => {
    const failure = sqsEntryFailure({ Code: 'AWS.SimpleQueueService.InvalidMessageContents', Message: 'no' }, act)
    expect(failure.view()).toMatchObject({ code: 'bad-input', subject: 'orders' })
  })

  it('knows a receipt that is no longer good', () => {
    expect(isStaleReceipt({ Code: 'ReceiptHandleIsInvalid' })).toBe(true)
    expect(isStaleReceipt({ Code: 'AWS.SimpleQueueService.MessageNotInflight' })).toBe(true)
    expect(isStaleReceipt({ Code: 'InvalidParameterValue', Message: 'Reason: The receipt handle has expired.' })).toBe(
      true,
    )
    expect(isStaleReceipt({ Code: 'InvalidParameterValue', Message: 'Reason: Must be between 0 and 43200.' })).toBe(
      false,
    )
  })
})
