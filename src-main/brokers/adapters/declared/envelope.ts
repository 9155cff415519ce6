import type { DeclarationDraft } from '@shared/model/declaration'
import type { MessageError } from '@shared/model/message'
import { membersOf, sliceOf } from '../json-members'
import { numberOf } from '../redis-asking'

/** What a message says of itself, as far as its layout declares where. null: not declared, not there, or not to be read. */
export interface EnvelopeView {
  readonly id: string | null
  readonly name: string | null
  /** The payload's own text, as it was written. */
  readonly payload: Buffer | null
  readonly attempts: number | null
  readonly maxAttempts: number | null
  readonly priority: number | null
  readonly error: MessageError | null
  readonly enqueuedAt: number | null
  readonly startedAt: number | null
  readonly failedAt: number | null
}

/** One thing in which values are looked for: the text of an element, and the fields of a stream's entry. */
export interface Source {
  readonly json: Buffer
  readonly fields: readonly (readonly [name: string, value: Buffer])[]
}

/** A text beyond this is not looked into for a row. */
export const readableBytes = 256 * 1024

/** Values by their paths, from the first source that has them. */
export function readEnvelope(
  { envelope }: Pick<DeclarationDraft, 'envelope'>,
  sources: readonly Source[],
): EnvelopeView {
  const trees = sources.map((source) => new JsonTree(source))
  const raw = (path: string | null): Buffer | null => {
    for (const tree of trees) {
      const value = path === null ? null : tree.at(path)
      if (value && value.toString('latin1') !== 'null') return value
    }
    return null
  }
  const text = (path: string | null) => textOfJson(raw(path))
  const number = (path: string | null) => numberOf(text(path))
  return {
    id: text(envelope.id),
    name: text(envelope.name),
    payload: raw(envelope.payload),
    attempts: number(envelope.attempts),
    maxAttempts: number(envelope.maxAttempts),
    priority: number(envelope.priority),
    error: errorOf(raw(envelope.error)),
    enqueuedAt: timeOf(text(envelope.enqueuedAt)),
    startedAt: timeOf(text(envelope.startedAt)),
    failedAt: timeOf(text(envelope.failedAt)),
  }
}

/** Where the message itself stands in what wraps it: its own bytes, out of the text; null where it is not there. */
export function innerOf(path: string, element: Buffer): Buffer | null {
  const value = new JsonTree({ json: element, fields: [] }).at(path)
  if (!value) return null
  const text = stringOf(value)
  return text === null ? value : Buffer.from(text)
}

/** A string's own text, and that of any other value as it was written. */
export function textOfJson(value: Buffer | null): string | null {
  return value === null ? null : (stringOf(value) ?? value.toString('utf8'))
}

/** The first place of a path: the one that is written. */
export const firstOf = (path: string): string => path.split('|')[0] ?? path

/** Milliseconds, seconds and ISO texts are told apart by what they are: no time before 1973 is 1e11 ms. */
export function timeOf(text: string | null): number | null {
  if (text === null) return null
  const number = numberOf(text)
  if (number !== null) return number <= 0 ? null : Math.round(number > 1e11 ? number : number * 1000)
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : at
}

/** Reads a text's members once, and those of each object in it when somebody asks for them. */
class JsonTree {
  private readonly objects = new Map<string, ReadonlyMap<string, Buffer> | null>()

  constructor(private readonly source: Source) {}

  at(paths: string): Buffer | null {
    for (const path of paths.split('|')) {
      const value = path.startsWith('field:') ? this.field(path.slice('field:'.length)) : this.value(path)
      if (value) return value
    }
    return null
  }

  private field(name: string): Buffer | null {
    return this.source.fields.find(([each]) => each === name)?.[1] ?? null
  }

  private value(path: string): Buffer | null {
    const dot = path.lastIndexOf('.')
    const object = this.members(dot < 0 ? '' : path.slice(0, dot))
    return object?.get(path.slice(dot + 1)) ?? null
  }

  private members(path: string): ReadonlyMap<string, Buffer> | null {
    const known = this.objects.get(path)
    if (known !== undefined) return known
    const json = path === '' ? this.source.json : this.value(path)
    const spans = json ? membersOf(json) : null
    const members = json && spans ? new Map([...spans].map(([name, span]) => [name, sliceOf(json, span)])) : null
    this.objects.set(path, members)
    return members
  }
}

function errorOf(value: Buffer | null): MessageError | null {
  if (!value) return null
  const object = new JsonTree({ json: value, fields: [] })
  const message = textOfJson(object.at('message'))
  if (message === null) return { name: 'Error', message: textOfJson(value) ?? '', stack: null }
  return { name: textOfJson(object.at('name')) ?? 'Error', message, stack: textOfJson(object.at('stack')) }
}

function stringOf(value: Buffer): string | null {
  if (value[0] !== 0x22) return null
  try {
    const parsed: unknown = JSON.parse(value.toString('utf8'))
    return typeof parsed === 'string' ? parsed : null
  } catch {
    return null
  }
}
