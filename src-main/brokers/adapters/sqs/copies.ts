import { randomUUID } from 'node:crypto'
import {
  type MessageAttributeValue,
  type MessageSystemAttributeNameForSends,
  type MessageSystemAttributeValue,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs'
import { type Failure, type FailureCode, isFailure } from '@shared/failure'
import type { LineToSqs } from '../../clients/line-to-sqs'
import type { SqsQueue } from './queues'
import { mostPerBatch } from './receipts'

/** What is sent, as it is kept in an archive and taken from a message in hand. */
export interface Copy {
  readonly text: string
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>
  readonly group: string | null
  /** null: a fresh one on FIFO queues, since the old one may still swallow whatever bears it for five minutes. */
  readonly dedupId: string | null
  readonly traceHeader: string | null
  readonly delaySeconds: number
}

export type SendOutcome =
  | { readonly outcome: 'sent'; readonly id: string }
  | { readonly outcome: 'failed'; readonly reason: string; readonly code: FailureCode }
  /** The answer was lost: it may be there. */
  | { readonly outcome: 'unknown'; readonly reason: string }

/** Source: SendMessageBatch takes 1 MiB in all. */
const mostBytes = 1_048_576

/** Sends in batches of ten and one mebibyte, and answers one by one. Never repeats what may have been taken. */
export async function sendCopies(
  line: LineToSqs,
  queue: SqsQueue,
  copies: readonly Copy[],
): Promise<readonly SendOutcome[]> {
  const outcomes: SendOutcome[] = []
  const asked = { action: 'SendMessage', queue: queue.address.name, once: true } as const
  for (const batch of batchesOf(copies)) {
    try {
      const { Successful = [], Failed = [] } = await line.ask(asked, (sqs) =>
        sqs.send(
          new SendMessageBatchCommand({
            QueueUrl: queue.url,
            Entries: batch.map((copy, index) => entryOf(copy, index, queue)),
          }),
        ),
      )
      for (const [index] of batch.entries()) {
        const sent = Successful.find(({ Id }) => Id === String(index))
        const failed = Failed.find(({ Id }) => Id === String(index))
        if (sent) outcomes.push({ outcome: 'sent', id: sent.MessageId ?? '' })
        else if (failed) outcomes.push(failedBy(line.failureOf(failed, asked)))
        else outcomes.push({ outcome: 'unknown', reason: 'SQS did not say what became of it' })
      }
    } catch (error) {
      if (!isFailure(error)) throw error
      const outcome: SendOutcome =
        error.code === 'outcome-unknown' ? { outcome: 'unknown', reason: error.words } : failedBy(error)
      for (const _each of batch) outcomes.push(outcome)
    }
  }
  return outcomes
}

const failedBy = ({ code, words }: Failure): SendOutcome => ({ outcome: 'failed', reason: words, code })

function batchesOf(copies: readonly Copy[]): readonly (readonly Copy[])[] {
  const batches: Copy[][] = []
  let bytes = 0
  for (const copy of copies) {
    const own = bytesOf(copy)
    const last = batches.at(-1)
    if (last && last.length < mostPerBatch && bytes + own <= mostBytes) {
      last.push(copy)
      bytes += own
    } else {
      batches.push([copy])
      bytes = own
    }
  }
  return batches
}

const bytesOf = ({ text, attributes }: Copy): number =>
  Buffer.byteLength(text) +
  Object.entries(attributes).reduce(
    (sum, [name, { DataType = '', StringValue = '', BinaryValue }]) =>
      sum + Buffer.byteLength(name + DataType + StringValue) + (BinaryValue?.byteLength ?? 0),
    0,
  )

function entryOf(copy: Copy, index: number, { fifo }: SqsQueue) {
  const system: Partial<Record<MessageSystemAttributeNameForSends, MessageSystemAttributeValue>> =
    copy.traceHeader === null ? {} : { AWSTraceHeader: { DataType: 'String', StringValue: copy.traceHeader } }
  return {
    Id: String(index),
    MessageBody: copy.text,
    ...(Object.keys(copy.attributes).length > 0 && { MessageAttributes: { ...copy.attributes } }),
    ...(copy.traceHeader !== null && { MessageSystemAttributes: system }),
    ...(copy.delaySeconds > 0 && { DelaySeconds: copy.delaySeconds }),
    ...((fifo || copy.group !== null) && { MessageGroupId: copy.group ?? 'queuescope' }),
    ...(fifo && { MessageDeduplicationId: copy.dedupId ?? randomUUID() }),
  }
}
