import type { Account } from '../account'
import { SqsError, unknownAttribute } from '../errors'
import { pageOf } from '../pages'
import type { Queue } from '../queue'
import {
  checkedSettings,
  computedNames,
  isAttributeName,
  isTrue,
  type QueueSettings,
  settingNames,
  settingOf,
  withSettings,
} from '../queue-settings'
import { checkRedriveAllowPolicy, checkRedrivePolicy, redrivePolicyOf } from '../redrive'
import { optionalText, requiredText, textList, textMap } from '../request-input'
import type { Operation } from './operation'
import { putTags } from './tag-operations'

export const createQueue: Operation = (account, input) => {
  const name = requiredText(input, 'QueueName')
  const given = textMap(input, 'Attributes')
  const fifo = given.FifoQueue?.toLowerCase() === 'true'
  checkName(name, fifo)
  const settings = checkedSettings(given, fifo)
  const tags = textMap(input, 'tags')
  const existing = account.find(name)
  if (existing) {
    checkSame(existing, settings)
    return { QueueUrl: account.urlOf(existing) }
  }
  checkReferences(account, { arn: account.arnOf(name), fifo }, settings)
  const queue = account.create(name, fifo, withSettings(new Map(), settings))
  putTags(queue, tags)
  return { QueueUrl: account.urlOf(queue) }
}

export const deleteQueue: Operation = (account, input) => {
  account.delete(account.named(input))
  return {}
}

export const getQueueUrl: Operation = (account, input) => {
  const queue = account.find(requiredText(input, 'QueueName'))
  const owner = optionalText(input, 'QueueOwnerAWSAccountId') ?? account.accountId
  if (!queue || owner !== account.accountId)
    throw new SqsError('QueueDoesNotExist', 'The specified queue does not exist.')
  return { QueueUrl: account.urlOf(queue) }
}

export const listQueues: Operation = (account, input) => {
  const prefix = optionalText(input, 'QueueNamePrefix') ?? ''
  const names = account.all.map(({ name }) => name).filter((name) => name.startsWith(prefix))
  const page = pageOf(names, input)
  return {
    QueueUrls: page.names.map((name) => account.urlOf(account.find(name)!)),
    ...(page.NextToken === undefined ? {} : { NextToken: page.NextToken }),
  }
}

export const listDeadLetterSourceQueues: Operation = (account, input) => {
  const { arn } = account.named(input)
  const names = account.all
    .filter(({ settings }) => redrivePolicyOf(settings.get('RedrivePolicy'))?.targetArn === arn)
    .map(({ name }) => name)
  const page = pageOf(names, input)
  return {
    queueUrls: page.names.map((name) => account.urlOf(account.find(name)!)),
    ...(page.NextToken === undefined ? {} : { NextToken: page.NextToken }),
  }
}

export const getQueueAttributes: Operation = (account, input) => {
  const queue = account.named(input)
  const asked = textList(input, 'AttributeNames')
  const unknown = asked.find((name) => name !== 'All' && !isAttributeName(name))
  if (unknown !== undefined) throw unknownAttribute(unknown)
  const names = asked.includes('All') ? [...computedNames, ...settingNames(queue.fifo)] : asked
  const found = names.flatMap((name) => {
    const value = attributeOf(queue, name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return found.length === 0 ? {} : { Attributes: Object.fromEntries(found) }
}

export const setQueueAttributes: Operation = (account, input) => {
  const queue = account.named(input)
  const given = textMap(input, 'Attributes')
  if (queue.fifo && 'FifoQueue' in given)
    throw new SqsError(
      'InvalidAttributeValue',
      'Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.',
    )
  const changes = checkedSettings(given, queue.fifo)
  checkReferences(account, queue, changes)
  queue.settings = withSettings(queue.settings, changes)
  queue.modifiedAt = account.clock.now()
  return {}
}

export const purgeQueue: Operation = (account, input) => {
  account.named(input).purge()
  return {}
}

function attributeOf(queue: Queue, name: string): string | undefined {
  switch (name) {
    case 'ApproximateNumberOfMessages':
      return String(queue.count('visible'))
    case 'ApproximateNumberOfMessagesDelayed':
      return String(queue.count('delayed'))
    case 'ApproximateNumberOfMessagesNotVisible':
      return String(queue.count('in flight'))
    case 'CreatedTimestamp':
      return String(Math.floor(queue.createdAt / 1_000))
    case 'LastModifiedTimestamp':
      return String(Math.floor(queue.modifiedAt / 1_000))
    case 'QueueArn':
      return queue.arn
    default:
      return settingNames(queue.fifo).includes(name) ? settingOf(queue.settings, name) : undefined
  }
}

function checkName(name: string, fifo: boolean): void {
  if (fifo && !/^[A-Za-z0-9_-]+\.fifo$/.test(name))
    throw new SqsError(
      'InvalidParameterValue',
      'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.',
    )
  if ((!fifo && !/^[A-Za-z0-9_-]+$/.test(name)) || name.length > 80)
    throw new SqsError(
      'InvalidParameterValue',
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
    )
}

/** The same name is the same queue as long as no attribute that is given differs. */
function checkSame(queue: Queue, settings: QueueSettings): void {
  for (const [name, value] of settings) {
    const same =
      name === 'FifoQueue' || name.startsWith('ContentBased')
        ? isTrue(settings, name) === isTrue(queue.settings, name)
        : value === (settingOf(queue.settings, name) ?? '')
    if (!same)
      throw new SqsError(
        'QueueNameExists',
        `A queue already exists with the same name and a different value for attribute ${name}`,
      )
  }
}

function checkReferences(
  account: Account,
  source: { readonly arn: string; readonly fifo: boolean },
  settings: QueueSettings,
): void {
  checkRedrivePolicy(settings.get('RedrivePolicy'), source, account.byArn)
  checkRedriveAllowPolicy(settings.get('RedriveAllowPolicy'))
}
