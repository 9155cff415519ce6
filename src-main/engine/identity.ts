import { Failure } from '@shared/failure'
import type { NewMessage } from '../brokers/driver'

/** How one message differs from the queue's usual ones. */
export interface EnqueueOptions {
  /** Ready only after this many milliseconds by the server's clock. */
  readonly delayMs?: number
  /** 0 (first) to 9; default 5. */
  readonly priority?: number
  /** Default: the queue's. */
  readonly maxAttempts?: number
  /** Small facts beside the body: a trace id, a tenant. */
  readonly attributes?: Readonly<Record<string, string>>
}

/** What is written for a value: bytes as they are, anything else as JSON. */
export function messageOf(value: unknown, options: EnqueueOptions = {}): NewMessage {
  const { delayMs, priority, maxAttempts, attributes } = options
  if (maxAttempts !== undefined && !(Number.isInteger(maxAttempts) && maxAttempts >= 1 && maxAttempts <= 1_000_000))
    throw new Failure({ code: 'bad-input', message: `A message is tried 1 to 1,000,000 times, not ${maxAttempts}.` })
  return {
    body: bodyOf(value),
    ...(delayMs === undefined ? {} : { delayMs }),
    ...(priority === undefined ? {} : { priority }),
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
    ...(attributes === undefined ? {} : { attributes }),
  }
}

function bodyOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  const text = JSON.stringify(value)
  if (text === undefined)
    throw new Failure({ code: 'bad-input', message: `A ${typeof value} cannot be written as JSON.` })
  return Buffer.from(text)
}
