/**
 * The model's types of messages written out: packed, they stand in for the model's own, which are inferred from schemas that
 * a service need not install. message-types.test.ts does not compile when the two differ.
 */
export type MessageState = 'ready' | 'leased' | 'delayed' | 'dead' | 'done'

export type HistoryEvent = {
  at: number | null
  event: string
  detail: string | null
  attempt: number | null
  from?: MessageState | null | undefined
  to?: MessageState | null | undefined
  actor?: string | null | undefined
  fence?: string | null | undefined
}

export type MessageError = {
  name: string
  message: string
  stack: string | null
}
