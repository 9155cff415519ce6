/** Where a value stands in a JSON text, in bytes. */
export interface Span {
  readonly start: number
  readonly end: number
}

/**
 * The values of a JSON object's own members by name, as spans of its bytes: so that one is read or replaced as it was written, with
 * its spaces, its key order and numbers that JavaScript cannot hold. null: the text is no JSON object. Of a name that stands twice
 * the last counts, as for JSON.parse.
 */
export function membersOf(json: Buffer): ReadonlyMap<string, Span> | null {
  try {
    const parsed: unknown = JSON.parse(json.toString('utf8'))
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null
  } catch {
    return null
  }
  // From here on the text is known to be well formed.
  const members = new Map<string, Span>()
  let at = json.indexOf('{') + 1
  for (;;) {
    at = skip(json, at, isBlankOrComma)
    if (json[at] === closeBrace || at >= json.length) return members
    const nameEnd = endOfString(json, at)
    const name = JSON.parse(json.toString('utf8', at, nameEnd)) as string
    const start = skip(json, skip(json, nameEnd, isBlank) + 1, isBlank)
    const end = endOfValue(json, start)
    members.set(name, { start, end })
    at = end
  }
}

export const sliceOf = (json: Buffer, span: Span): Buffer => json.subarray(span.start, span.end)

/** The same text with another value in that place. */
export const replaced = (json: Buffer, { start, end }: Span, value: Uint8Array): Buffer =>
  Buffer.concat([json.subarray(0, start), value, json.subarray(end)])

const [quote, backslash, comma, openBrace, closeBrace, openBracket, closeBracket] = Buffer.from(
  '"\\,{}[]',
) as unknown as [number, number, number, number, number, number, number]

const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d
const isBlankOrComma = (byte: number): boolean => isBlank(byte) || byte === comma

function skip(json: Buffer, from: number, isSkipped: (byte: number) => boolean): number {
  let at = from
  while (at < json.length && isSkipped(json[at]!)) at += 1
  return at
}

function endOfString(json: Buffer, from: number): number {
  let at = from + 1
  while (json[at] !== quote) at += json[at] === backslash ? 2 : 1
  return at + 1
}

function endOfValue(json: Buffer, from: number): number {
  let depth = 0
  let at = from
  for (;;) {
    const byte = json[at]
    if (byte === undefined) return at
    if (byte === quote) {
      at = endOfString(json, at)
      if (depth === 0) return at
      continue
    }
    if (byte === openBrace || byte === openBracket) depth += 1
    else if (byte === closeBrace || byte === closeBracket) {
      if (depth === 0) return at
      depth -= 1
      if (depth === 0) return at + 1
    } else if (depth === 0 && isBlankOrComma(byte)) return at
    at += 1
  }
}
