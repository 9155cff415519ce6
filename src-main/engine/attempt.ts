import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Clock } from '../runtime/clock'
import type { Message } from './message'
import { checkForLease } from './payload-schema'
import type { QueueContext } from './queue-context'

export type Handler<Data> = (message: Message<Data>) => unknown

export type Attempt = (message: Message) => unknown

/** The attempt's time was over. */
export class AttemptTimeoutError extends Error {
  override readonly name = 'TimeoutError'
}

/** A handler with what its queue asks for around it: decided once, so that nothing is asked per message. */
export function attemptOf({ name, rules, tracing, clock }: QueueContext, handler: Attempt): Attempt {
  let attempt = handler
  if (rules.schema !== undefined) attempt = checked(attempt, rules.schema)
  if (tracing !== undefined) {
    const inner = attempt
    attempt = (message) => tracing.consuming(name, message, () => inner(message))
  }
  if (rules.timeoutMs !== undefined) attempt = timed(attempt, rules.timeoutMs, clock)
  return attempt
}

const checked =
  (attempt: Attempt, schema: StandardSchemaV1): Attempt =>
  (message) => {
    const data = checkForLease(schema, message.data)
    if (!(data instanceof Promise)) {
      message.accept(data)
      return attempt(message)
    }
    return data.then((late) => {
      message.accept(late)
      return attempt(message)
    })
  }

/** Fails when the time is over, whether or not the handler heeds its signal. */
const timed =
  (attempt: Attempt, timeoutMs: number, clock: Clock): Attempt =>
  async (message) => {
    let cancel = () => {}
    const late = new Promise<never>((_, reject) => {
      cancel = clock.after(timeoutMs, () => {
        const error = new AttemptTimeoutError(`The attempt took longer than ${timeoutMs} ms.`)
        message.abort(error)
        reject(error)
      })
    })
    try {
      return await Promise.race([attempt(message), late])
    } finally {
      cancel()
    }
  }
