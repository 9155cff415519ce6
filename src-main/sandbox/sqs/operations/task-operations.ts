import { SqsError } from '../errors'
import type { MoveTask } from '../move-tasks'
import { redrivePolicyOf } from '../redrive'
import { isRecord, optionalInteger, optionalText, requiredText } from '../request-input'
import type { Operation } from './operation'

export const startMessageMoveTask: Operation = (account, input) => {
  const source = account.byArn(requiredText(input, 'SourceArn'))
  if (!source) throw noSuchQueue('SourceArn')
  const destinationArn = optionalText(input, 'DestinationArn')
  const destination = destinationArn === undefined ? undefined : account.byArn(destinationArn)
  if (destinationArn !== undefined && !destination) throw noSuchQueue('DestinationArn')
  const isDeadLetterQueue = account.all.some(
    ({ settings }) => redrivePolicyOf(settings.get('RedrivePolicy'))?.targetArn === source.arn,
  )
  if (!isDeadLetterQueue)
    throw new SqsError('InvalidParameterValue', 'Source queue must be configured as a Dead Letter Queue.')
  if (destination && destination.fifo !== source.fifo)
    throw new SqsError('InvalidParameterValue', 'Source and destination queue must be of the same type.')
  const perSecond = optionalInteger(input, 'MaxNumberOfMessagesPerSecond', {
    least: 1,
    most: 500,
    rule: 'Must be between 1 and 500, if provided.',
  })
  const task = account.tasks.start(source, {
    ...(destinationArn === undefined ? {} : { destinationArn }),
    ...(perSecond === undefined ? {} : { perSecond }),
  })
  return { TaskHandle: handleOf(task) }
}

export const listMessageMoveTasks: Operation = (account, input) => {
  const source = account.byArn(requiredText(input, 'SourceArn'))
  if (!source) throw noSuchQueue('SourceArn')
  const most = optionalInteger(input, 'MaxResults', {
    least: 1,
    most: 10,
    rule: 'Must be between 1 and 10, if provided.',
  })
  return {
    Results: account.tasks
      .list(source.arn)
      .slice(0, most ?? 1)
      .map((task) => ({
        ...(task.status === 'RUNNING' ? { TaskHandle: handleOf(task) } : {}),
        Status: task.status,
        SourceArn: task.sourceArn,
        ...(task.destinationArn === undefined ? {} : { DestinationArn: task.destinationArn }),
        ...(task.perSecond === undefined ? {} : { MaxNumberOfMessagesPerSecond: task.perSecond }),
        ApproximateNumberOfMessagesMoved: task.moved,
        ApproximateNumberOfMessagesToMove: task.toMove,
        ...(task.failure === undefined ? {} : { FailureReason: task.failure }),
        StartedTimestamp: task.startedAt,
      })),
  }
}

export const cancelMessageMoveTask: Operation = (account, input) => {
  const { id, sourceArn } = taskOf(requiredText(input, 'TaskHandle'))
  if (!account.byArn(sourceArn)) throw noSuchQueue('SourceArn')
  return { ApproximateNumberOfMessagesMoved: account.tasks.cancel(sourceArn, id).moved }
}

const handleOf = ({ id, sourceArn }: MoveTask): string =>
  Buffer.from(JSON.stringify({ taskId: id, sourceArn })).toString('base64')

function taskOf(handle: string): { readonly id: string; readonly sourceArn: string } {
  try {
    const found: unknown = JSON.parse(Buffer.from(handle, 'base64').toString('utf8'))
    if (isRecord(found) && typeof found.taskId === 'string' && typeof found.sourceArn === 'string')
      return { id: found.taskId, sourceArn: found.sourceArn }
  } catch {
    // Not a handle; said below.
  }
  throw new SqsError('InvalidParameterValue', 'Value for parameter TaskHandle is invalid.')
}

const noSuchQueue = (parameter: string) =>
  new SqsError(
    'ResourceNotFoundException',
    `The resource that you specified for the ${parameter} parameter doesn't exist.`,
  )
