import { describe, expect, it } from 'vitest'
import { textOfField } from './rabbitmq-fields'
import { headerOf, propertyOf, readProperties, withoutHeaders, writeProperties } from './rabbitmq-properties'

/** Header flag alone, and a table of these entries. */
function table(...entries: readonly Buffer[]): Buffer {
  const all = Buffer.concat(entries)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(all.length)
  return Buffer.concat([Buffer.from([0x20, 0x00]), length, all])
}

const entry = (name: string, tag: string, value: readonly number[] | Buffer): Buffer =>
  Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from(tag), Buffer.from(value)])

const long = (value: string): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(Buffer.byteLength(value))
  return Buffer.concat([length, Buffer.from(value)])
}

describe('properties as they travel', () => {
  it('reads what it writes', () => {
    const raw = writeProperties({
      properties: {
        'content-type': 'application/json',
        'delivery-mode': '2',
        priority: '7',
        'message-id': 'm-1',
        timestamp: '1700000000',
        'app-id': 'größe',
      },
      headers: { tenant: 'a', '': 'no name', __proto__text: 'x' },
    })
    const read = readProperties(raw)
    expect(propertyOf(read, 'content-type')).toBe('application/json')
    expect(propertyOf(read, 'priority')).toBe('7')
    expect(propertyOf(read, 'timestamp')).toBe('1700000000')
    expect(propertyOf(read, 'app-id')).toBe('größe')
    expect(propertyOf(read, 'user-id')).toBeNull()
    expect(read.headers.map(({ name, value }) => [name, textOfField(value)])).toEqual([
      ['tenant', 'a'],
      ['', 'no name'],
      ['__proto__text', 'x'],
    ])
  })

  it('keeps every digit of a 64-bit number, and knows the types that AMQP has', () => {
    const big = Buffer.alloc(8)
    big.writeBigInt64BE(9_007_199_254_740_993n)
    const raw = table(
      entry('big', 'l', big),
      entry('byte', 'b', [0xff]),
      entry('yes', 't', [1]),
      entry('none', 'V', []),
      entry('money', 'D', [2, 0, 0, 4, 0xd2]),
      entry('bytes', 'x', long('ab')),
      entry('list', 'A', Buffer.concat([long('').subarray(0, 3), Buffer.from([4]), Buffer.from('t\x01t\x00')])),
      entry('odd', '?', [1, 2, 3]),
    )
    const read = readProperties(raw)
    const text = (name: string) => {
      const field = headerOf(read, name)
      return field && textOfField(field)
    }
    expect(text('big')).toBe('9007199254740993')
    expect(text('byte')).toBe('-1')
    expect(text('yes')).toBe('true')
    expect(text('none')).toBe('null')
    expect(text('money')).toBe('12.34')
    expect(text('bytes')).toBe('0x6162')
    expect(text('list')).toBe('[true, false]')
    expect(text('odd')).toBe('(not read)')
  })

  it('shows text that is no text as bytes', () => {
    const raw = table(entry('name', 'S', Buffer.concat([Buffer.from([0, 0, 0, 2]), Buffer.from([0xff, 0xfe])])))
    expect(readProperties(raw).headers[0]?.value).toEqual({ type: 'bytes', bytes: Buffer.from([0xff, 0xfe]) })
  })

  it('takes single headers away and leaves every other byte as it is', () => {
    const kept = entry('kept', 'S', long('x'))
    const raw = table(entry('gone', 'b', [1]), kept, entry('too', 'S', long('y')))
    expect(withoutHeaders(raw, ['gone', 'too'])).toEqual(table(kept))
    expect(withoutHeaders(raw, ['absent'])).toBe(raw)
    expect(withoutHeaders(table(entry('gone', 'b', [1])), ['gone'])).toEqual(Buffer.from([0, 0]))
    const none = Buffer.from([0, 0])
    expect(withoutHeaders(none, ['gone'])).toBe(none)
  })

  it('reads nested tables to a bound', () => {
    let inner = Buffer.concat([long('').fill(0)])
    for (let depth = 0; depth < 100; depth += 1) {
      const nested = entry('in', 'F', inner)
      const length = Buffer.alloc(4)
      length.writeUInt32BE(nested.length)
      inner = Buffer.concat([length, nested])
    }
    const text = textOfField(readProperties(table(entry('deep', 'F', inner))).headers[0]!.value)
    expect(text).toContain('(not read)')
    expect(text.length).toBeLessThan(1_000)
  })
})
