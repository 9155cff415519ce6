import type { HistoryEvent, MessageError } from '@shared/model/message'

/**
 * What is kept of a message that failed, as lines of text: "attempts replays events", the last stack as JSON, then one JSON
 * object per event, oldest first. Scripts append to it without parsing any JSON.
 */
export interface Meta {
  /** Attempts that ended badly since the message was produced or replayed. */
  readonly attempts: number
  readonly replays: number
  readonly stack: string | null
  readonly events: readonly MetaEvent[]
}

export interface MetaEvent {
  readonly at: number
  /** null: no attempt, but something that was done to the message. */
  readonly attempt: number | null
  readonly event: 'failed' | 'died' | 'lease expired' | 'replayed'
  readonly to: 'ready' | 'delayed' | 'dead'
  /** The worker. */
  readonly actor: string | null
  /** The lease. */
  readonly fence: string | null
  /** Of the error. */
  readonly name: string | null
  readonly message: string | null
}

/** The newest are kept. */
export const longestHistory = 64

const longestName = 200
const longestMessage = 1024
const longestStack = 4096

const noMeta: Meta = { attempts: 0, replays: 0, stack: null, events: [] }

/** What an event of a failure says of its error; the scripts write the rest around it. */
export const errorTail = (error: { readonly name: string; readonly message: string }) =>
  `"name":${clipped(error.name, longestName)},"message":${clipped(error.message, longestMessage)}`

export const stackLine = (stack: string | null): string => (stack === null ? '' : clipped(stack, longestStack))

/** What a lease needs, without reading a history that may be long. */
export function headOf(bytes: Buffer | null | undefined): Pick<Meta, 'attempts' | 'replays'> {
  if (!bytes) return noMeta
  const [attempts = 0, replays = 0] = bytes.subarray(0, bytes.indexOf(10)).toString('latin1').split(' ').map(Number)
  return { attempts: sound(attempts), replays: sound(replays) }
}

/** Reads leniently: a message with a damaged history still is a message. */
export function parseMeta(bytes: Buffer | null | undefined): Meta {
  if (!bytes) return noMeta
  const [, stack = '', ...events] = bytes.toString('utf8').split('\n')
  return {
    ...headOf(bytes),
    stack: parsed(stack, (value): value is string => typeof value === 'string') ?? null,
    events: events.map((line) => parsed(line, isEvent)).filter((event) => event !== undefined),
  }
}

export const historyOf = (meta: Meta): HistoryEvent[] =>
  meta.events.map(({ at, attempt, event, to, actor, fence, name, message }) => ({
    at,
    event,
    attempt,
    detail: name === null ? null : message ? `${name}: ${message}` : name,
    from: event === 'replayed' ? 'dead' : 'leased',
    to,
    actor,
    fence,
  }))

export function errorOf({ events, stack }: Meta): MessageError | null {
  const last = events.findLast((event) => event.name !== null)
  return last ? { name: last.name ?? '', message: last.message ?? '', stack } : null
}

/** Cut by code points, so that no surrogate is left alone. */
const clipped = (text: string, longest: number): string =>
  JSON.stringify(text.length <= longest ? text : `${text.slice(0, longest).replace(/[\uD800-\uDBFF]$/, '')}…`)

const sound = (number: number): number => (Number.isSafeInteger(number) && number >= 0 ? number : 0)

function parsed<Value>(line: string, is: (value: unknown) => value is Value): Value | undefined {
  if (line === '') return undefined
  try {
    const value: unknown = JSON.parse(line)
    return is(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isEvent(value: unknown): value is MetaEvent {
  if (typeof value !== 'object' || value === null) return false
  const event = value as Record<string, unknown>
  const texts = [event.actor, event.fence, event.name, event.message]
  return (
    typeof event.at === 'number' &&
    (event.attempt === null || typeof event.attempt === 'number') &&
    typeof event.event === 'string' &&
    typeof event.to === 'string' &&
    texts.every((text) => text === null || typeof text === 'string')
  )
}
