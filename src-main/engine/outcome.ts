import type { RetryPolicy } from './retry'

/** What becomes of a message after an attempt. Pure: the same everywhere it is decided. */
export type Outcome =
  | { readonly kind: 'retry'; readonly inMs: number }
  /** Not tried again: it waits among the dead letters for a person. */
  | { readonly kind: 'dead' }

export interface FailedAttempt {
  /** 1 for the first. */
  readonly attempt: number
  readonly maxAttempts: number
  readonly error: unknown
  /** No later attempt can succeed. */
  readonly unrecoverable: boolean
  /** Asked for by the handler, instead of the policy's. */
  readonly delayMs: number | undefined
}

export function outcomeOf(policy: RetryPolicy, failed: FailedAttempt): Outcome {
  if (failed.unrecoverable || failed.attempt >= failed.maxAttempts) return dead
  const inMs = failed.delayMs ?? policy.delayMs(failed)
  return inMs === 'dead' ? dead : { kind: 'retry', inMs: Math.max(Math.round(inMs), 0) }
}

const dead: Outcome = { kind: 'dead' }

/** Two copies of this module (one imported, one required) must know each other's errors. */
const brand = Symbol.for('queuescope.unrecoverable')

/** Throw it, or a subclass, from a handler when trying again is pointless: the message is dead at once. */
export class UnrecoverableError extends Error {
  override readonly name: string = 'UnrecoverableError'
  readonly [brand] = true
}

export function isUnrecoverable(thrown: unknown): boolean {
  try {
    return typeof thrown === 'object' && thrown !== null && brand in thrown
  } catch {
    return false
  }
}
