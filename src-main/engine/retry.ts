import { Failure } from '@shared/failure'

/** When a message is tried again: delays in turn, exponential delays, or a function that says it. */
export type Retry = readonly number[] | ExponentialRetry | RetryFunction

/** Before retry n: a random time up to min(baseMs * factor^(n-1), capMs), so that what failed together does not come back together. */
export interface ExponentialRetry {
  readonly baseMs: number
  /** Default 5 min. */
  readonly capMs?: number
  /** Default 2. */
  readonly factor?: number
  /** 'none': exactly that time. Default 'full': anything from 0 up to it. */
  readonly jitter?: 'full' | 'none'
}

/** Milliseconds until the next attempt, or 'dead'. One that throws, or answers no number, leaves it to the usual delays. */
export type RetryFunction = (failed: {
  /** The attempt that failed; 1 for the first. */
  readonly attempt: number
  readonly maxAttempts: number
  readonly error: unknown
}) => number | 'dead'

export interface RetryOptions {
  /** How often a message is tried, the first time included; default 6. */
  readonly maxAttempts?: number
  readonly retry?: Retry
  /** The same as `retry` with delays: before the 2nd, 3rd, ... attempt; the last stands for all after it. */
  readonly retryDelaysMs?: readonly number[]
}

export interface RetryPolicy {
  readonly maxAttempts: number
  readonly delayMs: RetryFunction
}

/** At once, 1 s, 10 s, 1 min, 5 min: short hiccups pass unseen, long outages are waited out for six minutes. */
export const usualDelaysMs = [0, 1_000, 10_000, 60_000, 300_000] as const
export const usualAttempts = 6
export const mostAttempts = 1_000_000

/** Longer is a mistake, and sorts badly. */
const longestDelayMs = 365 * 86_400_000

/** `where` names the queue in what is refused. */
export function retryPolicy(where: string, options: RetryOptions, random: () => number = Math.random): RetryPolicy {
  const { maxAttempts = usualAttempts, retry, retryDelaysMs } = options
  const refuse = (rule: string) => new Failure({ code: 'bad-input', message: `${where}: ${rule}`, subject: where })
  if (!(Number.isInteger(maxAttempts) && maxAttempts >= 1 && maxAttempts <= mostAttempts))
    throw refuse(`a message is tried 1 to 1,000,000 times (maxAttempts), not ${maxAttempts}.`)
  if (retry !== undefined && retryDelaysMs !== undefined)
    throw refuse('retry and retryDelaysMs say the same thing: give one of them.')
  const wanted = retry ?? retryDelaysMs ?? usualDelaysMs
  if (typeof wanted === 'function') return Object.freeze({ maxAttempts, delayMs: guarded(wanted) })
  if ('baseMs' in wanted) {
    const { baseMs, capMs = 300_000, factor = 2, jitter = 'full' } = wanted
    if (!(baseMs >= 0 && capMs >= 0 && factor >= 1))
      throw refuse('exponential retries need a baseMs and capMs of at least 0 and a factor of at least 1.')
    return Object.freeze({ maxAttempts, delayMs: exponential({ baseMs, capMs, factor, jitter }, random) })
  }
  if (wanted.some((delay) => !(delay >= 0))) throw refuse('a retry waits 0 ms or longer.')
  return Object.freeze({ maxAttempts, delayMs: scheduled(wanted) })
}

const scheduled =
  (delaysMs: readonly number[]): RetryFunction =>
  ({ attempt }) =>
    bounded(delaysMs[Math.min(attempt, delaysMs.length) - 1] ?? 0)

const usual = scheduled(usualDelaysMs)

const exponential =
  ({ baseMs, capMs, factor, jitter }: Required<ExponentialRetry>, random: () => number): RetryFunction =>
  ({ attempt }) => {
    const most = bounded(Math.min(baseMs * factor ** (attempt - 1), capMs))
    return jitter === 'none' ? most : Math.floor(random() * (most + 1))
  }

/** A slip in somebody's function must not lose the message, nor retry it without end. */
const guarded =
  (own: RetryFunction): RetryFunction =>
  (failed) => {
    try {
      const answer = own(failed)
      if (answer === 'dead') return answer
      if (typeof answer === 'number' && !Number.isNaN(answer)) return bounded(answer)
    } catch {}
    return usual(failed)
  }

const bounded = (delayMs: number): number => Math.min(Math.max(Math.round(delayMs), 0), longestDelayMs)
