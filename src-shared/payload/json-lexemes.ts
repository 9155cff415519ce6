/**
 * JSON as it is written: a scanner that names the place of every lexeme and never turns one into a value, so that
 * 9007199254740993, 1.0, -0, 1e400, duplicate keys and the order of keys stay what they are. Iterative: 1,000,000 levels
 * of depth cost memory for a list of brackets, not a stack.
 */
export type LexemeKind = 'open' | 'close' | 'comma' | 'colon' | 'string' | 'number' | 'word'

export interface JsonProblem {
  /** Index into the text, UTF-16 units. */
  readonly at: number
  readonly message: string
}

export type LexemeVisitor = (kind: LexemeKind, start: number, end: number, depth: number, isKey: boolean) => void

enum Expect {
  Value,
  ValueOrClose,
  KeyOrClose,
  Key,
  Colon,
  CommaOrClose,
  End,
}

/** Visits every lexeme of a JSON text in order; null when the text is JSON, else the first problem. `depth` counts open brackets around the lexeme. */
export function scanJson(text: string, visit: LexemeVisitor): JsonProblem | null {
  const open: number[] = []
  let expect: Expect = Expect.Value
  let at = 0
  const afterValue = () => (open.length === 0 ? Expect.End : Expect.CommaOrClose)
  for (;;) {
    at = skipSpace(text, at)
    if (at >= text.length) break
    const code = text.charCodeAt(at)
    if (expect === Expect.End) return { at, message: 'there is more after the end of the value' }
    const wantsValue: boolean = expect === Expect.Value || expect === Expect.ValueOrClose
    if (code === quote) {
      const isKey: boolean = expect === Expect.KeyOrClose || expect === Expect.Key
      if (!wantsValue && !isKey) return unexpected(text, at, expect)
      const end = endOfString(text, at)
      if (end < 0) return { at: -end - 1, message: 'this string is not ended or holds a bare control character' }
      visit('string', at, end, open.length, isKey)
      at = end
      expect = isKey ? Expect.Colon : afterValue()
    } else if (code === openBrace || code === openBracket) {
      if (!wantsValue) return unexpected(text, at, expect)
      visit('open', at, at + 1, open.length, false)
      open.push(code)
      at++
      expect = code === openBrace ? Expect.KeyOrClose : Expect.ValueOrClose
    } else if (code === closeBrace || code === closeBracket) {
      const may = expect === Expect.CommaOrClose || expect === Expect.KeyOrClose || expect === Expect.ValueOrClose
      if (!may || open.at(-1) !== code - 2) return unexpected(text, at, expect)
      open.pop()
      visit('close', at, at + 1, open.length, false)
      at++
      expect = afterValue()
    } else if (code === comma) {
      if (expect !== Expect.CommaOrClose) return unexpected(text, at, expect)
      visit('comma', at, at + 1, open.length, false)
      at++
      expect = open.at(-1) === openBrace ? Expect.Key : Expect.Value
    } else if (code === colon) {
      if (expect !== Expect.Colon) return unexpected(text, at, expect)
      visit('colon', at, at + 1, open.length, false)
      at++
      expect = Expect.Value
    } else {
      if (!wantsValue) return unexpected(text, at, expect)
      literal.lastIndex = at
      const found = literal.exec(text)
      if (!found) return unexpected(text, at, expect)
      const end = at + found[0].length
      visit(code === minus || (code >= 48 && code <= 57) ? 'number' : 'word', at, end, open.length, false)
      at = end
      expect = afterValue()
    }
  }
  return expect === Expect.End ? null : { at: text.length, message: 'the text ends too early' }
}

/** Whether a text is JSON, without keeping anything of it. */
export const jsonProblem = (text: string): JsonProblem | null => scanJson(text, () => {})

const quote = 34
const comma = 44
const minus = 45
const colon = 58
const openBracket = 91
const closeBracket = 93
const openBrace = 123
const closeBrace = 125
const backslash = 92

const literal = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

function skipSpace(text: string, from: number): number {
  let at = from
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) break
  }
  return at
}

/** The index after the closing quote, or minus the place of the problem minus one. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) return at + 1
    if (code < 32) return -at - 1
    if (code === backslash) {
      const next = text.charCodeAt(at + 1)
      if (next === 117) {
        if (!/^[0-9a-fA-F]{4}$/.test(text.slice(at + 2, at + 6))) return -at - 1
        at += 5
      } else if ('"\\/bfnrt'.includes(text.charAt(at + 1)) && !Number.isNaN(next)) at++
      else return -at - 1
    }
  }
  return -from - 1
}

function unexpected(text: string, at: number, expect: Expect): JsonProblem {
  const found = String.fromCodePoint(text.codePointAt(at) ?? 32)
  return { at, message: `found ${JSON.stringify(found)} where ${words(expect)} should be` }
}

function words(expect: Expect): string {
  switch (expect) {
    case Expect.Value:
    case Expect.ValueOrClose:
      return 'a value'
    case Expect.Key:
    case Expect.KeyOrClose:
      return 'a key in double quotes'
    case Expect.Colon:
      return 'a colon'
    case Expect.CommaOrClose:
      return 'a comma or a closing bracket'
    case Expect.End:
      return 'nothing'
  }
}
