import type { MessageAttributeValue } from '@aws-sdk/client-sqs'
import { isAllowedText } from './body-text'
import { noteName, type SideNote, writeNote } from './side-note'

export type NativeAttributes = Readonly<Record<string, MessageAttributeValue>>

/** A message as SQS takes it. */
export interface Laid {
  readonly text: string
  readonly attributes: NativeAttributes
  readonly bytes: number
}

/** Source: message metadata. */
export const mostAttributes = 10

/** Sorts what a sender gave into attributes that SQS takes and those that must travel in the note. */
export function sortAttributes(given: Readonly<Record<string, string>>): {
  readonly native: NativeAttributes
  readonly more: Readonly<Record<string, string>>
} {
  const taken: [string, MessageAttributeValue][] = []
  const others: [string, string][] = []
  for (const [name, value] of Object.entries(given)) {
    if (isNativeName(name) && value !== '' && isAllowedText(value))
      taken.push([name, { DataType: 'String', StringValue: value }])
    else others.push([name, value])
  }
  // Not by assignment: a name may be __proto__.
  return { native: Object.fromEntries(taken), more: Object.fromEntries(others) }
}

const isNativeName = (name: string): boolean =>
  name !== noteName &&
  /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(name) &&
  name.length <= 256 &&
  !/^(aws|amazon)\./i.test(name)

/** Puts body, attributes and note together; attributes for which the note leaves no room are put aside in it. */
export function lay(text: string, native: NativeAttributes, note: SideNote): Laid {
  const names = Object.keys(native)
  const alone = writeNote(note)
  if (alone === undefined || names.length < mostAttributes) return laid(text, native, alone)
  const kept = names.slice(0, mostAttributes - 1)
  const aside = Object.fromEntries(
    names.slice(mostAttributes - 1).map((name) => {
      const { DataType: type = 'String', StringValue, BinaryValue } = native[name] ?? {}
      return [
        name,
        BinaryValue === undefined
          ? { type, text: StringValue ?? '' }
          : { type, base64: Buffer.from(BinaryValue).toString('base64') },
      ]
    }),
  )
  const rest = Object.fromEntries(kept.map((name) => [name, native[name]!]))
  return laid(text, rest, writeNote({ ...note, aside: { ...note.aside, ...aside } }))
}

/** The fullest of `notes`, best first, with which the message is no larger than `mostBytes`; else the last. */
export function layWithin(text: string, native: NativeAttributes, notes: readonly SideNote[], mostBytes: number): Laid {
  let last = lay(text, native, notes[0] ?? {})
  for (const note of notes.slice(1)) {
    if (last.bytes <= mostBytes) return last
    last = lay(text, native, note)
  }
  return last
}

/** Attributes of plain producers are put back where they were when a note made room for itself. */
export const nativeOf = (note: SideNote): NativeAttributes =>
  Object.fromEntries(
    Object.entries(note.aside ?? {}).map(([name, { type, text, base64 }]) => [
      name,
      base64 === undefined
        ? { DataType: type, StringValue: text ?? '' }
        : { DataType: type, BinaryValue: Buffer.from(base64, 'base64') },
    ]),
  )

/** As the engine sees them: text, and base64 for what is binary. */
export const textAttributes = (native: NativeAttributes, note: SideNote): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(
    Object.entries(native).map(([name, { StringValue, BinaryValue }]) => [
      name,
      BinaryValue === undefined ? (StringValue ?? '') : Buffer.from(BinaryValue).toString('base64'),
    ]),
  ),
  ...note.more,
})

function laid(text: string, native: NativeAttributes, note: string | undefined): Laid {
  const attributes = note === undefined ? native : { ...native, [noteName]: { DataType: 'String', StringValue: note } }
  return { text, attributes, bytes: bytesOf(text, attributes) }
}

/** As SQS counts: body, and name, type and value of each attribute. */
function bytesOf(text: string, attributes: NativeAttributes): number {
  let bytes = Buffer.byteLength(text)
  for (const [name, { DataType = '', StringValue, BinaryValue }] of Object.entries(attributes))
    bytes +=
      Buffer.byteLength(name) +
      Buffer.byteLength(DataType) +
      (BinaryValue?.length ?? Buffer.byteLength(StringValue ?? ''))
  return bytes
}
