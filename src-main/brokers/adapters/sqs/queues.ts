import { GetQueueAttributesCommand, GetQueueUrlCommand, ListQueuesCommand } from '@aws-sdk/client-sqs'
import { Failure, isFailure } from '@shared/failure'
import { type QueueAddress, queueKey } from '@shared/model/queue'
import type { Clock } from '../../../runtime/clock'
import type { LineToSqs } from '../../clients/line-to-sqs'
import type { Denials } from './denials'
import { addressOf, type NamedQueue, namedByArn, namedByHand, namedByUrl } from './queue-names'

/** A queue and its settings as they were read. */
export interface SqsQueue {
  readonly address: QueueAddress
  readonly url: string
  readonly arn: string
  readonly fifo: boolean
  readonly attributes: Readonly<Record<string, string>>
  readonly redrive: { readonly targetArn: string; readonly maxReceiveCount: number } | null
  readonly readAt: number
}

export interface SqsQueuesOptions {
  readonly line: LineToSqs
  readonly clock: Clock
  readonly denials: Denials
  readonly namePrefix: string
  /** URLs and ARNs that a person typed. */
  readonly named: readonly string[]
}

/** Settings may be changed by others; a change is seen after this. */
const freshMs = 5 * 60_000
/** Questions under way at once. */
const lanes = 8

/** The queues of an account, by listing where that is allowed and by name, with who takes whose dead letters. */
export class SqsQueues {
  private readonly known = new Map<string, SqsQueue>()

  constructor(private readonly options: SqsQueuesOptions) {}

  /** Every queue that can be seen, with fresh settings; `found` is called as they turn up. */
  async findAll(found: (queue: SqsQueue) => void, signal: AbortSignal): Promise<void> {
    const names = new Map<string, NamedQueue>()
    for (const text of this.options.named) {
      const named = namedByHand(text)
      names.set(queueKey(addressOf(named)), named)
    }
    for await (const named of this.listed(signal)) names.set(queueKey(addressOf(named)), named)
    const waiting = [...names.values()]
    const lane = async () => {
      for (let named = waiting.shift(); named && !signal.aborted; named = waiting.shift()) {
        const queue = await this.describeIfThere(named)
        if (queue) found(queue)
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane))
  }

  /** With settings that are at most five minutes old. Throws Failure 'not-found'. */
  async get(address: QueueAddress): Promise<SqsQueue> {
    const known = this.known.get(queueKey(address))
    if (known && this.options.clock.elapsed() - known.readAt < freshMs) return known
    return await this.describe({ account: address.prefix, name: address.name, url: known?.url ?? null })
  }

  /** With settings as they are now. */
  async fresh(address: QueueAddress): Promise<SqsQueue> {
    const url = this.known.get(queueKey(address))?.url ?? null
    return await this.describe({ account: address.prefix, name: address.name, url })
  }

  /** As it is remembered; undefined: never seen. */
  remembered(address: QueueAddress): SqsQueue | undefined {
    return this.known.get(queueKey(address))
  }

  byArn(arn: string): SqsQueue | undefined {
    return [...this.known.values()].find((queue) => queue.arn === arn)
  }

  /** Queues whose redrive policy names this one. */
  sourcesOf({ arn }: Pick<SqsQueue, 'arn'>): readonly SqsQueue[] {
    return [...this.known.values()].filter(({ redrive }) => redrive?.targetArn === arn)
  }

  isDeadLetterQueue(queue: SqsQueue): boolean {
    return this.sourcesOf(queue).length > 0
  }

  private async *listed(signal: AbortSignal): AsyncGenerator<NamedQueue> {
    const { line, denials, namePrefix } = this.options
    let token: string | undefined
    do {
      const page = await denials.unlessDenied(() =>
        line.ask({ action: 'ListQueues', queue: '' }, (sqs) =>
          sqs.send(
            new ListQueuesCommand({
              MaxResults: 1_000,
              ...(namePrefix === '' ? {} : { QueueNamePrefix: namePrefix }),
              ...(token === undefined ? {} : { NextToken: token }),
            }),
          ),
        ),
      )
      for (const url of page?.QueueUrls ?? []) yield namedByUrl(url)
      token = page?.NextToken
    } while (token !== undefined && !signal.aborted)
  }

  /** Listed a moment ago, and perhaps deleted or out of bounds since: then it is no queue that could be shown. */
  private async describeIfThere(named: NamedQueue): Promise<SqsQueue | undefined> {
    const known = this.known.get(queueKey(addressOf(named)))
    if (known && this.options.clock.elapsed() - known.readAt < freshMs) return known
    try {
      return await this.options.denials.unlessDenied(() => this.describe(named))
    } catch (error) {
      if (isFailure(error) && error.code === 'not-found') {
        this.known.delete(queueKey(addressOf(named)))
        return undefined
      }
      throw error
    }
  }

  private async describe(named: NamedQueue): Promise<SqsQueue> {
    const { line, clock } = this.options
    const { name } = named
    const url = named.url ?? (await this.urlOf(named))
    const { Attributes: attributes = {} } = await line.ask({ action: 'GetQueueAttributes', queue: name }, (sqs) =>
      sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] })),
    )
    const queue: SqsQueue = {
      address: addressOf(named),
      url,
      arn: attributes.QueueArn ?? '',
      fifo: name.endsWith('.fifo'),
      attributes,
      redrive: redriveOf(attributes.RedrivePolicy),
      readAt: clock.elapsed(),
    }
    this.known.set(queueKey(queue.address), queue)
    return queue
  }

  private async urlOf({ name, account }: NamedQueue): Promise<string> {
    const { QueueUrl } = await this.options.line.ask({ action: 'GetQueueUrl', queue: name }, (sqs) =>
      sqs.send(new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: account })),
    )
    if (QueueUrl) return QueueUrl
    throw new Failure({ code: 'not-found', message: `There is no queue ${name} in account ${account}.`, subject: name })
  }
}

/** null where there is none, or where it does not say enough. */
export function redriveOf(text: string | undefined): SqsQueue['redrive'] {
  if (!text) return null
  try {
    const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(text) as Record<string, unknown>
    const count = Number(maxReceiveCount)
    return typeof deadLetterTargetArn === 'string' && Number.isInteger(count) && count > 0
      ? { targetArn: deadLetterTargetArn, maxReceiveCount: count }
      : null
  } catch {
    return null
  }
}

/** The address behind an ARN, also of a queue that was never seen; null for what is no queue's. */
export function addressOfArn(arn: string): QueueAddress | null {
  try {
    return addressOf(namedByArn(arn))
  } catch {
    return null
  }
}
