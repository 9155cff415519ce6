import { invalidValue, missingParameter, SqsError } from '../errors'
import type { Queue } from '../queue'
import { isRecord, requiredText, textList } from '../request-input'
import type { Operation } from './operation'

/** Source: AddPermission, "a maximum of seven actions per statement". */
const mostActions = 7

/** Actions that can be given away; the rest stays with the owner. */
const grantable = [
  '*',
  'ChangeMessageVisibility',
  'DeleteMessage',
  'GetQueueAttributes',
  'GetQueueUrl',
  'ListDeadLetterSourceQueues',
  'PurgeQueue',
  'ReceiveMessage',
  'SendMessage',
]

type Statement = Readonly<Record<string, unknown>>

export const addPermission: Operation = (account, input) => {
  const queue = account.named(input)
  const label = requiredText(input, 'Label')
  if (!/^[A-Za-z0-9_-]{1,80}$/.test(label))
    throw invalidValue(
      label,
      'Label',
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.',
    )
  const accounts = textList(input, 'AWSAccountIds')
  const actions = textList(input, 'Actions')
  if (accounts.length === 0) throw missingParameter('AWSAccountIds')
  if (actions.length === 0) throw missingParameter('Actions')
  if (actions.length > mostActions)
    throw new SqsError('OverLimit', `${actions.length} Actions were found, maximum allowed is ${mostActions}.`)
  const foreign = actions.find((action) => !grantable.includes(action))
  if (foreign !== undefined)
    throw invalidValue(`SQS:${foreign}`, 'ActionName', 'Only the queue owner is allowed to invoke this action.')
  const statements = statementsOf(queue)
  if (statements.some(({ Sid }) => Sid === label)) throw invalidValue(label, 'Label', 'Already exists.')
  const statement = {
    Sid: label,
    Effect: 'Allow',
    Principal: { AWS: oneOrMany(accounts.map((id) => `arn:aws:iam::${id}:root`)) },
    Action: oneOrMany(actions.map((action) => `SQS:${action}`)),
    Resource: queue.arn,
  }
  keep(queue, [...statements, statement])
  return {}
}

export const removePermission: Operation = (account, input) => {
  const queue = account.named(input)
  const label = requiredText(input, 'Label')
  const statements = statementsOf(queue)
  const rest = statements.filter(({ Sid }) => Sid !== label)
  if (rest.length === statements.length) throw invalidValue(label, 'Label', `can't find label.`)
  keep(queue, rest)
  return {}
}

function statementsOf(queue: Queue): readonly Statement[] {
  const policy: unknown = JSON.parse(queue.settings.get('Policy') ?? '{}')
  const statements = isRecord(policy) ? policy.Statement : undefined
  return Array.isArray(statements) ? statements.filter(isRecord) : isRecord(statements) ? [statements] : []
}

function keep(queue: Queue, statements: readonly Statement[]): void {
  const settings = new Map(queue.settings)
  if (statements.length === 0) settings.delete('Policy')
  else
    settings.set(
      'Policy',
      JSON.stringify({ Version: '2008-10-17', Id: `${queue.arn}/SQSDefaultPolicy`, Statement: statements }),
    )
  queue.settings = settings
}

const oneOrMany = (values: readonly string[]) => (values.length === 1 ? values[0] : values)
