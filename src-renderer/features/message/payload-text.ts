import type { Body } from '@shared/model/message'
import { base64OfBytes, bytesOfBase64 } from '@shared/payload/base64'
import { type Detected, detect } from '@shared/payload/detect'
import { compactJson, duplicateKeys, isCompactJson, prettyJson } from '@shared/payload/json-print'

export interface Payload {
  readonly bytes: Uint8Array
  readonly found: Detected
  /** Laid out for people, for JSON that was written without white space; else the text as it is. */
  readonly shown: string | null
  /** Whether `shown` is laid out and not the stored text itself. */
  readonly laidOut: boolean
}

export function readPayload(body: Extract<Body, { kind: 'whole' }>): Payload {
  const bytes = bytesOfBase64(body.base64)
  const found = detect(bytes)
  if (found.kind === 'json') {
    const pretty = prettyJson(found.text)
    const laidOut = pretty.ok && pretty.text !== found.text
    return { bytes, found, shown: pretty.ok ? pretty.text : found.text, laidOut }
  }
  return { bytes, found, shown: found.kind === 'text' ? found.text : null, laidOut: false }
}

/** What a reader of this payload should know; a look over all of it, so not before it is on screen. */
export function payloadNotes({ found }: Payload): readonly string[] {
  const twice = found.kind === 'json' ? duplicateKeys(found.text) : []
  return twice.length === 0 ? [] : [`${twice.join(', ')} stands twice in one object; most readers keep the last.`]
}

/**
 * The text that is opened for editing, and the way back. Compact JSON is laid out and compacted again, so that what was not
 * touched comes back byte for byte; JSON with white space of its own, and all other text, is edited as it stands.
 */
export interface Editing {
  readonly text: string
  readonly toStored: (edited: string) => string
}

export function editingOf(stored: string): Editing {
  const pretty = isCompactJson(stored) ? prettyJson(stored) : null
  if (!pretty?.ok) return { text: stored, toStored: (edited) => edited }
  return {
    text: pretty.text,
    toStored: (edited) => {
      const compact = compactJson(edited)
      return compact.ok ? compact.text : edited
    },
  }
}

export const base64OfText = (text: string): string => base64OfBytes(new TextEncoder().encode(text))
