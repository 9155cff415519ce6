import { Failure } from '@shared/failure'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Driver } from '../brokers/driver'
import type { KeepDone, RateLimit } from '../brokers/driver-messages'
import { requireAbility } from './abilities'
import { type RetryOptions, type RetryPolicy, retryPolicy } from './retry'

export interface QueueConfig extends RetryOptions {
  /**
   * What a payload must be: any Standard Schema (zod, valibot, ...). Checked at enqueue, where a bad one is refused, and at
   * lease, where a bad one is dead at once; handlers see what the schema makes of the payload.
   */
  readonly schema?: StandardSchemaV1
  /** Longest run of one attempt: then its signal aborts and it has failed. Default: as long as the handler likes. */
  readonly timeoutMs?: number
  /** Messages that are done stay to be looked at, with their results: the newest `count` (default 1,000) of the last `ageMs` (default a day). */
  readonly keepDone?: Partial<KeepDone>
  /** At most `max` messages begin in any `perMs`, all workers of the queue together. */
  readonly limit?: RateLimit
  /** The same for each group. */
  readonly groupLimit?: RateLimit
  /** Longest body; default 5 MB, on SQS what SQS takes. */
  readonly maxBytes?: number
}

/** A config, checked once. */
export interface QueueRules {
  readonly retry: RetryPolicy
  readonly schema: StandardSchemaV1 | undefined
  readonly timeoutMs: number | undefined
  readonly keepDone: KeepDone | undefined
  readonly limit: RateLimit | undefined
  readonly groupLimit: RateLimit | undefined
  readonly maxBytes: number
}

/** A message is copied whole by whoever touches it: larger things belong into a store, and their address into the message. */
const usualMaxBytes = 5_000_000

export function queueRules(name: string, config: QueueConfig, driver: Driver): QueueRules {
  const { schema, timeoutMs, keepDone, limit, groupLimit, maxBytes } = config
  const refuse = (rule: string): Failure =>
    new Failure({ code: 'bad-input', message: `Queue ${name}: ${rule}`, subject: name })
  if (schema !== undefined && typeof schema?.['~standard']?.validate !== 'function')
    throw refuse('a schema is a Standard Schema (zod, valibot, ...).')
  if (timeoutMs !== undefined && !(timeoutMs > 0)) throw refuse(`timeoutMs is above 0, not ${timeoutMs}.`)
  if (maxBytes !== undefined && !(maxBytes > 0)) throw refuse(`maxBytes is above 0, not ${maxBytes}.`)
  if (keepDone) {
    const { count = 1, ageMs = 1 } = keepDone
    if (!(count >= 1 && ageMs >= 1)) throw refuse('keepDone keeps at least one message for at least 1 ms.')
    requireAbility(driver, 'keepDone', name, 'keep what is done')
  }
  for (const [each, ability, what] of [
    [limit, 'limit', 'limit how many messages begin'],
    [groupLimit, 'groupLimit', 'limit how many messages of a group begin'],
  ] as const) {
    if (!each) continue
    if (!(Number.isInteger(each.max) && each.max >= 1 && each.perMs >= 1))
      throw refuse(`${ability} needs a whole max of at least 1 and a perMs of at least 1.`)
    requireAbility(driver, ability, name, what)
  }
  return Object.freeze({
    retry: retryPolicy(`Queue ${name}`, config),
    schema,
    timeoutMs,
    keepDone: keepDone ? { count: keepDone.count ?? 1_000, ageMs: keepDone.ageMs ?? 86_400_000 } : undefined,
    limit,
    groupLimit,
    // SQS counts attributes in, and says itself what is too large.
    maxBytes: maxBytes ?? (driver.name === 'sqs' ? Number.POSITIVE_INFINITY : usualMaxBytes),
  })
}
