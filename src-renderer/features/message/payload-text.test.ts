import { base64OfBytes } from '@shared/payload/base64'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { base64OfText, editingOf, payloadNotes, readPayload } from './payload-text'

const body = (text: string) => ({ kind: 'whole' as const, base64: base64OfText(text), bytes: text.length, digest: '' })

describe('payloads', () => {
  it('come back byte for byte when nothing was edited', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string({ unit: 'grapheme' })), (stored) => {
        const { text, toStored } = editingOf(stored)
        expect(toStored(text)).toBe(stored)
      }),
    )
  })

  it('change only where they were edited', () => {
    const stored = '{"id":9007199254740993,"a":1.0,"a":2,"email":null}'
    const { text, toStored } = editingOf(stored)
    expect(toStored(text.replace('null', '"a@b.c"'))).toBe(stored.replace('null', '"a@b.c"'))
    const spaced = '{ "id": 1,\n\t"email": null }'
    expect(editingOf(spaced).text).toBe(spaced)
  })

  it('are shown from the original text', () => {
    const payload = readPayload(body('{"n":9007199254740993,"n":1e400}'))
    expect(payload.shown).toBe('{\n  "n": 9007199254740993,\n  "n": 1e400\n}')
    expect(payloadNotes(payload)[0]).toContain('"n" stands twice')
    expect(readPayload(body('')).found.kind).toBe('empty')
    const binary = readPayload({ ...body(''), base64: base64OfBytes(new Uint8Array([255, 0])) })
    expect(binary.shown).toBeNull()
  })
})
