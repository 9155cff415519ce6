import { ChangeMessageVisibilityBatchCommand, DeleteMessageBatchCommand } from '@aws-sdk/client-sqs'
import { type Failure, isFailure } from '@shared/failure'
import type { LineToSqs } from '../../clients/line-to-sqs'
import { isStaleReceipt } from '../../clients/sqs-failure'
import { eachBatch, inBatches } from './batches'
import type { KnownQueue } from './known-queues'

/** stale: the receipt is no longer good. */
export type ReceiptOutcome = 'done' | 'stale' | { readonly failure: Failure }

const batchesAtOnce = 8

/** Deletes by receipt, in batches, and answers one by one. Deleting twice is no harm, so a lost answer is asked for again. */
export const deleteAll = (
  line: LineToSqs,
  queue: KnownQueue,
  receipts: readonly string[],
): Promise<readonly ReceiptOutcome[]> =>
  byBatches(line, { action: 'DeleteMessage', queue: queue.name }, receipts, (sqs, batch) =>
    sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: queue.url,
        Entries: batch.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle })),
      }),
    ),
  )

/** Hides each for so many seconds from now; 0 shows it at once. */
export const hideAll = (
  line: LineToSqs,
  queue: KnownQueue,
  changes: readonly { readonly receipt: string; readonly seconds: number }[],
): Promise<readonly ReceiptOutcome[]> =>
  byBatches(line, { action: 'ChangeMessageVisibility', queue: queue.name }, changes, (sqs, batch) =>
    sqs.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: queue.url,
        Entries: batch.map(({ receipt, seconds }, index) => ({
          Id: String(index),
          ReceiptHandle: receipt,
          VisibilityTimeout: seconds,
        })),
      }),
    ),
  )

interface BatchAnswer {
  readonly Successful?: readonly { readonly Id: string | undefined }[] | undefined
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
  asked: { readonly action: string; readonly queue: string },
  items: readonly Item[],
  send: (sqs: Parameters<Parameters<LineToSqs['ask']>[1]>[0], batch: readonly Item[]) => Promise<BatchAnswer>,
): Promise<readonly ReceiptOutcome[]> {
  const batches = inBatches(items)
  const results = await eachBatch(batches, batchesAtOnce, async (batch) => {
    const { Failed = [] } = await line.ask(asked, (sqs) => send(sqs, batch))
    return batch.map((_, index): ReceiptOutcome => {
      const failed = Failed.find(({ Id }) => Id === String(index))
      if (!failed) return 'done'
      return isStaleReceipt(failed) ? 'stale' : { failure: line.failureOf(failed, asked) }
    })
  })
  return results.flatMap((result, index) => {
    if (result.status === 'fulfilled') return result.value
    const { reason } = result
    if (!isFailure(reason)) throw reason
    return batches[index]!.map((): ReceiptOutcome => ({ failure: reason }))
  })
}
