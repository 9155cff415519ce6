/** The value of one message attribute: text (String, Number) or binary. */
export interface AttributeValue {
  readonly dataType: string
  readonly text?: string
  readonly binary?: Buffer
}

/** What a sender gave, checked. */
export interface NewSqsMessage {
  readonly body: string
  readonly attributes: ReadonlyMap<string, AttributeValue>
  /** The X-Ray header, the only system attribute that can be sent. */
  readonly traceHeader: string | undefined
  readonly group: string | undefined
  readonly dedupId: string | undefined
  /** Undefined: the queue's. */
  readonly delayMs: number | undefined
}

export type SqsMessageState = 'delayed' | 'visible' | 'in flight' | 'gone'

/** A message as a queue keeps it. Times are epoch milliseconds. */
export interface SqsMessage {
  readonly id: string
  readonly body: string
  readonly attributes: ReadonlyMap<string, AttributeValue>
  readonly traceHeader: string | undefined
  readonly group: string | undefined
  readonly dedupId: string | undefined
  /** FIFO only. */
  readonly sequence: string | undefined
  readonly sentAt: number
  /** Retention counts from here; not the same as sentAt after a move. */
  readonly retainedSince: number
  /** Where it came from, in a dead-letter queue. */
  readonly deadLetterSource: string | undefined
  state: SqsMessageState
  /** Goes up with every change of state: what was noted about an earlier state is void. */
  turn: number
  receiveCount: number
  firstReceivedAt: number | undefined
  /** When it was received last: the twelve hours count from here. */
  receivedAt: number
  /** The number of the last receipt; older ones are stale. */
  receipt: number
}

/** As a queue counts it: body, and name, type and value of each attribute. */
export function sizeOf(body: string, attributes: ReadonlyMap<string, AttributeValue>): number {
  let bytes = Buffer.byteLength(body, 'utf8')
  for (const [name, { dataType, text, binary }] of attributes)
    bytes +=
      Buffer.byteLength(name, 'utf8') +
      Buffer.byteLength(dataType, 'utf8') +
      (binary?.length ?? Buffer.byteLength(text ?? '', 'utf8'))
  return bytes
}
