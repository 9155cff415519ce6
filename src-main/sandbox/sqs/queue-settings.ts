import { invalidValue, SqsError, unknownAttribute } from './errors'
import { isRecord } from './request-input'

/** The attributes of a queue that can be set, by their names in the API; what is not set has its default. */
export type QueueSettings = ReadonlyMap<string, string>

interface Rule {
  readonly fallback?: string
  readonly fifoOnly?: boolean
  readonly valid: (value: string) => boolean
}

const integer = (least: number, most: number) => (value: string) =>
  /^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most
const truth = (value: string) => /^(true|false)$/i.test(value)
const jsonMap = (value: string) => {
  try {
    return isRecord(JSON.parse(value))
  } catch {
    return false
  }
}

/** Source: CreateQueue and SetQueueAttributes, "valid values" and "default". */
const rules: Readonly<Record<string, Rule>> = {
  DelaySeconds: { fallback: '0', valid: integer(0, 900) },
  MaximumMessageSize: { fallback: '1048576', valid: integer(1_024, 1_048_576) },
  MessageRetentionPeriod: { fallback: '345600', valid: integer(60, 1_209_600) },
  ReceiveMessageWaitTimeSeconds: { fallback: '0', valid: integer(0, 20) },
  VisibilityTimeout: { fallback: '30', valid: integer(0, 43_200) },
  Policy: { valid: jsonMap },
  RedrivePolicy: { valid: jsonMap },
  RedriveAllowPolicy: { valid: jsonMap },
  KmsMasterKeyId: { valid: () => true },
  KmsDataKeyReusePeriodSeconds: { valid: integer(60, 86_400) },
  SqsManagedSseEnabled: { fallback: 'true', valid: truth },
  FifoQueue: { fifoOnly: true, valid: truth },
  ContentBasedDeduplication: { fallback: 'false', fifoOnly: true, valid: truth },
  DeduplicationScope: { fallback: 'queue', fifoOnly: true, valid: (value) => /^(queue|messageGroup)$/.test(value) },
  FifoThroughputLimit: {
    fallback: 'perQueue',
    fifoOnly: true,
    valid: (value) => /^(perQueue|perMessageGroupId)$/.test(value),
  },
}

/** Asked for by GetQueueAttributes, never set. */
export const computedNames = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
  'CreatedTimestamp',
  'LastModifiedTimestamp',
  'QueueArn',
] as const

export const isAttributeName = (name: string): boolean =>
  name in rules || (computedNames as readonly string[]).includes(name)

/** Names that a queue of this kind answers with when asked for all. */
export const settingNames = (fifo: boolean): readonly string[] =>
  Object.keys(rules).filter((name) => fifo || !rules[name]!.fifoOnly)

export const settingOf = (settings: QueueSettings, name: string): string | undefined =>
  settings.get(name) ?? rules[name]?.fallback

export const secondsOf = (settings: QueueSettings, name: string): number => Number(settingOf(settings, name) ?? 0)

export const isTrue = (settings: QueueSettings, name: string): boolean =>
  settingOf(settings, name)?.toLowerCase() === 'true'

/** Checks names and values by themselves; what refers to other queues is checked by who knows them. */
export function checkedSettings(given: Readonly<Record<string, string>>, fifo: boolean): QueueSettings {
  for (const [name, value] of Object.entries(given)) {
    const rule = rules[name]
    if (!rule) throw unknownAttribute(name)
    if (rule.fifoOnly && !fifo) throw fifoOnly(name)
    // An empty value takes back what was set.
    if (value !== '' && !rule.valid(value)) throw wrongValue(name, value)
  }
  const { KmsMasterKeyId: key, SqsManagedSseEnabled: managed } = given
  if (key && managed?.toLowerCase() === 'true')
    throw new SqsError(
      'InvalidAttributeName',
      'You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.',
    )
  return new Map(Object.entries(given))
}

/** An empty value takes one back; the two kinds of encryption put each other out. */
export function withSettings(before: QueueSettings, changes: QueueSettings): QueueSettings {
  const after = new Map(before)
  for (const [name, value] of changes) {
    if (value === '') after.delete(name)
    else after.set(name, value)
  }
  if (changes.get('KmsMasterKeyId')) after.set('SqsManagedSseEnabled', 'false')
  if (isTrue(changes, 'SqsManagedSseEnabled') && changes.has('SqsManagedSseEnabled')) after.delete('KmsMasterKeyId')
  return after
}

const fifoOnly = (name: string) =>
  name === 'DeduplicationScope' || name === 'FifoThroughputLimit'
    ? new SqsError('InvalidAttributeName', `You can specify the ${name} only when FifoQueue is set to true.`)
    : unknownAttribute(name)

function wrongValue(name: string, value: string): SqsError {
  if (name === 'RedrivePolicy') return invalidValue(value, name, 'Redrive policy is not a valid JSON map.')
  return new SqsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`)
}
