/** Byte strings as one: each after its length in four bytes. */
export function pack(items: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(
    items.flatMap((item) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(item.length)
      return [length, item]
    }),
  )
}

export function unpack(packed: Uint8Array): readonly Buffer[] {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength)
  const items: Buffer[] = []
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at)
    items.push(bytes.subarray(at + 4, end))
    at = end
  }
  return items
}
