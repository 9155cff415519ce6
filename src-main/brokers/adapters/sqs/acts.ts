import {
  CancelMessageMoveTaskCommand,
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry,
  PurgeQueueCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs'
import { Failure } from '@shared/failure'
import type { ActOffer, ActReport } from '@shared/model/act'
import type { QueueAddress } from '@shared/model/queue'
import type { ActRequest, Acts } from '../../acts'
import type { SqsQueue } from './queues'
import type { SqsContext } from './sqs-context'

/** Source: StartMessageMoveTask. */
const fastestRate = 500

/** What SQS does by itself with a whole queue: redrive by a move task, with rate and cancel, and a purge that keeps nothing. */
export class SqsActs implements Acts {
  constructor(private readonly context: SqsContext) {}

  async offers(address: QueueAddress): Promise<readonly ActOffer[]> {
    const queue = await this.context.queues.get(address)
    const isDead = this.context.queues.isDeadLetterQueue(queue)
    const running = isDead ? await this.running(queue) : undefined
    return [...(isDead ? [moveOffer(running), cancelOffer(running)] : []), purgeOffer]
  }

  async act(address: QueueAddress, { id, values }: ActRequest): Promise<ActReport> {
    const queue = await this.context.queues.get(address)
    switch (id) {
      case 'redrive-all':
        return await this.redriveAll(queue, values.rate ?? '')
      case 'cancel-redrive':
        return await this.cancel(queue)
      case 'purge-all':
        return await this.purge(queue)
      default:
        throw new Failure({ code: 'not-found', message: `SQS offers no ${id}.`, subject: id })
    }
  }

  /** The newest first; undefined where it may not be asked or the service has no such question. */
  async tasks(queue: SqsQueue): Promise<readonly ListMessageMoveTasksResultEntry[] | undefined> {
    const { line, denials } = this.context
    const answer = await denials.unlessDenied(() =>
      line.ask({ action: 'ListMessageMoveTasks', queue: queue.address.name }, (sqs) =>
        sqs.send(new ListMessageMoveTasksCommand({ SourceArn: queue.arn, MaxResults: 10 })),
      ),
    )
    return answer?.Results ?? []
  }

  private async running(queue: SqsQueue): Promise<ListMessageMoveTasksResultEntry | undefined> {
    try {
      return (await this.tasks(queue))?.find(({ Status }) => Status === 'RUNNING')
    } catch {
      // An emulator without move tasks: starting one will say so.
      return undefined
    }
  }

  private async redriveAll(queue: SqsQueue, rate: string): Promise<ActReport> {
    const perSecond = rate.trim() === '' ? undefined : Number(rate)
    if (perSecond !== undefined && !(Number.isInteger(perSecond) && perSecond >= 1 && perSecond <= fastestRate))
      throw new Failure({
        code: 'bad-input',
        message: `A rate is a whole number from 1 to ${fastestRate}.`,
        subject: 'rate',
      })
    await this.context.line.ask({ action: 'StartMessageMoveTask', queue: queue.address.name, once: true }, (sqs) =>
      sqs.send(
        new StartMessageMoveTaskCommand({
          SourceArn: queue.arn,
          ...(perSecond === undefined ? {} : { MaxNumberOfMessagesPerSecond: perSecond }),
        }),
      ),
    )
    return { words: 'SQS moves them now; its progress stands under Details.', done: null, failed: null }
  }

  private async cancel(queue: SqsQueue): Promise<ActReport> {
    const task = await this.running(queue)
    if (!task?.TaskHandle)
      throw new Failure({ code: 'gone', message: 'No redrive is running.', subject: queue.address.name })
    const { ApproximateNumberOfMessagesMoved: moved = null } = await this.context.line.ask(
      { action: 'CancelMessageMoveTask', queue: queue.address.name },
      (sqs) => sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle: task.TaskHandle })),
    )
    return { words: `Cancelled. About ${moved ?? 'some'} had been moved.`, done: moved, failed: null }
  }

  private async purge(queue: SqsQueue): Promise<ActReport> {
    await this.context.line.ask({ action: 'PurgeQueue', queue: queue.address.name }, (sqs) =>
      sqs.send(new PurgeQueueCommand({ QueueUrl: queue.url })),
    )
    return { words: 'SQS purges it now; that takes up to 60 s.', done: null, failed: null }
  }
}

const moveOffer = (running: ListMessageMoveTasksResultEntry | undefined): ActOffer => ({
  id: 'redrive-all',
  label: 'Move all to where they came from',
  words: [
    'SQS moves every message that is available back to its source queue, by itself, for up to 36 hours.',
    'Each gets a new id and a new time; nothing is filtered or edited. It can be cancelled while it runs.',
  ],
  destructive: false,
  refusal: running ? 'A redrive of this queue is running.' : null,
  fields: [
    {
      name: 'rate',
      label: 'Messages per second',
      kind: 'number',
      value: '',
      hint: `1 to ${fastestRate}; empty lets SQS choose`,
    },
  ],
})

const cancelOffer = (running: ListMessageMoveTasksResultEntry | undefined): ActOffer => ({
  id: 'cancel-redrive',
  label: 'Cancel the running redrive',
  words: ['What has been moved stays moved; the rest stays here.'],
  destructive: false,
  refusal: running ? null : 'No redrive is running.',
  fields: [],
})

const purgeOffer: ActOffer = {
  id: 'purge-all',
  label: 'Purge by SQS',
  words: [
    'SQS deletes every message of the queue, those in flight among them. Nothing is kept, and there is no undo.',
    'It takes up to 60 s, may also delete what is sent in that time, and can be asked once a minute.',
  ],
  destructive: true,
  refusal: null,
  fields: [],
}
