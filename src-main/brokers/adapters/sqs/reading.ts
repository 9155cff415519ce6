import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { isFailure } from '@shared/failure'
import type { QueueAddress } from '@shared/model/queue'
import { type Reading, unreadable } from '../../reader'
import type { CloudWatchFigures } from './cloud-watch'
import type { SqsContext } from './sqs-context'

/** Questions under way at once. */
const lanes = 10

/**
 * The three counts of each queue, as approximate as SQS keeps them; ages and rates only where CloudWatch may be asked. In a queue
 * that takes others' dead letters whatever is available counts as dead.
 */
export async function readAll(
  context: SqsContext,
  figures: CloudWatchFigures | null,
  addresses: readonly QueueAddress[],
): Promise<readonly Reading[]> {
  const told = await figures?.of(addresses)
  const readings: Reading[] = new Array(addresses.length)
  let next = 0
  const lane = async () => {
    for (let index = next++; index < addresses.length; index = next++) {
      const address = addresses[index]!
      readings[index] = await readOne(context, address, told?.get(address.name))
    }
  }
  await Promise.all(Array.from({ length: Math.min(lanes, addresses.length) }, lane))
  return readings
}

async function readOne(
  { line, queues }: SqsContext,
  address: QueueAddress,
  told:
    | {
        readonly oldestReadyMs: number | null
        readonly inPerSecond: number | null
        readonly outPerSecond: number | null
      }
    | undefined,
): Promise<Reading> {
  try {
    const queue = await queues.get(address)
    const { Attributes = {} } = await line.ask({ action: 'GetQueueAttributes', queue: address.name }, (sqs) =>
      sqs.send(new GetQueueAttributesCommand({ QueueUrl: queue.url, AttributeNames: [...counts] })),
    )
    const [available, inFlight, delayed] = counts.map((name) => numberOf(Attributes[name]))
    const isDead = queues.isDeadLetterQueue(queue)
    return {
      ready: isDead ? 0 : (available ?? null),
      leased: inFlight ?? null,
      delayed: delayed ?? null,
      dead: isDead ? (available ?? null) : null,
      done: null,
      oldestReadyMs: told?.oldestReadyMs ?? null,
      paused: null,
      enqueuedTotal: null,
      ackedTotal: null,
      inPerSecond: told?.inPerSecond ?? null,
      outPerSecond: told?.outPerSecond ?? null,
      waitBuckets: null,
      trouble: null,
    }
  } catch (error) {
    if (!isFailure(error)) throw error
    // Credentials and the way to AWS are everybody's trouble; all else is this queue's own.
    if (error.code === 'auth' || error.code === 'unreachable' || error.code === 'tls') throw error
    return unreadable(`${error.message} ${error.hint ?? ''}`.trim())
  }
}

const counts = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const

const numberOf = (text: string | undefined): number | null => (text === undefined ? null : Number(text))
