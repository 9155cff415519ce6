import { inflateSync } from 'node:zlib'

/** No error's stack is longer; more is no stack. Bytes. */
const largest = 1024 * 1024

/**
 * The stack as one text: since version 5.2.4 base64 of zlib of a JSON array of lines, before it the array itself. null: there is
 * none, or it was written by Ruby's Marshal, which is not read here.
 */
export function stackOf(value: unknown): string | null {
  const lines = Array.isArray(value) ? value : typeof value === 'string' ? unpacked(value) : null
  if (!Array.isArray(lines) || lines.length === 0) return null
  return lines.map(String).join('\n')
}

function unpacked(text: string): unknown {
  try {
    return JSON.parse(inflateSync(Buffer.from(text, 'base64'), { maxOutputLength: largest }).toString('utf8'))
  } catch {
    return null
  }
}
