/**
 * The one class of expected failures. A bug throws a plain Error and is masked at the RPC boundary; whatever a person
 * can act on is a Failure with a code of this closed set, a message that names the thing, and a hint that says what to do.
 */
export const failureCodes = [
  'bad-input',
  'not-found',
  'gone',
  'changed',
  'conflict',
  'denied',
  'read-only',
  'confirmation',
  'ticket',
  'auth',
  'tls',
  'unreachable',
  'timeout',
  'not-this-broker',
  'broker-state',
  'wrong-type',
  'unsupported',
  'too-large',
  'disk',
  'outcome-unknown',
  'closed',
  'interrupted',
] as const

export type FailureCode = (typeof failureCodes)[number]

/** What crosses a boundary: never a cause, never arguments of a command, never a secret. */
export interface FailureView {
  readonly code: FailureCode
  readonly message: string
  /** The next step for the person who reads it. */
  readonly hint?: string | undefined
  /** What it is about: a queue, a key, a field, a command. */
  readonly subject?: string | undefined
}

export class Failure extends Error {
  readonly code: FailureCode
  readonly hint: string | undefined
  readonly subject: string | undefined

  constructor(view: FailureView, options?: { cause?: unknown }) {
    super(view.message, options)
    this.name = 'Failure'
    this.code = view.code
    this.hint = view.hint
    this.subject = view.subject
  }

  /** What, why and what next in one text: for an item of many, which has room for no more. */
  get words(): string {
    return `${this.message} ${this.hint ?? ''}`.trim()
  }

  view(): FailureView {
    return { code: this.code, message: this.message, hint: this.hint, subject: this.subject }
  }
}

export const isFailure = (error: unknown): error is Failure => error instanceof Failure
