import type { Message } from '@aws-sdk/client-sqs'
import { isStillDelayed } from './delays'
import { type NativeAttributes, nativeOf } from './layout'
import { noteName, readNote, type SideNote } from './side-note'

/** A message in hand, with all that is needed to send it on unchanged. Times are SQS's own. */
export interface Received {
  /** Its id for the engine: SQS's own, and for a copy that of the first. */
  readonly id: string
  readonly receipt: string
  readonly text: string
  readonly native: NativeAttributes
  readonly note: SideNote
  readonly sentAt: number
  readonly firstReceivedAt: number
  readonly receiveCount: number
  readonly groupId: string | undefined
  readonly traceHeader: string | undefined
  /** Of the queue whose redrive policy brought it here. */
  readonly sourceArn: string | undefined
}

export function receivedOf(message: Message): Received {
  const { [noteName]: own, ...others } = message.MessageAttributes ?? {}
  const note = readNote(own?.StringValue)
  const native = note === undefined ? (message.MessageAttributes ?? {}) : { ...others, ...nativeOf(note) }
  const system = message.Attributes ?? {}
  return {
    id: note?.id ?? message.MessageId ?? '',
    receipt: message.ReceiptHandle ?? '',
    text: message.Body ?? '',
    native,
    note: { ...note, aside: undefined },
    sentAt: Number(system.SentTimestamp ?? 0),
    firstReceivedAt: Number(system.ApproximateFirstReceiveTimestamp ?? 0),
    receiveCount: Number(system.ApproximateReceiveCount ?? 1),
    groupId: system.MessageGroupId,
    traceHeader: system.AWSTraceHeader,
    sourceArn: system.DeadLetterQueueSourceArn,
  }
}

/** When it came in first. */
export const enqueuedAtOf = ({ note, sentAt }: Received): number => note.at ?? sentAt

/**
 * Receives are attempts, but for the one at which a long delay was taken up again, and on top of those of earlier copies. A look
 * by somebody else is a receive too, and cannot be told from an attempt.
 */
export const attemptOf = (received: Received): number =>
  (received.note.spent ?? 0) + received.receiveCount - (wasPutBack(received) ? 1 : 0)

/** Its first receive came before it was due: so it was put back then. The same for all who look, since SQS keeps that time. */
export const wasPutBack = ({ note, firstReceivedAt }: Received): boolean => isStillDelayed(note.due, firstReceivedAt)
