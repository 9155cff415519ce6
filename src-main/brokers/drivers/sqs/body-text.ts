/** How the bytes of a body are written as the text that SQS takes. Absent: they are that text, in UTF-8. */
export type BodyEncoding = 'base64' | 'empty'

export interface BodyText {
  readonly text: string
  readonly encoding: BodyEncoding | undefined
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** SQS takes no empty body; its place is held by this. */
const emptyMark = '-'

/** The characters that SQS takes. Source: SendMessage. Lone halves of pairs are not among them. */
export const isAllowedText = (text: string): boolean =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: tab, line feed and carriage return are allowed, the rest is not
  /^[\u0009\u000a\u000d\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u.test(text)

/** Text where it can be, so that other consumers can read it; base64 where the bytes are none that SQS takes. */
export function textOfBody(body: Uint8Array | string): BodyText {
  if (typeof body === 'string' && body !== '' && isAllowedText(body)) return { text: body, encoding: undefined }
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body
  if (bytes.length === 0) return { text: emptyMark, encoding: 'empty' }
  const text = decoded(bytes)
  return text !== undefined && isAllowedText(text)
    ? { text, encoding: undefined }
    : { text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'), encoding: 'base64' }
}

export function bodyOfText({ text, encoding }: BodyText): Uint8Array {
  switch (encoding) {
    case 'base64':
      return Buffer.from(text, 'base64')
    case 'empty':
      return new Uint8Array()
    case undefined:
      return Buffer.from(text, 'utf8')
  }
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}
