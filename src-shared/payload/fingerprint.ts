/**
 * From an error to its cause: what differs from message to message (numbers, ids, hosts, times, quoted values) gives way to
 * a placeholder, so that 400 failures of one kind are one line. Pure; the same text gives the same key on every machine.
 *
 * Two choices, both in favour of telling causes apart: a status code stays ("status code 503" is not "status code 404"), and
 * so does a quoted word where the text says that it names a field (`"email" is required`); other quoted text is a value.
 */
export interface Fingerprint {
  /** Stable and short: 14 hexadecimal digits. */
  readonly key: string
  /** One line for people, at most `titleLimit` characters. */
  readonly title: string
}

/** Enough for any first paragraph; also what keeps every expression below linear in practice. */
const readLimit = 2_000
const titleLimit = 200

export function fingerprint(error: string): Fingerprint {
  const text = normalise(essence(error))
  const full = text === '' ? 'No error was recorded' : text
  const title = full.length > titleLimit ? `${full.slice(0, titleLimit - 1)}…` : full
  return { key: hash53(full), title }
}

/** The message without the stack and without what cannot be seen. */
function essence(error: string): string {
  const lines = error.slice(0, readLimit).split(/\r\n|\r|\n/)
  const stackAt = lines.findIndex((line, index) => index > 0 && /^\s+at |^\s*File "|^Traceback /.test(line))
  return (stackAt < 0 ? lines : lines.slice(0, stackAt))
    .join(' ')
    .replace(ansi, '')
    .replace(invisible, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours begin with an escape character
const ansi = /\u001b\[[0-9;]*[A-Za-z]/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: control, zero-width and bidirectional characters tell nothing apart
const invisible = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g

const fieldBefore =
  /\b(?:reading|setting|field|column|key|property|properties|parameter|argument|attribute|option|variable|method|function|module|class|table|relation|header|constraint|index)[ :=(]{1,3}$/i
const fieldAfter = /^ (?:is|are|must|should|was|were|cannot|can not|does not|has|not|missing|required)\b/i
const fieldName = /^[A-Za-z_$][A-Za-z_$.[\]-]{0,59}$/

function normalise(text: string): string {
  return text
    .replace(/\b[a-z][a-z0-9+.-]{1,15}:\/\/[^\s"'`<>)\]]+/gi, '<url>')
    .replace(/\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}/g, '<email>')
    .replace(/(["'`])((?:(?!\1).){1,400})\1(?![\w])/g, quoted)
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>')
    .replace(/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?\b/g, '<time>')
    .replace(/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, '<host>')
    .replace(/(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])/gi, '<host>')
    .replace(/\b(?:localhost|[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8})(?=:\d{1,5}\b)/gi, '<host>')
    .replace(/(ENOTFOUND|EAI_AGAIN) \S+/g, '$1 <host>')
    .replace(/(?<![\w<])(?:\/[\w.@~+-]{1,120}){2,40}/g, '<path>')
    .replace(/\b0x[0-9a-f]+\b/gi, '<hex>')
    .replace(/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\b/gi, '<id>')
    .replace(/(?<![\w<])[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)*(?![\w>])/g, idLike)
    .replace(/(\b(?:status|code|HTTP)(?: code)?[ :=]{1,2})([1-5]\d\d)\b/gi, '$1⟦$2⟧')
    .replace(/(?<![\p{L}\d⟦])-?\d+(?:[.,]\d+)*(?:e[+-]?\d+)?(?!⟧)/giu, '<n>')
    .replace(/[⟦⟧]/g, '')
}

function quoted(whole: string, mark: string, inner: string, at: number, all: string): string {
  const names = fieldBefore.test(all.slice(Math.max(0, at - 40), at)) || fieldAfter.test(all.slice(at + whole.length))
  return names && fieldName.test(inner) ? whole : `${mark}<text>${mark}`
}

/** A run of letters and digits of eight or more in which they alternate, or whose last part does: `ord_8f3kq2x`, a ULID, a nanoid. */
function idLike(token: string): string {
  const parts = token.split(/[_-]/)
  const last = parts.at(-1) ?? ''
  const looks = (part: string) => part.length >= 6 && (part.match(/\d/g)?.length ?? 0) >= 2 && /[A-Za-z]/.test(part)
  if (parts.length > 1 && looks(last)) return `${token.slice(0, -last.length)}<id>`
  return parts.length === 1 && token.length >= 10 && looks(token) && !/^[A-Z]{1,4}\d+$/.test(token) ? '<id>' : token
}

/** cyrb53, a 53-bit hash of strings in the public domain: collisions among even 100,000 causes are one in a million. */
function hash53(text: string): string {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    high = Math.imul(high ^ unit, 2654435761)
    low = Math.imul(low ^ unit, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(16).padStart(14, '0')
}
