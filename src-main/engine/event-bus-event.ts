/** What happened, as subscribers get it. */
export interface BusEvent<Data = unknown> {
  /** Grows with time within one type. */
  readonly id: string
  readonly type: string
  readonly data: Data
  /** When it was published, by the server's clock, in ms since 1970. */
  readonly at: number
  readonly attributes: Readonly<Record<string, string>>
}

/** How an event came to a handler. */
export interface Delivery {
  /** undefined: best effort, by pub/sub. */
  readonly group: string | undefined
  /** 1 for the first; more than 1 says that somebody has tried before, perhaps with effect. */
  readonly attempt: number
  /** Aborts when the event is given to somebody else, and at the end of a stop's grace. */
  readonly signal: AbortSignal
}

export type EventHandler<Data = unknown> = (event: BusEvent<Data>, delivery: Delivery) => unknown

export interface Subscription {
  /** Takes nothing more, waits for handlers at work for at most `graceMs` (default 10 s). Stopping twice is harmless. */
  stop(graceMs?: number): Promise<void>
}

/** An event travels as "id, attributes as JSON, data as JSON", each on a line: JSON has no line ends of its own. */
export function eventOfNotice(type: string, notice: string): BusEvent | undefined {
  const [id = '', attributes = '', ...data] = notice.split('\n')
  try {
    return { id, type, at: timeOf(id), attributes: JSON.parse(attributes || '{}'), data: JSON.parse(data.join('\n')) }
  } catch {
    return undefined
  }
}

export const timeOf = (id: string): number => Number(id.slice(0, id.indexOf('-')))
