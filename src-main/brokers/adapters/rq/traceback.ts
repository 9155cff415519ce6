import { inflateSync } from 'node:zlib'
import type { MessageError } from '@shared/model/message'

/** No traceback is longer; more is none. Bytes. */
const largest = 1024 * 1024

/** The text of an error as RQ keeps it: zlib, in the results stream as base64 of it; before 0.8 as it is. null: there is none. */
export function errorText(stored: Uint8Array | null, form: 'hash' | 'result'): string | null {
  if (stored === null || stored.length === 0) return null
  const packed = form === 'result' ? Buffer.from(Buffer.from(stored).toString('latin1'), 'base64') : Buffer.from(stored)
  try {
    return inflateSync(packed, { maxOutputLength: largest }).toString('utf8') || null
  } catch {
    return form === 'hash' && packed.length <= largest ? packed.toString('utf8') : null
  }
}

/**
 * Pure: what Python's traceback tells: its last line that stands at the margin behind a frame is "module.Error: message", and all
 * that follows belongs to the message. Of what is no traceback (a killed work-horse), the text itself.
 */
export function errorOf(text: string): MessageError {
  const lines = text.trimEnd().split('\n')
  let at = -1
  for (let index = 1; index < lines.length; index += 1) {
    const follows = lines[index - 1]!.startsWith('  ')
    if (follows && /^[A-Za-z_][\w.]*(?:: |:?$)/.test(lines[index]!)) at = index
  }
  if (at < 0 || !/^Traceback /m.test(text)) return { name: 'Error', message: text.trimEnd(), stack: null }
  const [, name = 'Error', message = ''] = /^([\w.]+)(?::\s?)?([\s\S]*)$/.exec(lines.slice(at).join('\n')) ?? []
  return { name, message, stack: text.trimEnd() }
}
