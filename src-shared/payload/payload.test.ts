import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { base64OfBytes, bytesOfBase64 } from './base64'
import { detect } from './detect'
import { hexLine, hexLineCount } from './hex'
import { jsonProblem } from './json-lexemes'
import { compactJson, duplicateKeys, isCompactJson, prettyJson } from './json-print'
import { visible } from './visible'

const bytes = (text: string) => new TextEncoder().encode(text)
const printed = (text: string) => {
  const result = prettyJson(text)
  return result.ok ? result.text : result.problem
}

describe('what a body is', () => {
  it.each([
    ['', 'empty'],
    ['{"a":1}', 'json'],
    ['42', 'json'],
    ['{"a":1,}', 'text'],
    ['NaN', 'text'],
    ['hello', 'text'],
    ['{"__proto__":{"a":1}}', 'json'],
  ])('%s', (text, kind) => expect(detect(bytes(text)).kind).toBe(kind))

  it('never takes for text what would not come back', () => {
    expect(detect(new Uint8Array([0xff, 0xfe, 0]))).toEqual({ kind: 'binary', looksLike: 'UTF-16' })
    expect(detect(new Uint8Array([0x1f, 0x8b, 8]))).toEqual({ kind: 'binary', looksLike: 'gzip' })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        const found = detect(body)
        if ('text' in found) expect(bytes(found.text)).toEqual(new Uint8Array(body))
        expect(bytesOfBase64(base64OfBytes(body))).toEqual(new Uint8Array(body))
      }),
    )
  })

  it('keeps a byte order mark', () => {
    const body = new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d])
    const found = detect(body)
    expect('text' in found && bytes(found.text)).toEqual(body)
  })
})

describe('the lossless printer', () => {
  it('agrees with JSON.parse on what is JSON', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(jsonProblem(text)).toBeNull()
      }),
    )
    fc.assert(
      fc.property(fc.string({ maxLength: 12, unit: fc.constantFrom(...'{}[]",:0123-e.\\untrfalse \n') }), (text) => {
        let valid = true
        try {
          JSON.parse(text)
        } catch {
          valid = false
        }
        expect(jsonProblem(text) === null).toBe(valid)
      }),
      { numRuns: 3000 },
    )
  })

  it('changes white space and nothing else', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const pretty = prettyJson(text)
        const compact = compactJson(text)
        expect(pretty.ok && compact.ok && compactJson(pretty.text)).toEqual(compact)
        expect(isCompactJson(text)).toBe(compact.ok && compact.text === text)
      }),
    )
  })

  it('keeps every lexeme', () => {
    const text = '{"n":9007199254740993,"a":1.0,"a":-0,"e":1e400,"__proto__":{},"l":[]}'
    expect(printed(text)).toBe(
      '{\n  "n": 9007199254740993,\n  "a": 1.0,\n  "a": -0,\n  "e": 1e400,\n  "__proto__": {},\n  "l": []\n}',
    )
    expect(duplicateKeys(text)).toEqual(['"a"'])
    expect(Object.prototype).not.toHaveProperty('n')
  })

  it('prints 1,000,000 levels without a stack, and without a flood of spaces', () => {
    const deep = `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`
    const result = prettyJson(deep)
    expect(result.ok && result.text.length).toBeLessThan(2_100_000)
    expect(jsonProblem('['.repeat(100_000))).toMatchObject({ message: 'the text ends too early' })
  })

  it('names the place of a problem', () => {
    expect(printed('{"a":1,}')).toEqual({ at: 7, message: 'found "}" where a key in double quotes should be' })
    expect(printed('[1 2]')).toMatchObject({ at: 3 })
  })
})

describe('bytes and characters in sight', () => {
  it('shows bytes as every hexadecimal view does', () => {
    const body = bytes('GET / HTTP/1.1\r\nHost')
    expect(hexLineCount(body)).toBe(2)
    expect(hexLine(body, 0)).toBe('00000000  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a  GET / HTTP/1.1··')
    expect(hexLine(body, 1)).toBe('00000010  48 6f 73 74                                       Host')
  })

  it('hides nothing', () => {
    expect(visible('a\u0000b\u001b[31m')).toBe('a␀b␛[31m')
    expect(visible('\u202Egnp.exe')).toBe('⟦U+202E⟧gnp.exe')
    expect(visible('a\u200bb \ud800')).toBe('a⟦U+200B⟧b \\ud800')
    expect(visible('Zoë 🙂 <script>')).toBe('Zoë 🙂 <script>')
  })
})
