import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs'

/** A message that was looked at: kept here, readable for free, and hidden from others until `heldUntil`. Times by this machine's clock. */
export interface Held {
  readonly id: string
  readonly text: string
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>
  readonly system: Readonly<Partial<Record<string, string>>>
  /** Good for as long as nobody else receives it. */
  readonly receipt: string
  readonly heldUntil: number
}

export const heldOf = (message: Message, heldUntil: number): Held => ({
  id: message.MessageId ?? '',
  text: message.Body ?? '',
  attributes: message.MessageAttributes ?? {},
  system: message.Attributes ?? {},
  receipt: message.ReceiptHandle ?? '',
  heldUntil,
})

export const receivesOf = ({ system }: Pick<Held, 'system'>): number => Number(system.ApproximateReceiveCount ?? 0)

/** What one looks at of one queue, and when. */
export interface Look {
  readonly takenAt: number
  readonly messages: Map<string, Held>
  note: string | null
}
