import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type QueueAttributeName,
} from '@aws-sdk/client-sqs'
import { Failure, isFailure } from '@shared/failure'
import { type Clock, pause } from '../../../runtime/clock'
import type { LineToSqs } from '../../clients/line-to-sqs'
import { sqsNames } from './sqs-names'

/** A queue at SQS, and what of its settings matters for the messages in it. */
export interface KnownQueue {
  /** The engine's name for it, for messages. */
  readonly name: string
  readonly url: string
  readonly arn: string
  readonly fifo: boolean
  readonly mostBytes: number
  readonly retentionMs: number
  readonly redrive: { readonly targetArn: string; readonly maxReceiveCount: number } | undefined
}

/** Where the dead letters of a queue are. */
export interface DeadQueue extends KnownQueue {
  /** Made for this queue alone; else others may leave theirs here too. */
  readonly own: boolean
}

export interface KnownQueuesOptions {
  readonly line: LineToSqs
  readonly clock: Clock
  readonly prefix: string
  /** Makes what is missing; otherwise it is said. */
  readonly create: boolean
}

/** Settings may be changed by others; a change is seen after this. */
const freshMs = 5 * 60_000
/** SQS: 14 days, the most it keeps. */
const longestRetention = '1209600'
const asked: QueueAttributeName[] = ['QueueArn', 'MaximumMessageSize', 'MessageRetentionPeriod', 'RedrivePolicy']

/** Queues by their engine names: found or made at first use, then remembered for a while. */
export class KnownQueues {
  private readonly known = new Map<string, { readonly at: number; readonly queue: Promise<KnownQueue> }>()

  constructor(private readonly options: KnownQueuesOptions) {}

  get(queue: string): Promise<KnownQueue> {
    return this.remembered(`queue ${queue}`, async () => {
      const { name, fifo } = sqsNames(queue, this.options.prefix)
      return this.describe(queue, await this.urlOf(queue, name, { fifo, create: this.options.create }))
    })
  }

  /** The target of its redrive policy, or else the companion NAME-dead. */
  deadOf(queue: string): Promise<DeadQueue> {
    return this.dead(queue, this.options.create)
  }

  /** Undefined: there is none, so nothing can be in it. */
  async deadIfThere(queue: string): Promise<DeadQueue | undefined> {
    try {
      return await this.dead(queue, false)
    } catch (error) {
      if (isFailure(error) && error.code === 'not-found') return undefined
      throw error
    }
  }

  /** Looks anew at the next use. */
  forget(queue: string): void {
    this.known.delete(`queue ${queue}`)
    this.known.delete(`dead ${queue}`)
  }

  private async dead(queue: string, create: boolean): Promise<DeadQueue> {
    const { redrive } = await this.get(queue)
    const { deadName, fifo } = sqsNames(queue, this.options.prefix)
    const [account, target] = redrive?.targetArn.split(':').slice(4) ?? []
    const name = target ?? deadName
    const dead = await this.remembered(`dead ${redrive?.targetArn ?? queue}`, async () => {
      const url = target === undefined ? this.urlOf(name, name, { fifo, create }) : this.findUrl(name, target, account)
      return this.describe(name, await url)
    })
    return { ...dead, own: name === deadName }
  }

  private remembered(key: string, find: () => Promise<KnownQueue>): Promise<KnownQueue> {
    const now = this.options.clock.elapsed()
    const before = this.known.get(key)
    if (before && now - before.at < freshMs) return before.queue
    const queue = find()
    this.known.set(key, { at: now, queue })
    queue.catch(() => {
      if (this.known.get(key)?.queue === queue) this.known.delete(key)
    })
    return queue
  }

  private async urlOf(
    queue: string,
    name: string,
    { fifo, create }: { readonly fifo: boolean; readonly create: boolean },
  ): Promise<string> {
    try {
      return await this.findUrl(queue, name)
    } catch (error) {
      if (!isFailure(error) || error.code !== 'not-found') throw error
      if (create) return this.makeQueue(queue, name, fifo)
      throw new Failure(
        {
          ...error.view(),
          message: `There is no queue ${name} at SQS, and it is not made by itself.`,
          hint: `Create ${name}${fifo ? ' as a FIFO queue' : ''}, or open the engine with createQueues.`,
        },
        { cause: error },
      )
    }
  }

  private async findUrl(queue: string, QueueName: string, owner?: string): Promise<string> {
    const { QueueUrl } = await this.options.line.ask({ action: 'GetQueueUrl', queue }, (sqs) =>
      sqs.send(new GetQueueUrlCommand({ QueueName, ...(owner ? { QueueOwnerAWSAccountId: owner } : {}) })),
    )
    return QueueUrl ?? ''
  }

  private async makeQueue(queue: string, QueueName: string, fifo: boolean): Promise<string> {
    const { QueueUrl } = await this.options.line.ask({ action: 'CreateQueue', queue }, (sqs) =>
      sqs.send(
        new CreateQueueCommand({
          QueueName,
          Attributes: { MessageRetentionPeriod: longestRetention, ...(fifo ? { FifoQueue: 'true' } : {}) },
        }),
      ),
    )
    return QueueUrl ?? ''
  }

  /** A new queue may take a second until it is known everywhere. */
  private async describe(name: string, url: string): Promise<KnownQueue> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.look(name, url)
      } catch (error) {
        if (tries === 4 || !isFailure(error) || error.code !== 'not-found') throw error
        await pause(this.options.clock, 500)
      }
    }
  }

  private async look(name: string, url: string): Promise<KnownQueue> {
    const { Attributes = {} } = await this.options.line.ask({ action: 'GetQueueAttributes', queue: name }, (sqs) =>
      sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: asked })),
    )
    const arn = Attributes.QueueArn ?? ''
    return {
      name,
      url,
      arn,
      fifo: arn.endsWith('.fifo'),
      mostBytes: Number(Attributes.MaximumMessageSize ?? 1_048_576),
      retentionMs: Number(Attributes.MessageRetentionPeriod ?? 345_600) * 1_000,
      redrive: redriveOf(Attributes.RedrivePolicy),
    }
  }
}

function redriveOf(text: string | undefined): KnownQueue['redrive'] {
  if (!text) return undefined
  try {
    const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(text)
    const count = Number(maxReceiveCount)
    return typeof deadLetterTargetArn === 'string' && Number.isInteger(count)
      ? { targetArn: deadLetterTargetArn, maxReceiveCount: count }
      : undefined
  } catch {
    return undefined
  }
}
