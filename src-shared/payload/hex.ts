/** Bytes per line, as every hexadecimal view has it. */
export const hexLineBytes = 16

/** One line: offset, sixteen bytes in two groups, and what of them is printable ASCII. */
export function hexLine(bytes: Uint8Array, line: number): string {
  const start = line * hexLineBytes
  const part = bytes.subarray(start, start + hexLineBytes)
  let hex = ''
  let ascii = ''
  for (let at = 0; at < hexLineBytes; at++) {
    const byte = part[at]
    hex += `${byte === undefined ? '  ' : byte.toString(16).padStart(2, '0')}${at === 7 ? '  ' : ' '}`
    if (byte !== undefined) ascii += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·'
  }
  return `${start.toString(16).padStart(8, '0')}  ${hex} ${ascii}`
}

export const hexLineCount = (bytes: Uint8Array): number => Math.ceil(bytes.length / hexLineBytes)
