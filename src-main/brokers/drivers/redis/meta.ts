import type { HistoryEvent, MessageState } from '@shared/model/message'
import type { ChildOf } from '../../driver-messages'

/**
 * What is kept of a message besides its body, as lines of text: "attempts maxAttempts events deaths", with the parent behind
 * them where there is one; attributes as JSON; the last stack; then one line per event, oldest first (see MetaEvent).
 * Scripts append to it without parsing. Absent for a message that never failed and has no attributes.
 */
export interface Meta {
  /** Attempts that ended badly since the message was enqueued or replayed. */
  readonly attempts: number
  /** undefined: the queue's policy. */
  readonly maxAttempts: number | undefined
  readonly deaths: number
  readonly parent: ChildOf | null
  readonly attributes: Readonly<Record<string, string>>
  readonly stack: string | null
  readonly events: readonly MetaEvent[]
}

/** "at attempt kind fence worker TAB name TAB message", each text with \\, \n and \t escaped. */
export interface MetaEvent {
  readonly at: number
  readonly attempt: number
  readonly kind: EventKind
  /** The lease under which it happened; 0 when under none. */
  readonly fence: string
  readonly worker: string
  readonly name: string
  readonly message: string
}

/** What happened, and which states it led from and to. */
export const eventKinds = {
  f: { event: 'failed', from: 'leased', to: 'delayed' },
  r: { event: 'failed', from: 'leased', to: 'ready' },
  d: { event: 'died', from: 'leased', to: 'dead' },
  x: { event: 'lease expired', from: 'leased', to: 'ready' },
  X: { event: 'lease expired', from: 'leased', to: 'dead' },
  p: { event: 'promoted', from: 'delayed', to: 'ready' },
  c: { event: 'priority changed', from: null, to: null },
  e: { event: 'edited', from: null, to: null },
} as const satisfies Record<
  string,
  { readonly event: string; readonly from: MessageState | null; readonly to: MessageState | null }
>
export type EventKind = keyof typeof eventKinds

/** The newest are kept. */
export const longestHistory = 64

const longestName = 200
const longestMessage = 1024
const longestStack = 4096

export const noMeta: Meta = {
  attempts: 0,
  maxAttempts: undefined,
  deaths: 0,
  parent: null,
  attributes: {},
  stack: null,
  events: [],
}

/** undefined: there is nothing to say. */
export function firstMeta({
  attributes,
  maxAttempts,
  parent,
}: {
  readonly attributes?: Readonly<Record<string, string>> | undefined
  readonly maxAttempts?: number | undefined
  readonly parent?: ChildOf | undefined
}): string | undefined {
  const named = attributes !== undefined && Object.keys(attributes).length > 0
  if (!named && maxAttempts === undefined && !parent) return undefined
  const line = `0 ${maxAttempts ?? 0} 0 0${parent ? ` ${parentToken(parent)}` : ''}`
  return `${line}\n${named ? JSON.stringify(attributes) : ''}\n\n`
}

export const parentToken = ({ queue, id, index }: ChildOf): string =>
  [queue, id, index].map((part) => encodeURIComponent(part)).join('/')

export function parentOfToken(token: string): ChildOf | null {
  const [queue, id, index] = token.split('/')
  if (queue === undefined || id === undefined || index === undefined) return null
  return { queue: decodeURIComponent(queue), id: decodeURIComponent(id), index: Number(index) }
}

/** What an event says besides time, attempt, kind, fence and worker, which the script knows. */
export const eventTail = (error: { readonly name: string; readonly message: string }): string =>
  `\t${line(error.name, longestName)}\t${line(error.message, longestMessage)}`

/** A V8 stack begins with name and message, which the event holds already; and each of its frames begins alike. */
export function stackLine(error: {
  readonly name: string
  readonly message: string
  readonly stack: string | null
}): string {
  if (error.stack === null) return ''
  const head = `${error.name}: ${error.message}`
  const rest = error.stack.startsWith(`${head}\n`) ? `=${error.stack.slice(head.length)}` : error.stack
  return line(rest, longestStack)
}

/** What a lease needs, without reading a history that may be long. */
export function parseMetaHead(
  bytes: Buffer | null | undefined,
): Pick<Meta, 'attempts' | 'maxAttempts' | 'attributes' | 'deaths'> {
  if (!bytes) return noMeta
  const lineEnd = bytes.indexOf(10)
  const [attempts, maxAttempts, , deaths] = bytes.toString('latin1', 0, Math.max(lineEnd, 0)).split(' ')
  const attributesEnd = bytes.indexOf(10, lineEnd + 1)
  return {
    attempts: whole(attempts),
    maxAttempts: whole(maxAttempts) || undefined,
    deaths: whole(deaths),
    attributes: attributesOf(bytes.toString('utf8', lineEnd + 1, Math.max(attributesEnd, lineEnd + 1))),
  }
}

/** Reads leniently: whatever is not as written above is left out, since a message with a damaged history still is a message. */
export function parseMeta(bytes: Uint8Array | null | undefined): Meta {
  if (!bytes) return noMeta
  const [head = '', attributes = '', stack = '', ...lines] = (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes))
    .toString('utf8')
    .split('\n')
  const [attempts, maxAttempts, , deaths, parent] = head.split(' ')
  const events = lines.map(eventOf).filter((event) => event !== undefined)
  return {
    attempts: whole(attempts),
    maxAttempts: whole(maxAttempts) || undefined,
    deaths: whole(deaths),
    parent: parent === undefined ? null : parentOfToken(parent),
    attributes: attributesOf(attributes),
    stack: stack === '' ? null : wholeStack(unescaped(stack), lastFailure(events)),
    events,
  }
}

/** The newest event that tells of an error. */
export const lastFailure = (events: readonly MetaEvent[]): MetaEvent | undefined =>
  events.findLast(({ kind }) => eventKinds[kind].from === 'leased')

export const historyOf = (meta: Meta): HistoryEvent[] =>
  meta.events.map(({ at, attempt, kind, fence, worker, name, message }) => ({
    at,
    event: eventKinds[kind].event,
    attempt,
    detail: message === '' ? name : `${name}: ${message}`,
    from: eventKinds[kind].from,
    to: eventKinds[kind].to,
    actor: worker === '' ? null : worker,
    fence: fence === '0' ? null : fence,
  }))

const wholeStack = (stack: string, of: MetaEvent | undefined): string =>
  stack.startsWith('=') ? `${of?.name}: ${of?.message}${stack.slice(1)}` : stack

const whole = (text: string | undefined): number => {
  const value = Number(text ?? 0)
  return Number.isSafeInteger(value) && value >= 0 ? value : 0
}

/** Cut by code points, so that no surrogate is left alone, and on one line. */
export function line(text: string, longest: number): string {
  const cut = text.length <= longest ? text : `${text.slice(0, longest).replace(/[\uD800-\uDBFF]$/, '')}…`
  return /[\\\n\t]/.test(cut) ? cut.replace(/\n {4}at |[\\\n\t]/g, (mark) => escapes[mark] ?? mark) : cut
}

const escapes: Readonly<Record<string, string>> = { '\n    at ': '\\a', '\\': '\\\\', '\n': '\\n', '\t': '\\t' }

/** What `line` wrote, as it was. */
export const unescaped = (text: string): string =>
  text.includes('\\') ? text.replace(/\\[a\\nt]/g, (mark) => unescapes[mark] ?? mark) : text

const unescapes = Object.fromEntries(Object.entries(escapes).map(([plain, written]) => [written, plain]))

function eventOf(text: string): MetaEvent | undefined {
  const [head = '', name, message] = text.split('\t')
  const [at, attempt, kind, fence, ...worker] = head.split(' ')
  if (!(Number(at) >= 0 && Number(attempt) >= 0) || fence === undefined || !(kind! in eventKinds)) return undefined
  if (name === undefined || message === undefined) return undefined
  return {
    at: Number(at),
    attempt: Number(attempt),
    kind: kind as EventKind,
    fence,
    worker: unescaped(worker.join(' ')),
    name: unescaped(name),
    message: unescaped(message),
  }
}

function attributesOf(text: string): Readonly<Record<string, string>> {
  if (text === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
    return Object.values(value).every((entry) => typeof entry === 'string') ? (value as Record<string, string>) : {}
  } catch {
    return {}
  }
}
