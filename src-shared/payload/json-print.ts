import { type JsonProblem, scanJson } from './json-lexemes'

/** Indentation grows no further than this; what lies deeper stays on one line. 10,000 levels would else print 200 MB of spaces. */
const deepestIndent = 64

export type Printed =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: JsonProblem }

/** The same lexemes, laid out for people: only white space between them differs from the original. */
export function prettyJson(text: string, indent = 2): Printed {
  const out: string[] = []
  let emptyAt = -1
  const newline = (depth: number) => {
    if (depth <= deepestIndent) out.push('\n', spaces(depth * indent))
  }
  let fresh = false
  const problem = scanJson(text, (kind, start, end, depth) => {
    if (kind === 'close') {
      if (emptyAt !== out.length) newline(depth)
      fresh = false
      out.push(text.slice(start, end))
      return
    }
    if (fresh) newline(depth)
    fresh = false
    out.push(text.slice(start, end))
    if (kind === 'open') {
      fresh = true
      emptyAt = out.length
    } else if (kind === 'comma') {
      newline(depth)
    } else if (kind === 'colon') {
      out.push(' ')
    }
  })
  return problem ? { ok: false, problem } : { ok: true, text: out.join('') }
}

/** The same lexemes without any white space between them. */
export function compactJson(text: string): Printed {
  const out: string[] = []
  const problem = scanJson(text, (_kind, start, end) => out.push(text.slice(start, end)))
  return problem ? { ok: false, problem } : { ok: true, text: out.join('') }
}

/** Whether no white space stands between lexemes: then compact(pretty(text)) is text again, byte for byte. */
export function isCompactJson(text: string): boolean {
  let length = 0
  return scanJson(text, (_kind, start, end) => (length += end - start)) === null && length === text.length
}

/** Keys that stand twice in one object, each once, at most `limit`: a parser would silently keep the last. */
export function duplicateKeys(text: string, limit = 5): readonly string[] {
  const open: Set<string>[] = []
  const found = new Set<string>()
  scanJson(text, (kind, start, end, _depth, isKey) => {
    if (kind === 'open') open.push(new Set())
    else if (kind === 'close') open.pop()
    else if (isKey && found.size < limit) {
      const key = text.slice(start, end)
      const keys = open.at(-1)
      if (keys?.has(key)) found.add(key)
      keys?.add(key)
    }
  })
  return [...found]
}

const spacesOnce = ' '.repeat(1024)
const spaces = (length: number) => spacesOnce.slice(0, length)
