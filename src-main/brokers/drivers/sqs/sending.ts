import { randomUUID } from 'node:crypto'
import { SendMessageBatchCommand, type SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs'
import { Failure, isFailure } from '@shared/failure'
import type { LineToSqs } from '../../clients/line-to-sqs'
import { eachBatch, inBatches } from './batches'
import type { KnownQueue } from './known-queues'
import type { Laid } from './layout'

/** A message on its way to a queue. */
export interface Outgoing {
  readonly laid: Laid
  readonly delaySeconds?: number | undefined
  readonly groupId?: string | undefined
  /** FIFO queues need one; default: one of its own. */
  readonly dedupId?: string | undefined
  readonly traceHeader?: string | undefined
}

export type SendOutcome =
  | { readonly messageId: string }
  /** `whole`: it is not about this message, but about the call that it was in. */
  | { readonly failure: Failure; readonly whole: boolean }

export const isOfWholeCall = (outcome: SendOutcome): boolean => 'failure' in outcome && outcome.whole

/** Several batches to a standard queue may travel at once; to a FIFO queue they would lose their order. */
const batchesAtOnce = 8

/**
 * Sends in batches, and answers message by message. What a FIFO queue is sent may be sent again by the SDK when an answer is
 * lost, since its deduplication id makes it one; what a standard queue is sent is sent once.
 */
export async function sendAll(
  line: LineToSqs,
  queue: KnownQueue,
  messages: readonly Outgoing[],
): Promise<readonly SendOutcome[]> {
  const asked = { action: 'SendMessage', queue: queue.name, once: !queue.fifo }
  const batches = inBatches(messages, ({ laid }) => laid.bytes)
  const results = await eachBatch(batches, queue.fifo ? 1 : batchesAtOnce, async (batch) => {
    const { Successful = [], Failed = [] } = await line.ask(asked, (sqs) =>
      sqs.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries: batch.map(entryOf(queue)) })),
    )
    const sent = new Map(Successful.map(({ Id, MessageId }) => [Id, MessageId ?? '']))
    const failed = new Map(Failed.map((entry) => [entry.Id, line.failureOf(entry, asked)]))
    return batch.map((_, index): SendOutcome => {
      const messageId = sent.get(String(index))
      return messageId !== undefined
        ? { messageId }
        : { failure: failed.get(String(index)) ?? unanswered(queue), whole: false }
    })
  })
  return results.flatMap((result, index) => {
    if (result.status === 'fulfilled') return result.value
    // A bug of ours is none of the messages' affair.
    const { reason } = result
    if (!isFailure(reason)) throw reason
    return batches[index]!.map((): SendOutcome => ({ failure: reason, whole: true }))
  })
}

const entryOf =
  (queue: KnownQueue) =>
  ({ laid, delaySeconds, groupId, dedupId, traceHeader }: Outgoing, index: number): SendMessageBatchRequestEntry => ({
    Id: String(index),
    MessageBody: laid.text,
    ...(Object.keys(laid.attributes).length === 0 ? {} : { MessageAttributes: laid.attributes }),
    ...(delaySeconds ? { DelaySeconds: delaySeconds } : {}),
    ...(groupId === undefined ? {} : { MessageGroupId: groupId }),
    ...(queue.fifo ? { MessageDeduplicationId: dedupId ?? randomUUID() } : {}),
    ...(traceHeader === undefined
      ? {}
      : { MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: traceHeader } } }),
  })

const unanswered = (queue: KnownQueue) =>
  new Failure({
    code: 'outcome-unknown',
    message: `SQS said nothing of a message that was sent to ${queue.name}.`,
    subject: queue.name,
  })
