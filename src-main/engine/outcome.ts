/** What becomes of a message after an attempt. Pure: the same everywhere it is decided. */
export type Outcome =
  | { readonly kind: 'retry'; readonly inMs: number }
  /** Not tried again: it waits among the dead letters for a person. */
  | { readonly kind: 'dead' }

export interface RetryPolicy {
  /** How often a message is tried, the first time included. */
  readonly maxAttempts: number
  /** Before the 2nd, 3rd, ... attempt; the last stands for all after it. */
  readonly retryDelaysMs: readonly number[]
}

/** At once, 1 s, 10 s, 1 min, 5 min: short hiccups pass unseen, long outages are waited out for six minutes. */
export const defaultPolicy: RetryPolicy = {
  maxAttempts: 6,
  retryDelaysMs: [0, 1_000, 10_000, 60_000, 300_000],
}

export interface FailedAttempt {
  /** 1 for the first. */
  readonly attempt: number
  readonly maxAttempts: number
  /** No later attempt can succeed. */
  readonly unrecoverable: boolean
  /** Asked for by the handler, instead of the policy's. */
  readonly delayMs: number | undefined
}

export function outcomeOf(policy: RetryPolicy, failed: FailedAttempt): Outcome {
  if (failed.unrecoverable || failed.attempt >= failed.maxAttempts) return { kind: 'dead' }
  const { retryDelaysMs } = policy
  const usual = retryDelaysMs[Math.min(failed.attempt, retryDelaysMs.length) - 1] ?? 0
  return { kind: 'retry', inMs: Math.max(failed.delayMs ?? usual, 0) }
}

/** Throw it, or a subclass, from a handler when trying again is pointless: the message is dead at once. */
export class UnrecoverableError extends Error {
  override readonly name: string = 'UnrecoverableError'
}

/** An error as it is kept: anything can be thrown. */
export function errorOf(thrown: unknown): {
  readonly name: string
  readonly message: string
  readonly stack: string | null
} {
  if (thrown instanceof Error) return { name: thrown.name, message: thrown.message, stack: thrown.stack ?? null }
  return { name: 'Error', message: typeof thrown === 'string' ? thrown : inspected(thrown), stack: null }
}

function inspected(thrown: unknown): string {
  try {
    return JSON.stringify(thrown) ?? String(thrown)
  } catch {
    return Object.prototype.toString.call(thrown)
  }
}
