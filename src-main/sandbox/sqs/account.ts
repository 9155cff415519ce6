import type { Clock } from '../../runtime/clock'
import { SqsError } from './errors'
import { MoveTasks } from './move-tasks'
import { Queue } from './queue'
import type { QueueSettings } from './queue-settings'
import { type RequestInput, requiredText } from './request-input'

/** Source: CreateQueue, "you must wait at least 60 seconds". */
const nameRestMs = 60_000

export interface AccountOptions {
  readonly clock: Clock
  readonly region: string
  readonly accountId: string
  readonly mostInFlight: number
}

/** The queues of one account in one region. */
export class Account {
  readonly clock: Clock
  readonly region: string
  readonly accountId: string
  readonly tasks: MoveTasks
  /** Where queue URLs point; known when the server listens. */
  endpoint = ''
  private readonly queues = new Map<string, Queue>()
  private readonly deletedAt = new Map<string, number>()

  constructor(private readonly options: AccountOptions) {
    this.clock = options.clock
    this.region = options.region
    this.accountId = options.accountId
    this.tasks = new MoveTasks(options.clock, this.byArn)
  }

  readonly byArn = (arn: string): Queue | undefined => [...this.queues.values()].find((queue) => queue.arn === arn)

  /** In the order of their names. */
  get all(): readonly Queue[] {
    return [...this.queues.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  find(name: string): Queue | undefined {
    return this.queues.get(name)
  }

  /** The queue that a request is about. */
  named(input: RequestInput): Queue {
    const url = requiredText(input, 'QueueUrl')
    if (!URL.canParse(url)) throw new SqsError('InvalidAddress', `The address ${url} is not valid for this endpoint.`)
    const [accountId, name] = new URL(url).pathname.split('/').filter(Boolean)
    const queue = accountId === this.accountId && name !== undefined ? this.queues.get(name) : undefined
    if (!queue) throw new SqsError('QueueDoesNotExist', 'The specified queue does not exist.')
    return queue
  }

  urlOf(queue: Queue): string {
    return `${this.endpoint}/${this.accountId}/${queue.name}`
  }

  arnOf(name: string): string {
    return `arn:aws:sqs:${this.region}:${this.accountId}:${name}`
  }

  create(name: string, fifo: boolean, settings: QueueSettings): Queue {
    const deletedAt = this.deletedAt.get(name)
    if (deletedAt !== undefined && this.clock.now() - deletedAt < nameRestMs)
      throw new SqsError(
        'QueueDeletedRecently',
        'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
      )
    const { clock, mostInFlight } = this.options
    const queue = new Queue({ name, arn: this.arnOf(name), fifo, clock, mostInFlight }, settings)
    this.queues.set(name, queue)
    return queue
  }

  delete(queue: Queue): void {
    this.queues.delete(queue.name)
    this.deletedAt.set(queue.name, this.clock.now())
    queue.polls.stop()
  }

  stop(): void {
    this.tasks.stop()
    for (const queue of this.queues.values()) queue.polls.stop()
  }
}
