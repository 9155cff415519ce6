/** One line: offset, bytes in groups of eight, and what of them is printable ASCII. */
export function hexLine(bytes: Uint8Array, line: number, perLine: 8 | 16 = 16): string {
  const start = line * perLine
  const part = bytes.subarray(start, start + perLine)
  let hex = ''
  let ascii = ''
  for (let at = 0; at < perLine; at++) {
    const byte = part[at]
    hex += `${byte === undefined ? '  ' : byte.toString(16).padStart(2, '0')}${at === 7 && perLine > 8 ? '  ' : ' '}`
    if (byte !== undefined) ascii += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·'
  }
  return `${start.toString(16).padStart(8, '0')}  ${hex} ${ascii}`
}

export const hexLineCount = (bytes: Uint8Array, perLine: 8 | 16 = 16): number => Math.ceil(bytes.length / perLine)
