import type { HistoryEvent } from '@shared/model/message'

/**
 * What is kept of a message besides its body, as lines of text: "attempts maxAttempts events", attributes as JSON, the
 * last stack as JSON, then one JSON object per event, oldest first. Scripts append to it without parsing any JSON. Absent
 * for a message that never failed and has no attributes.
 */
export interface Meta {
  /** Attempts that ended badly since the message was enqueued or replayed. */
  readonly attempts: number
  /** undefined: the queue's policy. */
  readonly maxAttempts: number | undefined
  readonly attributes: Readonly<Record<string, string>>
  readonly stack: string | null
  readonly events: readonly MetaEvent[]
}

export interface MetaEvent {
  readonly at: number
  readonly attempt: number
  readonly event: 'failed' | 'died' | 'lease expired'
  readonly name: string
  readonly message: string
}

/** The newest are kept. */
export const longestHistory = 64

const longestName = 200
const longestMessage = 1024
const longestStack = 4096

export const noMeta: Meta = { attempts: 0, maxAttempts: undefined, attributes: {}, stack: null, events: [] }

/** undefined: there is nothing to say. */
export function firstMeta(
  attributes: Readonly<Record<string, string>> | undefined,
  maxAttempts: number | undefined,
): string | undefined {
  const named = attributes !== undefined && Object.keys(attributes).length > 0
  if (!named && maxAttempts === undefined) return undefined
  return `0 ${maxAttempts ?? 0} 0\n${named ? JSON.stringify(attributes) : ''}\n\n`
}

/** What an event says besides time and attempt, which the script knows. */
export const eventTail = (event: MetaEvent['event'], error: { readonly name: string; readonly message: string }) =>
  `"event":${JSON.stringify(event)},"name":${clipped(error.name, longestName)},"message":${clipped(error.message, longestMessage)}}`

export const stackLine = (stack: string | null): string => (stack === null ? '' : clipped(stack, longestStack))

/** What a lease needs, without reading a history that may be long. */
export function parseMetaHead(bytes: Buffer | null | undefined): Pick<Meta, 'attempts' | 'maxAttempts' | 'attributes'> {
  if (!bytes) return noMeta
  const lineEnd = bytes.indexOf(10)
  return parseMeta(bytes.subarray(0, bytes.indexOf(10, lineEnd + 1)))
}

/** Reads leniently: whatever is not as written above is left out, since a message with a damaged history still is a message. */
export function parseMeta(bytes: Uint8Array | null | undefined): Meta {
  if (!bytes) return noMeta
  const [head = '', attributes = '', stack = '', ...events] = Buffer.from(bytes).toString('utf8').split('\n')
  const [attempts = 0, maxAttempts = 0] = head.split(' ').map(Number)
  return {
    attempts: Number.isSafeInteger(attempts) ? attempts : 0,
    maxAttempts: Number.isSafeInteger(maxAttempts) && maxAttempts > 0 ? maxAttempts : undefined,
    attributes: parsed(attributes, isAttributes) ?? {},
    stack: parsed(stack, (value): value is string => typeof value === 'string') ?? null,
    events: events.map((line) => parsed(line, isEvent)).filter((event) => event !== undefined),
  }
}

export const historyOf = (meta: Meta): HistoryEvent[] =>
  meta.events.map(({ at, attempt, event, name, message }) => ({
    at,
    event,
    attempt,
    detail: message === '' ? name : `${name}: ${message}`,
  }))

/** Cut by code points, so that no surrogate is left alone. */
function clipped(text: string, longest: number): string {
  return JSON.stringify(text.length <= longest ? text : `${text.slice(0, longest).replace(/[\uD800-\uDBFF]$/, '')}…`)
}

function parsed<Value>(line: string, is: (value: unknown) => value is Value): Value | undefined {
  if (line === '') return undefined
  try {
    const value: unknown = JSON.parse(line)
    return is(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isAttributes = (value: unknown): value is Record<string, string> =>
  isRecord(value) && Object.values(value).every((entry) => typeof entry === 'string')

const isEvent = (value: unknown): value is MetaEvent =>
  isRecord(value) &&
  typeof value.at === 'number' &&
  typeof value.attempt === 'number' &&
  typeof value.event === 'string' &&
  typeof value.name === 'string' &&
  typeof value.message === 'string'
