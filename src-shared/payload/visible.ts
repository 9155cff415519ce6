/**
 * Text in which nothing hides: control characters become their pictures (␀ ␛ ␡), what turns or joins or has no width becomes its code
 * point in brackets, and half a surrogate pair its escape. For one-line previews, names and errors; copying uses the original.
 */
export function visible(text: string): string {
  return text.replace(hidden, (character) => {
    const code = character.codePointAt(0)!
    if (code < 0x20) return String.fromCodePoint(0x2400 + code)
    if (code === 0x7f) return '␡'
    return code >= 0xd800 && code <= 0xdfff
      ? `\\u${code.toString(16)}`
      : `⟦U+${code.toString(16).toUpperCase().padStart(4, '0')}⟧`
  })
}

/** What `visible` would change, for editors that draw it in place. */
const hidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: to make them visible is its purpose
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/gu
