import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countOfParcel, inParcels, mostInParcel, packed, unpacked } from './parcel'
import { holds, idsOfPlace } from './runs'

const body = fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array(), fc.constant(''))

describe('a parcel', () => {
  it('gives back what was put into it, byte for byte', () => {
    fc.assert(
      fc.property(fc.array(body, { minLength: 1, maxLength: mostInParcel }), (bodies) => {
        expect(unpacked(packed(bodies))).toEqual(bodies.map((each) => Buffer.from(each as string)))
      }),
    )
  })

  it('tells by its length how many it holds', () => {
    fc.assert(
      fc.property(fc.array(body, { minLength: 1, maxLength: mostInParcel }), (bodies) => {
        expect(countOfParcel(packed(bodies).length)).toBe(bodies.length)
      }),
    )
  })

  it('takes a hundred, some hundred KB, and at least two', () => {
    const ofBytes = (bytes: number) => ({ body: 'a'.repeat(bytes) })
    const sizes = (count: number, bytes: number) =>
      inParcels(Array.from({ length: count }, () => ofBytes(bytes))).map(({ length }) => length)
    expect(sizes(250, 10)).toEqual([100, 100, 50])
    expect(sizes(101, 10)).toEqual([99, 2])
    expect(sizes(150, 4_096)).toEqual([64, 64, 22])
  })
})

describe('a place of a ready list', () => {
  it('holds ids and runs of them', () => {
    expect(idsOfPlace('17')).toEqual(['17'])
    expect(idsOfPlace('h17.2')).toEqual(['h17.2'])
    expect(idsOfPlace('100*3')).toEqual(['100', '101', '102'])
    expect(idsOfPlace('7,100*2,9')).toEqual(['7', '100', '101', '9'])
    expect(['7', '8', '9', '99', '100', '101', '102'].filter((id) => holds('7,100*2,9', id))).toEqual([
      '7',
      '9',
      '100',
      '101',
    ])
  })
})
