import type { HistoryEvent, MessageError } from '@shared/model/message'
import type { BodyEncoding } from './body-text'

/**
 * What the engine has to say about a message and SQS has no place for: one attribute of JSON, there only where there is
 * something to say. A message of a plain producer has none.
 */
export interface SideNote {
  /** How the body is written. */
  readonly enc?: BodyEncoding
  /** The id under which the message came in, for a copy of it. */
  readonly id?: string
  /** When it came in, for a copy. */
  readonly at?: number
  readonly max?: number
  /** Not to be given out before; for delays that SQS cannot keep in one go. */
  readonly due?: number
  /** Attempts that earlier copies had. */
  readonly spent?: number
  readonly replays?: number
  /** The group, where SQS takes it under another name only. */
  readonly group?: string
  /** Attributes that SQS does not take: with an empty value, other characters, or beyond the tenth. */
  readonly more?: Readonly<Record<string, string>>
  /** Attributes of plain producers, put aside with their type to make room for this note. */
  readonly aside?: Readonly<Record<string, { readonly type: string; readonly text?: string; readonly base64?: string }>>
  readonly history?: readonly HistoryEvent[]
  /** The rest is of dead letters. */
  readonly error?: MessageError
  readonly attempts?: number
  /** When it died, as a stamp that only grows. */
  readonly died?: number
  /** The engine's queue that it died in. */
  readonly from?: string
}

export const noteName = 'queuescope'

type Check = (value: unknown) => boolean

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText: Check = (value) => typeof value === 'string'
const isNumber: Check = (value) => typeof value === 'number'
const isNull: Check = (value) => value === null
const either =
  (...checks: readonly Check[]): Check =>
  (value) =>
    checks.some((check) => check(value))
const optional = (check: Check): Check => either(check, (value) => value === undefined)
const each =
  (check: Check): Check =>
  (value) =>
    isRecord(value) && Object.values(value).every(check)
const shaped =
  (shape: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isRecord(value) && Object.entries(shape).every(([name, check]) => check(value[name]))

/** Anybody can write an attribute of this name: what is not shaped so is none of ours. */
const isNote = shaped({
  enc: optional((value) => value === 'base64' || value === 'empty'),
  id: optional(isText),
  at: optional(isNumber),
  max: optional(isNumber),
  due: optional(isNumber),
  spent: optional(isNumber),
  replays: optional(isNumber),
  group: optional(isText),
  more: optional(each(isText)),
  aside: optional(each(shaped({ type: isText, text: optional(isText), base64: optional(isText) }))),
  history: optional(
    (value) =>
      Array.isArray(value) &&
      value.every(
        shaped({
          at: either(isNumber, isNull),
          event: isText,
          detail: either(isText, isNull),
          attempt: either(isNumber, isNull),
        }),
      ),
  ),
  error: optional(shaped({ name: isText, message: isText, stack: either(isText, isNull) })),
  attempts: optional(isNumber),
  died: optional(isNumber),
  from: optional(isText),
} satisfies Record<keyof SideNote, Check>)

/** Undefined: it is none of ours, and is an attribute like any other. */
export function readNote(text: string | undefined): SideNote | undefined {
  if (text === undefined) return undefined
  try {
    const note: unknown = JSON.parse(text)
    return isNote(note) ? (note as SideNote) : undefined
  } catch {
    return undefined
  }
}

/** JSON of characters that SQS takes. Undefined: there is nothing to say. */
export function writeNote(note: SideNote): string | undefined {
  const told = Object.fromEntries(Object.entries(note).filter(([, value]) => !isNothing(value)))
  if (Object.keys(told).length === 0) return undefined
  return JSON.stringify(told).replace(/[\ufffe\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`)
}

const isNothing = (value: unknown) =>
  value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)

/** At most 64 events are kept, as everywhere. */
const mostEvents = 64

export const withEvent = (note: SideNote, event: HistoryEvent): readonly HistoryEvent[] =>
  [...(note.history ?? []), event].slice(-mostEvents)
