import { describe, expect, it } from 'vitest'
import { membersOf, replaced, sliceOf } from './json-members'

const valuesOf = (text: string) => {
  const json = Buffer.from(text)
  const members = membersOf(json)
  return members && Object.fromEntries([...members].map(([name, span]) => [name, sliceOf(json, span).toString()]))
}

describe('members of a JSON object', () => {
  it('are told as they were written', () => {
    expect(valuesOf(' {"a" : 9007199254740993 ,"b":{ "x" :[1, "}"]},\n"c":"q\\"\\\\","d":null , "é":[ ] } ')).toEqual({
      a: '9007199254740993',
      b: '{ "x" :[1, "}"]}',
      c: '"q\\"\\\\"',
      d: 'null',
      é: '[ ]',
    })
  })

  it('are none in an empty object, and null in anything else', () => {
    expect(valuesOf('{ }')).toEqual({})
    for (const text of ['[]', '1', 'null', '{', '', '"{}"']) expect(valuesOf(text)).toBeNull()
  })

  it('count by their last mention', () => {
    expect(valuesOf('{"a":1,"a":2}')).toEqual({ a: '2' })
  })

  it('are replaced without touching the rest', () => {
    const json = Buffer.from('{"id": 12345678901234567890, "data" : {"n":1}, "x":[ 1 ]}')
    const span = membersOf(json)!.get('data')!
    expect(replaced(json, span, Buffer.from('[ 2 ]')).toString()).toBe(
      '{"id": 12345678901234567890, "data" : [ 2 ], "x":[ 1 ]}',
    )
  })
})
