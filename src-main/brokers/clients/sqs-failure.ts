import { Failure, type FailureView, isFailure } from '@shared/failure'

/** What was asked when it failed. */
export interface SqsAct {
  /** The action as IAM names it, without "sqs:", like "SendMessage". */
  readonly action: string
  /** The queue's name, for the message. */
  readonly queue?: string | undefined
  readonly where: string
  /** True where a second time would do more than the first: then a lost answer leaves the outcome unknown. */
  readonly changes: boolean
}

/** What can be read off an error of the SDK or of the way to the service. */
interface Told {
  readonly name: string
  readonly message: string
  readonly code: string
  readonly status: number | undefined
}

/** Words for what SQS, the credentials, or the way to it answered. */
export function sqsFailure(error: unknown, act: SqsAct): Failure {
  if (isFailure(error)) return error
  return new Failure({ subject: act.queue, ...explain(told(error), act) }, { cause: error })
}

const ofTheSdk = /^(CredentialsProvider|TokenProvider|Timeout|Abort)Error$/

/** True for errors of SQS, its SDK and the way to it, for which sqsFailure has words; anything else is a bug of ours. */
export const isOfSqs = (error: unknown): boolean =>
  error instanceof Error &&
  ('$metadata' in error ||
    '$response' in error ||
    'code' in error ||
    ofTheSdk.test(error.name) ||
    /Region is missing|Region not accepted|MD5 checksum|InvalidChecksum/i.test(error.message))

/** Codes of one entry of a batch, in the same words. */
export const sqsEntryFailure = (
  entry: { readonly Code?: string | undefined; readonly Message?: string | undefined },
  act: SqsAct,
): Failure =>
  new Failure({
    subject: act.queue,
    ...explain({ name: plain(entry.Code ?? ''), message: entry.Message ?? '', code: '', status: undefined }, act),
  })

/** The receipt is no longer good: the message is gone, or somebody else has it. */
export const isStaleReceipt = ({
  Code = '',
  Message = '',
}: {
  readonly Code?: string | undefined
  readonly Message?: string | undefined
}) =>
  /ReceiptHandleIsInvalid|MessageNotInflight/.test(Code) ||
  (/InvalidParameterValue/.test(Code) && /receipt handle has expired|Message does not exist/i.test(Message))

const plain = (name: string) => name.replace(/^AWS\.SimpleQueueService\./, '').replace(/Exception$/, '')

function told(error: unknown): Told {
  if (!(error instanceof Error)) return { name: '', message: String(error), code: '', status: undefined }
  const { code, $metadata } = error as { code?: unknown; $metadata?: { httpStatusCode?: number } }
  return {
    name: plain(error.name),
    message: error.message,
    code: typeof code === 'string' ? code : '',
    status: $metadata?.httpStatusCode,
  }
}

function explain({ name, message, code, status }: Told, act: SqsAct): FailureView {
  const queue = act.queue === undefined ? 'the queue' : `the queue ${act.queue}`
  switch (name) {
    case 'QueueDoesNotExist':
    case 'NonExistentQueue':
      return {
        code: 'not-found',
        message: `There is no queue ${act.queue ?? ''} in ${act.where}.`,
        hint: 'Create it, or check the region and the account; a queue is known a second after it is made.',
      }
    case 'QueueDeletedRecently':
      return {
        code: 'broker-state',
        message: `A queue named ${act.queue ?? ''} was deleted less than 60 seconds ago.`,
        hint: 'SQS gives a name out again after 60 seconds.',
      }
    case 'QueueNameExists':
    case 'QueueAlreadyExists':
      return { code: 'conflict', message: `There is already ${queue}, with other attributes: ${message}` }
    case 'PurgeQueueInProgress':
      return {
        code: 'broker-state',
        message: `${queue} was purged less than 60 seconds ago: SQS allows one purge a minute.`,
        hint: 'Try again in a minute.',
      }
    case 'AccessDenied':
    case 'AccessDeniedException':
    case 'AuthorizationError':
      return denied(message, act)
    case 'KmsAccessDenied':
    case 'KmsOptInRequired':
      return {
        code: 'denied',
        message: `The key that ${queue} is encrypted with may not be used: ${message}`,
        hint: 'Grant kms:Decrypt, and for sending kms:GenerateDataKey.',
      }
    case 'KmsDisabled':
    case 'KmsInvalidKeyUsage':
    case 'KmsInvalidState':
    case 'KmsNotFound':
      return { code: 'broker-state', message: `The key that ${queue} is encrypted with does not work: ${message}` }
    case 'OverLimit':
      return {
        code: 'broker-state',
        message: `${queue} has reached a limit of SQS: ${message}`,
        hint: 'A standard queue has at most about 120,000 messages in flight; retries that wait are among them.',
      }
    case 'RequestThrottled':
    case 'Throttling':
    case 'ThrottlingException':
    case 'TooManyRequests':
    case 'KmsThrottled':
      return {
        code: 'broker-state',
        message: `SQS refused ${act.action} on ${queue}: too many requests.`,
        hint: 'Nothing was done. Send less often, or in larger batches.',
      }
    case 'InvalidMessageContents':
      return { code: 'bad-input', message: `${queue} takes no such characters: ${message}` }
    case 'BatchRequestTooLong':
      return { code: 'too-large', message: `${queue} takes at most 1 MiB in one batch: ${message}` }
    case 'ReceiptHandleIsInvalid':
    case 'MessageNotInflight':
      return { code: 'gone', message: `The message is no longer in this worker's hands: ${message}` }
    case 'UnsupportedOperation':
      return { code: 'unsupported', message: `${queue} does not support ${act.action}: ${message}` }
    case 'ResourceNotFound':
      return { code: 'not-found', message }
    case 'ExpiredToken':
    case 'RequestExpired':
      return expired
    case 'InvalidClientTokenId':
    case 'UnrecognizedClient':
    case 'InvalidAccessKeyId':
    case 'SignatureDoesNotMatch':
    case 'InvalidSignature':
    case 'MissingAuthenticationToken':
      return {
        code: 'auth',
        message: `AWS does not accept these credentials (${name}).`,
        hint: 'Check the key, its secret and the clock of this machine.',
      }
    case 'CredentialsProviderError':
    case 'TokenProviderError':
      return /expired|sso/i.test(message)
        ? expired
        : {
            code: 'auth',
            message: `No AWS credentials were found: ${firstLine(message)}`,
            hint: 'Set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile.',
          }
    case 'MissingParameter':
    case 'MissingRequiredParameter':
    case 'InvalidParameterValue':
    case 'InvalidAttributeName':
    case 'InvalidAttributeValue':
    case 'InvalidAddress':
      return /shorter than \d+ bytes/.test(message)
        ? { code: 'too-large', message: `${queue}: ${message}` }
        : { code: 'bad-input', message: `${queue}: ${message}` }
  }
  if (/Region is missing/i.test(message))
    return { code: 'bad-input', message: 'No AWS region is given.', hint: 'Set AWS_REGION, or name the region.' }
  if (/Region not accepted/i.test(message))
    return { code: 'bad-input', message: 'This is no AWS region.', hint: 'A region reads like eu-central-1.' }
  return explainWay({ name, message, code, status }, act)
}

const expired: FailureView = {
  code: 'auth',
  message: 'The AWS session has expired.',
  hint: 'Run: aws sso login (with --profile, if you use one), or renew the session token.',
}

/** `User: arn:... is not authorized to perform: sqs:sendmessage on resource: arn:... because ...` */
function denied(message: string, act: SqsAct): FailureView {
  const action = `sqs:${act.action.replace(/Batch$/, '')}`
  const resource = message.match(/on resource: (arn:\S+)/)?.[1]
  return {
    code: 'denied',
    message: `This identity may not do ${action} on ${resource ?? act.queue ?? 'this queue'}.`,
    hint: `Allow ${action} in its IAM policy, or in the policy of the queue.`,
    subject: action,
  }
}

/** What went wrong on the way. Where an answer may have been lost, a change may have taken place. */
function explainWay({ name, message, code, status }: Told, act: SqsAct): FailureView {
  const { where } = act
  const text = `${code} ${message}`
  if (/ENOTFOUND|EAI_AGAIN/.test(text))
    return {
      code: 'unreachable',
      message: `No address is known for ${where}.`,
      hint: 'Check region, endpoint and network.',
    }
  if (/ECONNREFUSED|EHOSTUNREACH|ENETUNREACH/.test(text))
    return { code: 'unreachable', message: `Nothing answers at ${where}.`, hint: 'Check the endpoint and the network.' }
  if (/certificate|CERT|SELF_SIGNED|UNABLE_TO_VERIFY|EPROTO/i.test(text))
    return {
      code: 'tls',
      message: `The connection to ${where} is not trusted (${code || firstLine(message)}).`,
      hint: 'A proxy may stand between: name its authority in NODE_EXTRA_CA_CERTS.',
    }
  const cut = /ECONNRESET|EPIPE|ETIMEDOUT|socket hang up|aborted/i.test(text) || /Timeout|AbortError/.test(name)
  const damaged = /MD5 checksum|InvalidChecksum/i.test(message)
  if (act.changes && (cut || damaged || (status !== undefined && status >= 500)))
    return {
      code: 'outcome-unknown',
      message: `The answer of ${where} was lost: whether ${act.action} took place is unknown.`,
      hint: 'Doing it again may do it twice.',
    }
  if (name === 'SyntaxError' || /Deserialization error/.test(message))
    return {
      code: 'not-this-broker',
      message: `What answers at ${where} is not SQS.`,
      hint: 'Check the endpoint; a proxy may stand between.',
    }
  if (cut) return { code: 'timeout', message: `${where} did not answer ${act.action}.`, hint: 'Check the network.' }
  return {
    code: 'broker-state',
    message: `${where} answered ${act.action} with ${name || status}: ${firstLine(message)}`,
  }
}

const firstLine = (text: string) => text.split('\n', 1)[0]!.slice(0, 300)
