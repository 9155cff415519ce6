import assert from 'node:assert/strict'
import {
  CancelMessageMoveTaskCommand,
  DeleteQueueCommand,
  ListMessageMoveTasksCommand,
  StartMessageMoveTaskCommand,
  type StartMessageMoveTaskCommandInput,
} from '@aws-sdk/client-sqs'
import {
  arnOf,
  countsOf,
  create,
  exhaust,
  type FidelityCheck,
  gather,
  refused,
  type Subject,
  send,
  withDeadLetters,
} from './fidelity-check'

const tasksOf = async ({ client }: Subject, SourceArn: string, MaxResults?: number) =>
  (await client.send(new ListMessageMoveTasksCommand({ SourceArn, ...(MaxResults ? { MaxResults } : {}) }))).Results ??
  []

const start = ({ client }: Subject, input: StartMessageMoveTaskCommandInput) =>
  client.send(new StartMessageMoveTaskCommand(input))

/** Waits, in whatever time the server lives in, until the last task of a source is over. */
async function finished(subject: Subject, sourceArn: string) {
  for (let looks = 0; looks < 30; looks++) {
    const [task] = await tasksOf(subject, sourceArn)
    if (task && task.Status !== 'RUNNING' && task.Status !== 'CANCELLING') return task
    await subject.pass(200)
  }
  throw new assert.AssertionError({ message: 'the task never ends' })
}

/** `count` dead letters that came from the source by its policy. */
async function bury(subject: Subject, base: string, count: number) {
  const queues = await withDeadLetters(subject, base, 1)
  for (let n = 0; n < count; n++) await send(subject, queues.source, `dead ${n}`)
  await exhaust(subject, queues.source, 1, count)
  assert.equal((await countsOf(subject, queues.dead))[0], count)
  return queues
}

/** Tasks that move messages out of dead-letter queues. */
export const moveTaskChecks: readonly FidelityCheck[] = [
  {
    name: 'a move task brings dead letters back to where they came from',
    source: 'StartMessageMoveTask: "redriven back to their respective original source queues"',
    async run(subject) {
      const { source, dead, deadArn } = await bury(subject, 'home', 3)
      const { TaskHandle } = await start(subject, { SourceArn: deadArn })
      assert.ok(TaskHandle)
      const task = await finished(subject, deadArn)
      assert.equal(task.Status, 'COMPLETED')
      assert.equal(task.ApproximateNumberOfMessagesMoved, 3)
      assert.equal(task.ApproximateNumberOfMessagesToMove, 3)
      assert.equal(task.TaskHandle, undefined)
      assert.deepEqual(await countsOf(subject, dead), [0, 0, 0])
      const [back] = await gather(subject, source, 3)
      assert.equal(back?.Attributes?.ApproximateReceiveCount, '1')
    },
  },
  {
    name: 'a moved message has a new id',
    source: 'Dead-letter queue redrive: "assigned a new messageID and enqueueTime"',
    async run(subject) {
      const { source, dead, deadArn } = await bury(subject, 'renamed', 1)
      const [letter] = await gather(subject, dead, 1, { VisibilityTimeout: 0 })
      await start(subject, { SourceArn: deadArn })
      await finished(subject, deadArn)
      const [back] = await gather(subject, source, 1)
      assert.notEqual(back?.MessageId, letter?.MessageId)
    },
  },
  {
    name: 'a move task may have another destination',
    source: 'StartMessageMoveTask: DestinationArn',
    async run(subject) {
      const { deadArn } = await bury(subject, 'elsewhere', 2)
      const other = await create(subject, 'elsewhere-else')
      await start(subject, { SourceArn: deadArn, DestinationArn: await arnOf(subject, other) })
      await finished(subject, deadArn)
      await gather(subject, other, 2)
    },
  },
  {
    name: 'a move task keeps to its rate',
    source: 'StartMessageMoveTask: MaxNumberOfMessagesPerSecond',
    async run(subject) {
      const { deadArn } = await bury(subject, 'slowly', 5)
      await start(subject, { SourceArn: deadArn, MaxNumberOfMessagesPerSecond: 1 })
      await subject.pass(1_500)
      const [task] = await tasksOf(subject, deadArn)
      assert.equal(task?.Status, 'RUNNING')
      assert.equal(task?.MaxNumberOfMessagesPerSecond, 1)
      assert.ok(task?.TaskHandle)
      assert.ok((task?.ApproximateNumberOfMessagesMoved ?? 9) <= 2)
      await subject.client.send(new CancelMessageMoveTaskCommand({ TaskHandle: task?.TaskHandle }))
    },
  },
  {
    name: 'a move task can be cancelled, and what was moved stays moved',
    source: 'CancelMessageMoveTask: "does not revert the messages that have already been moved"',
    async run(subject) {
      const { dead, deadArn } = await bury(subject, 'stopped', 5)
      const { TaskHandle } = await start(subject, { SourceArn: deadArn, MaxNumberOfMessagesPerSecond: 1 })
      await subject.client.send(new CancelMessageMoveTaskCommand({ TaskHandle }))
      const task = await finished(subject, deadArn)
      assert.equal(task.Status, 'CANCELLED')
      const [left = 0] = await countsOf(subject, dead)
      assert.equal(left + (task.ApproximateNumberOfMessagesMoved ?? 0), 5)
    },
  },
  {
    name: 'a move task that is over cannot be cancelled',
    source: 'CancelMessageMoveTask: "only be cancelled when the current status is RUNNING"',
    async run(subject) {
      const { deadArn } = await bury(subject, 'over', 1)
      const { TaskHandle } = await start(subject, { SourceArn: deadArn })
      await finished(subject, deadArn)
      const error: unknown = await subject.client
        .send(new CancelMessageMoveTaskCommand({ TaskHandle }))
        .catch((thrown: unknown) => thrown)
      assert.ok(error instanceof Error)
    },
  },
  {
    name: 'a handle that is none is refused, and one of no task is ResourceNotFoundException',
    source: 'CancelMessageMoveTask errors; recorded answers',
    async run(subject) {
      const sourceArn = await arnOf(subject, await create(subject, 'no-task'))
      const cancel = (TaskHandle: string) => subject.client.send(new CancelMessageMoveTaskCommand({ TaskHandle }))
      await refused('InvalidParameterValue', cancel('garbage'))
      const handle = { taskId: '12345678-1234-1234-1234-123456789012', sourceArn }
      await refused('ResourceNotFoundException', cancel(Buffer.from(JSON.stringify(handle)).toString('base64')))
    },
  },
  {
    name: 'a source has one move task at a time',
    source: 'StartMessageMoveTask: "Only one active message movement task is supported per queue"',
    async run(subject) {
      const { deadArn } = await bury(subject, 'busy', 3)
      const { TaskHandle } = await start(subject, { SourceArn: deadArn, MaxNumberOfMessagesPerSecond: 1 })
      await refused('InvalidParameterValue', start(subject, { SourceArn: deadArn }))
      await subject.client.send(new CancelMessageMoveTaskCommand({ TaskHandle }))
    },
  },
  {
    name: 'a move task starts from a dead-letter queue alone',
    source: 'StartMessageMoveTask: "configured as dead-letter queues (DLQs) of other Amazon SQS queues only"',
    async run(subject) {
      const SourceArn = await arnOf(subject, await create(subject, 'alive'))
      await refused('InvalidParameterValue', start(subject, { SourceArn }))
    },
  },
  {
    name: 'source and destination of a move task must exist',
    source: 'StartMessageMoveTask errors: ResourceNotFoundException',
    async run(subject) {
      const { deadArn } = await bury(subject, 'nowhere', 1)
      await refused('ResourceNotFoundException', start(subject, { SourceArn: `${deadArn}-missing` }))
      await refused(
        'ResourceNotFoundException',
        start(subject, { SourceArn: deadArn, DestinationArn: `${deadArn}-missing` }),
      )
    },
  },
  {
    name: 'a rate is from 1 to 500',
    source: 'StartMessageMoveTask: "The maximum value for messages per second is 500"',
    async run(subject) {
      const { deadArn } = await bury(subject, 'fast', 1)
      for (const MaxNumberOfMessagesPerSecond of [0, 501])
        await refused('InvalidParameterValue', start(subject, { SourceArn: deadArn, MaxNumberOfMessagesPerSecond }))
    },
  },
  {
    name: 'a move task fails when its destination goes away',
    source: 'ListMessageMoveTasks: FailureReason; a recorded answer',
    async run(subject) {
      const { deadArn } = await bury(subject, 'vanishes', 4)
      const other = await create(subject, 'vanishes-else')
      await start(subject, {
        SourceArn: deadArn,
        DestinationArn: await arnOf(subject, other),
        MaxNumberOfMessagesPerSecond: 2,
      })
      await subject.client.send(new DeleteQueueCommand({ QueueUrl: other }))
      const task = await finished(subject, deadArn)
      assert.equal(task.Status, 'FAILED')
      assert.equal(task.FailureReason, 'AWS.SimpleQueueService.NonExistentQueue')
    },
  },
  {
    name: 'the latest move task is told first, and one unless more are asked for',
    source: 'ListMessageMoveTasks: "The default is 1", "The upper limit is 10"',
    async run(subject) {
      const { deadArn } = await bury(subject, 'listed', 1)
      for (let time = 0; time < 2; time++) {
        await start(subject, { SourceArn: deadArn })
        await finished(subject, deadArn)
      }
      assert.equal((await tasksOf(subject, deadArn)).length, 1)
      const both = await tasksOf(subject, deadArn, 10)
      assert.deepEqual(
        both.map(({ ApproximateNumberOfMessagesMoved }) => ApproximateNumberOfMessagesMoved),
        [0, 1],
      )
      await refused('InvalidParameterValue', tasksOf(subject, deadArn, 11))
    },
  },
]
