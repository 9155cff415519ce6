import { jsonProblem } from './json-lexemes'

/** What a body is, judged by its bytes alone. Text is only what decodes without loss; everything else is shown as bytes. */
export type Detected =
  | { readonly kind: 'empty' }
  | { readonly kind: 'json'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'binary'; readonly looksLike: string | null }

export function detect(bytes: Uint8Array): Detected {
  if (bytes.length === 0) return { kind: 'empty' }
  const text = strictUtf8(bytes)
  if (text === null) return { kind: 'binary', looksLike: byMagic(bytes) }
  return startsLikeJson(text) && jsonProblem(text) === null ? { kind: 'json', text } : { kind: 'text', text }
}

/** null for bytes that are not UTF-8. A byte order mark stays, so that encoding gives back the same bytes. */
export function strictUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

const startsLikeJson = (text: string) => /^[\s]*[[{"\-\dtfn]/.test(text)

const magics: readonly (readonly [readonly number[], string])[] = [
  [[0x1f, 0x8b], 'gzip'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd'],
  [[0x78, 0x9c], 'zlib'],
  [[0xac, 0xed, 0x00, 0x05], 'a serialised Java object'],
  [[0x80, 0x04, 0x95], 'a Python pickle'],
  [[0xff, 0xfe], 'UTF-16'],
  [[0xfe, 0xff], 'UTF-16'],
  [[0x89, 0x50, 0x4e, 0x47], 'PNG'],
]

const byMagic = (bytes: Uint8Array) =>
  magics.find(([magic]) => magic.every((byte, index) => bytes[index] === byte))?.[1] ?? null
