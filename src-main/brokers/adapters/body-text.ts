import { createHash } from 'node:crypto'
import type { Body } from '@shared/model/message'

const previewLength = 120

/** The first characters of a body, for a row. */
export const previewOf = (body: Uint8Array): string => {
  // Four bytes a character at most; a character cut at the end is dropped with the rest.
  const start = Buffer.from(body.subarray(0, previewLength * 4)).toString('utf8')
  return [...start].slice(0, previewLength).join('')
}

export const digestOf = (body: Uint8Array): string => createHash('sha256').update(body).digest('hex')

export const wholeBody = (body: Uint8Array): Body => ({
  kind: 'whole',
  base64: Buffer.from(body).toString('base64'),
  bytes: body.length,
  digest: digestOf(body),
})
