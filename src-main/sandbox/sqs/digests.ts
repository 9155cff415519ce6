import { createHash } from 'node:crypto'
import type { AttributeValue } from './message'

export const md5 = (text: string): string => createHash('md5').update(text, 'utf8').digest('hex')

export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')

/**
 * MD5 of message attributes. By name in order, each part with its length in four bytes: name, data type, one byte for the kind
 * (1 text, 2 binary), value. Source: SQS Developer Guide, "Calculating the MD5 message digest for message attributes".
 */
export function md5OfAttributes(attributes: ReadonlyMap<string, AttributeValue>): string | undefined {
  if (attributes.size === 0) return undefined
  const hash = createHash('md5')
  const part = (bytes: Buffer) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    hash.update(length).update(bytes)
  }
  for (const name of [...attributes.keys()].sort()) {
    const { dataType, text, binary } = attributes.get(name)!
    part(Buffer.from(name, 'utf8'))
    part(Buffer.from(dataType, 'utf8'))
    hash.update(Buffer.from([binary === undefined ? 1 : 2]))
    part(binary ?? Buffer.from(text ?? '', 'utf8'))
  }
  return hash.digest('hex')
}
