import { Failure } from '@shared/failure'
import type { Driver } from '../brokers/driver'
import type { DriverAbility } from '../brokers/driver-abilities'
import type { NewMessage } from '../brokers/driver-messages'
import { requireAbility } from './abilities'
import { mostAttempts } from './retry'
import { isTraceparent, isTracestate } from './trace-context'

export type Attributes = Readonly<Record<string, string>>

/** How one message differs from the queue's usual ones. */
export interface EnqueueOptions {
  /** Chosen by the caller: while a message of this id exists, another one of it is a duplicate. */
  readonly id?: string
  /** A second message of the same key within the window is a duplicate, whatever became of the first. */
  readonly dedupKey?: string
  /** Default 5 min. */
  readonly dedupWindowMs?: number
  /** Ready only after this many milliseconds by the broker's clock. */
  readonly delayMs?: number
  /** Ready at this time by the broker's clock (a Date, or milliseconds since 1970), instead of delayMs. */
  readonly at?: Date | number
  /** 0 (first) to 9; default 5. */
  readonly priority?: number
  /** Strict order within a group, and one of it in flight. */
  readonly group?: string
  /** Default: the queue's. */
  readonly maxAttempts?: number
  /** Follows one affair through several queues; the attribute "traceId". */
  readonly traceId?: string
  /** Who sent it; the attribute "source". */
  readonly source?: string
  /** Small facts beside the body. `traceparent` and `tracestate` are W3C trace context and checked as such. */
  readonly attributes?: Attributes
}

const usualDedupWindowMs = 300_000
const longestName = 512
const longestDelayMs = 10 * 365 * 86_400_000

type Special = Omit<NewMessage, 'body'>

/** What options say about a message, checked; undefined: nothing. Throws a Failure that names queue and rule. */
export function specialOf(driver: Driver, queue: string, options: EnqueueOptions | undefined): Special | undefined {
  if (options === undefined) return undefined
  const { id, dedupKey, dedupWindowMs, delayMs, at, priority, group, maxAttempts } = options
  const refuse = (rule: string): Failure =>
    new Failure({ code: 'bad-input', message: `Queue ${queue}: ${rule}`, subject: queue })
  const need = (ability: DriverAbility, what: string) => requireAbility(driver, ability, queue, what)
  const name = (text: unknown, what: string) => {
    if (typeof text !== 'string' || text === '' || Buffer.byteLength(text) > longestName)
      throw refuse(`${what} is a text of 1 to ${longestName} bytes.`)
  }

  if (id !== undefined) {
    name(id, 'an id')
    need('ownIds', 'take ids chosen by the sender')
  }
  if (dedupKey !== undefined) {
    name(dedupKey, 'a dedupKey')
    need('dedup', 'tell duplicates')
  }
  if (dedupWindowMs !== undefined && !(dedupWindowMs > 0 && dedupWindowMs <= longestDelayMs))
    throw refuse(`a dedupWindowMs is above 0, not ${dedupWindowMs}.`)
  if (delayMs !== undefined && !(delayMs >= 0 && delayMs <= longestDelayMs))
    throw refuse(`a delay is 0 ms to 10 years, not ${delayMs}.`)
  const dueAt = at === undefined ? undefined : Number(at)
  if (dueAt !== undefined) {
    if (delayMs !== undefined) throw refuse('delayMs and at say the same thing: give one of them.')
    if (!(dueAt >= 0 && Number.isFinite(dueAt))) throw refuse('at is a Date, or milliseconds since 1970.')
  }
  if (delayMs || dueAt !== undefined) need('delay', 'delay messages')
  if (priority !== undefined) {
    if (!(Number.isInteger(priority) && priority >= 0 && priority <= 9))
      throw refuse(`a priority is 0 (first) to 9, not ${priority}.`)
    need('priority', 'order messages by priority')
  }
  if (group !== undefined) {
    name(group, 'a group')
    need('groups', 'keep groups in order')
  }
  if (maxAttempts !== undefined && !(Number.isInteger(maxAttempts) && maxAttempts >= 1 && maxAttempts <= mostAttempts))
    throw refuse(`a message is tried 1 to 1,000,000 times, not ${maxAttempts}.`)
  const attributes = attributesOf(options, refuse)
  if (attributes) need('attributes', 'carry attributes')

  const special: Special = {
    delayMs: delayMs === 0 ? undefined : delayMs,
    dueAt: dueAt === undefined ? undefined : Math.round(dueAt),
    priority,
    maxAttempts,
    attributes,
    ownId: id,
    dedup: dedupKey === undefined ? undefined : { key: dedupKey, windowMs: dedupWindowMs ?? usualDedupWindowMs },
    group,
  }
  // Options that say nothing leave the message on the fast way.
  return Object.values(special).every((value) => value === undefined) ? undefined : special
}

function attributesOf(
  { attributes, traceId, source }: EnqueueOptions,
  refuse: (rule: string) => Failure,
): Attributes | undefined {
  if (attributes === undefined && traceId === undefined && source === undefined) return undefined
  const all: Record<string, string> = { ...attributes }
  if (traceId !== undefined) all.traceId = traceId
  if (source !== undefined) all.source = source
  for (const [name, value] of Object.entries(all)) {
    if (name === '' || typeof value !== 'string')
      throw refuse(`the attribute ${JSON.stringify(name)} is not a text with a name.`)
  }
  if (all.traceparent !== undefined && !isTraceparent(all.traceparent))
    throw refuse('the attribute traceparent is no W3C trace context.')
  if (all.tracestate !== undefined && !isTracestate(all.tracestate))
    throw refuse('the attribute tracestate is no W3C trace state.')
  return Object.keys(all).length === 0 ? undefined : all
}

/** What is written for a value: bytes as they are, anything else as JSON. */
export function bodyOf(queue: string, value: unknown, maxBytes: number): Uint8Array | string {
  if (value instanceof Uint8Array) {
    if (value.byteLength > maxBytes) throw tooLarge(queue, value.byteLength, maxBytes)
    return value
  }
  const text = jsonOf(queue, value)
  // A UTF-16 unit makes at most three bytes: only what may be too long is measured.
  if (text.length * 3 > maxBytes) {
    const bytes = Buffer.byteLength(text)
    if (bytes > maxBytes) throw tooLarge(queue, bytes, maxBytes)
  }
  return text
}

function jsonOf(queue: string, value: unknown): string {
  let text: string | undefined
  let cause: unknown
  try {
    text = JSON.stringify(value)
  } catch (error) {
    cause = error
  }
  if (text !== undefined) return text
  const why = cause instanceof Error ? cause.message.split('\n', 1)[0] : `JSON knows no ${typeof value}`
  throw new Failure(
    {
      code: 'bad-input',
      message: `Queue ${queue}: this payload cannot be written as JSON: ${why}.`,
      subject: queue,
      hint: 'Give a JSON value, or bytes (Uint8Array) that are stored as they are.',
    },
    { cause },
  )
}

const tooLarge = (queue: string, bytes: number, maxBytes: number): Failure =>
  new Failure({
    code: 'too-large',
    message: `Queue ${queue}: a body of ${bytes} bytes is over its limit of ${maxBytes}.`,
    subject: queue,
    hint: 'Put what is large into a store of its own, and its address into the message.',
  })
