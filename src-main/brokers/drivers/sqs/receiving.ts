import { randomUUID } from 'node:crypto'
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import type { Clock } from '../../../runtime/clock'
import type { LineToSqs } from '../../clients/line-to-sqs'
import type { KnownQueue } from './known-queues'
import { type Received, receivedOf } from './received'

/** Source: ReceiveMessage. */
export const mostPerReceive = 10

export interface ReceiveRequest {
  readonly count: number
  readonly seconds: number
  readonly waitSeconds?: number
  readonly signal?: AbortSignal
}

/** What came, and when it was asked for: SQS hides it from a later time on, so a lease that counts from here ends in time. */
export interface Receipt {
  readonly received: readonly Received[]
  readonly askedAt: number
}

/** One receive. On a FIFO queue it carries an attempt id, so that the SDK asks for the same messages when an answer was lost. */
export async function receiveOnce(
  line: LineToSqs,
  clock: Clock,
  queue: KnownQueue,
  { count, seconds, waitSeconds = 0, signal }: ReceiveRequest,
): Promise<Receipt> {
  const askedAt = clock.elapsed()
  const { Messages = [] } = await line.ask({ action: 'ReceiveMessage', queue: queue.name }, (sqs) =>
    sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queue.url,
        MaxNumberOfMessages: Math.min(count, mostPerReceive),
        VisibilityTimeout: seconds,
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
        ...(queue.fifo ? { ReceiveRequestAttemptId: randomUUID() } : {}),
      }),
      signal === undefined ? {} : { abortSignal: signal },
    ),
  )
  return { received: Messages.map(receivedOf), askedAt }
}

/** Of a standard queue at a time, and of a FIFO queue: each brings one message there, and so one of each group. */
const mostAtOnce = 10

/**
 * As many as asked for, if they are there. The first call tells whether there is more: only a full one is followed by others,
 * so that an empty queue costs one request. A call that fails takes nothing from what others brought.
 */
export async function receiveUpTo(
  line: LineToSqs,
  clock: Clock,
  queue: KnownQueue,
  { count, seconds }: { readonly count: number; readonly seconds: number },
): Promise<Receipt> {
  const perCall = queue.fifo ? 1 : mostPerReceive
  const received: Received[] = []
  const askedAt = clock.elapsed()
  for (let calls = 1; received.length < count; calls = Math.min(calls * 2, mostAtOnce)) {
    const sizes = callSizes(count - received.length, perCall, calls)
    const results = await Promise.allSettled(
      sizes.map((size) => receiveOnce(line, clock, queue, { count: size, seconds })),
    )
    let full = true
    results.forEach((result, index) => {
      if (result.status === 'fulfilled') received.push(...result.value.received)
      if (result.status === 'rejected' || result.value.received.length < sizes[index]!) full = false
    })
    const failed = results.find((result) => result.status === 'rejected')
    if (failed && received.length === 0) throw failed.reason
    if (!full) break
  }
  return { received, askedAt }
}

function callSizes(wanted: number, perCall: number, calls: number): readonly number[] {
  const sizes: number[] = []
  for (let left = wanted; left > 0 && sizes.length < calls; left -= perCall) sizes.push(Math.min(left, perCall))
  return sizes
}
