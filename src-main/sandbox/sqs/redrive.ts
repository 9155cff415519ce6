import { invalidValue, SqsError } from './errors'
import type { NewSqsMessage, SqsMessage } from './message'
import type { Queue } from './queue'
import { isRecord } from './request-input'

export interface RedrivePolicy {
  readonly targetArn: string
  readonly maxReceiveCount: number
}

type FindQueue = (arn: string) => Queue | undefined

const knownPermissions = ['allowAll', 'denyAll', 'byQueue']

/** Undefined: none is set. Throws for one that says too little or too much. */
export function redrivePolicyOf(text: string | undefined): RedrivePolicy | undefined {
  if (!text) return undefined
  const wrong = (reason: string) => invalidValue(text, 'RedrivePolicy', reason)
  const policy: unknown = JSON.parse(text)
  if (!isRecord(policy)) throw wrong('Redrive policy is not a valid JSON map.')
  const { deadLetterTargetArn, maxReceiveCount } = policy
  if (deadLetterTargetArn === undefined)
    throw wrong('Redrive policy does not contain mandatory attribute: deadLetterTargetArn.')
  if (maxReceiveCount === undefined)
    throw wrong('Redrive policy does not contain mandatory attribute: maxReceiveCount.')
  if (typeof deadLetterTargetArn !== 'string' || !/^arn:[^:]+:sqs:[^:]*:\d*:[^:]+$/.test(deadLetterTargetArn))
    throw wrong('Invalid value for deadLetterTargetArn.')
  const count = Number(maxReceiveCount)
  if (!Number.isInteger(count) || count < 1 || count > 1_000)
    throw wrong(
      `Invalid value for maxReceiveCount: ${String(maxReceiveCount)}, valid values are from 1 to 1000 both inclusive.`,
    )
  return { targetArn: deadLetterTargetArn, maxReceiveCount: count }
}

/** Checks a policy against the queue that it names: it is there, of the same kind, and lets this source in. */
export function checkRedrivePolicy(
  text: string | undefined,
  source: { readonly arn: string; readonly fifo: boolean },
  findQueue: FindQueue,
): void {
  const policy = redrivePolicyOf(text)
  if (!policy) return
  const target = findQueue(policy.targetArn)
  if (!target) throw invalidValue(text, 'RedrivePolicy', 'Dead letter target does not exist.')
  if (target.fifo !== source.fifo)
    throw invalidValue(text, 'RedrivePolicy', 'Dead-letter queue must be of the same type as the source.')
  const allow: unknown = JSON.parse(target.settings.get('RedriveAllowPolicy') ?? '{}')
  if (!isRecord(allow)) return
  const { redrivePermission, sourceQueueArns } = allow
  const allowed =
    redrivePermission === 'byQueue'
      ? Array.isArray(sourceQueueArns) && sourceQueueArns.includes(source.arn)
      : redrivePermission !== 'denyAll'
  if (!allowed)
    throw invalidValue(
      text,
      'RedrivePolicy',
      'The redrive allow policy of the dead-letter queue does not allow this source.',
    )
}

export function checkRedriveAllowPolicy(text: string | undefined): void {
  if (!text) return
  const wrong = (reason: string) => invalidValue(text, 'RedriveAllowPolicy', reason)
  const policy: unknown = JSON.parse(text)
  if (
    !isRecord(policy) ||
    typeof policy.redrivePermission !== 'string' ||
    !knownPermissions.includes(policy.redrivePermission)
  )
    throw new SqsError('InvalidAttributeValue', 'Invalid value for the parameter RedriveAllowPolicy.')
  const { redrivePermission, sourceQueueArns } = policy
  if (redrivePermission === 'byQueue') {
    if (!Array.isArray(sourceQueueArns) || sourceQueueArns.length === 0)
      throw wrong('With byQueue, one or more sourceQueueArns must be given.')
    if (sourceQueueArns.length > 10) throw wrong('The maximum number of source queue ARNs is 10.')
  } else if (sourceQueueArns !== undefined) throw wrong('To give sourceQueueArns, redrivePermission must be byQueue.')
}

/**
 * What a receive asks of each message: one that was received as often as the policy allows goes to the dead-letter queue
 * instead. Its id and its receive count stay; in a standard queue its age stays too, in a FIFO queue retention begins anew and
 * the id takes the place of the deduplication id. Source: Developer Guide, dead-letter queues.
 */
export function redriveFrom(queue: Queue, findQueue: FindQueue): (message: SqsMessage) => boolean {
  const policy = redrivePolicyOf(queue.settings.get('RedrivePolicy'))
  const target = policy && findQueue(policy.targetArn)
  if (!policy || !target) return () => false
  return (message) => {
    if (message.receiveCount < policy.maxReceiveCount) return false
    target.accept(
      { ...contentOf(message), dedupId: queue.fifo ? message.id : undefined },
      {
        id: message.id,
        sentAt: message.sentAt,
        ...(queue.fifo ? {} : { retainedSince: message.retainedSince }),
        receiveCount: message.receiveCount,
        firstReceivedAt: message.firstReceivedAt,
        deadLetterSource: queue.arn,
      },
    )
    return true
  }
}

export const contentOf = ({ body, attributes, traceHeader, group, dedupId }: SqsMessage): NewSqsMessage => ({
  body,
  attributes,
  traceHeader,
  group,
  dedupId,
  delayMs: undefined,
})
