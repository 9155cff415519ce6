import { GetQueueAttributesCommand, PurgeQueueCommand, type QueueAttributeName } from '@aws-sdk/client-sqs'
import { isFailure } from '@shared/failure'
import type { DriverStats } from '../../driver-messages'
import type { KnownQueue } from './known-queues'
import type { SqsContext } from './sqs-context'

const asked: QueueAttributeName[] = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
]

interface Counts {
  readonly visible: number
  readonly delayed: number
  readonly hidden: number
}

/**
 * What SQS knows, which it calls approximate. What waits for a retry is hidden there like what is leased; this process tells its
 * own apart. Totals, ages and pauses SQS does not know.
 */
export async function statsOf(context: SqsContext, queue: KnownQueue): Promise<DriverStats> {
  const [own, dead] = await Promise.all([countsOf(context, queue), deadCount(context, queue.name)])
  const retries = Math.min(context.hidden.count(queue.name), own.hidden)
  return {
    ready: own.visible,
    delayed: own.delayed + retries,
    leased: own.hidden - retries,
    dead,
    done: null,
    enqueuedTotal: null,
    ackedTotal: null,
    diedTotal: null,
    replayedTotal: null,
    failedTotal: null,
    oldestReadyMs: null,
    paused: null,
    approximate: true,
    groups: [],
  }
}

/** Null where it cannot be seen; 0 where there is no dead-letter queue yet. */
async function deadCount(context: SqsContext, queue: string): Promise<number | null> {
  try {
    const dead = await context.queues.deadIfThere(queue)
    if (!dead) return 0
    const { visible, delayed, hidden } = await countsOf(context, dead)
    return visible + delayed + hidden
  } catch (error) {
    if (isFailure(error) && (error.code === 'denied' || error.code === 'not-found')) return null
    throw error
  }
}

async function countsOf({ line }: SqsContext, queue: KnownQueue): Promise<Counts> {
  const { Attributes = {} } = await line.ask({ action: 'GetQueueAttributes', queue: queue.name }, (sqs) =>
    sqs.send(new GetQueueAttributesCommand({ QueueUrl: queue.url, AttributeNames: asked })),
  )
  return {
    visible: Number(Attributes.ApproximateNumberOfMessages ?? 0),
    delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed ?? 0),
    hidden: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
  }
}

export const purgeAtOnce = ({ line }: SqsContext, queue: KnownQueue): Promise<unknown> =>
  line.ask({ action: 'PurgeQueue', queue: queue.name }, (sqs) =>
    sqs.send(new PurgeQueueCommand({ QueueUrl: queue.url })),
  )
