import { SqsError } from './errors'

interface Receipt {
  readonly queueArn: string
  readonly messageId: string
  readonly number: number
}

/** Opaque to callers; says of which queue, which message and which receive it is. */
export const receiptHandle = ({ queueArn, messageId, number }: Receipt): string =>
  Buffer.from(`${queueArn} ${messageId} ${number}`).toString('base64')

/** Throws ReceiptHandleIsInvalid for what was never given out by this queue. */
export function receiptOf(handle: string, queueArn: string): Receipt {
  const match = Buffer.from(handle, 'base64')
    .toString('utf8')
    .match(/^(\S+) (\S+) (\d+)$/)
  const [, arn, messageId, number] = match ?? []
  if (arn !== queueArn || messageId === undefined)
    throw new SqsError('ReceiptHandleIsInvalid', `The input receipt handle "${handle}" is not a valid receipt handle.`)
  return { queueArn: arn, messageId, number: Number(number) }
}
