import { ChangeMessageVisibilityBatchCommand, DeleteMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { type Failure, isFailure } from '@shared/failure'
import type { Asked, LineToSqs } from '../../clients/line-to-sqs'
import { isStaleReceipt } from '../../clients/sqs-failure'
import type { SqsQueue } from './queues'

/** stale: somebody else received it meanwhile, or it is gone. */
export type ReceiptOutcome = 'done' | 'stale' | { readonly failure: Failure }

/** Source: ChangeMessageVisibilityBatch, DeleteMessageBatch, SendMessageBatch. */
export const mostPerBatch = 10

/** Hides each for so many seconds from now; 0 shows it at once. Doing so twice does no harm. */
export const hide = (
  line: LineToSqs,
  { url, address }: SqsQueue,
  changes: readonly { readonly receipt: string; readonly seconds: number }[],
): Promise<readonly ReceiptOutcome[]> =>
  byBatches(line, { action: 'ChangeMessageVisibility', queue: address.name }, changes, (sqs, batch) =>
    sqs.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: url,
        Entries: batch.map(({ receipt, seconds }, index) => ({
          Id: String(index),
          ReceiptHandle: receipt,
          VisibilityTimeout: seconds,
        })),
      }),
    ),
  )

export const deleteByReceipt = (
  line: LineToSqs,
  { url, address }: SqsQueue,
  receipts: readonly string[],
): Promise<readonly ReceiptOutcome[]> =>
  byBatches(line, { action: 'DeleteMessage', queue: address.name }, receipts, (sqs, batch) =>
    sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: url,
        Entries: batch.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle })),
      }),
    ),
  )

interface BatchAnswer {
  readonly Failed?:
    | readonly {
        readonly Id: string | undefined
        readonly Code: string | undefined
        readonly Message?: string | undefined
      }[]
    | undefined
}

async function byBatches<Item>(
  line: LineToSqs,
  asked: Asked,
  items: readonly Item[],
  send: (sqs: SQSClient, batch: readonly Item[]) => Promise<BatchAnswer>,
): Promise<readonly ReceiptOutcome[]> {
  const outcomes: ReceiptOutcome[] = []
  for (let at = 0; at < items.length; at += mostPerBatch) {
    const batch = items.slice(at, at + mostPerBatch)
    try {
      const { Failed = [] } = await line.ask(asked, (sqs) => send(sqs, batch))
      for (const [index] of batch.entries()) {
        const failed = Failed.find(({ Id }) => Id === String(index))
        if (!failed) outcomes.push('done')
        else outcomes.push(isStaleReceipt(failed) ? 'stale' : { failure: line.failureOf(failed, asked) })
      }
    } catch (error) {
      if (!isFailure(error)) throw error
      for (const _each of batch) outcomes.push({ failure: error })
    }
  }
  return outcomes
}
