import type { Account } from '../account'
import type { RequestInput } from '../request-input'

/** What an operation may know of its call besides the request. */
export interface Call {
  /** Aborts when the asker hung up. */
  readonly gone: AbortSignal
}

export type OperationOutput = Readonly<Record<string, unknown>>

export type Operation = (
  account: Account,
  input: RequestInput,
  call: Call,
) => OperationOutput | Promise<OperationOutput>
