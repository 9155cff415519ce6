import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { driverAbilities } from '../../driver-abilities'
import { redisStreamsAbilities } from './abilities'
import { contentOf, fieldsOf, packed, unpacked, withBody } from './entry'
import { soundId, timeOfEntry } from './ids'
import { expectedTypes, keyNames, streamKeys } from './keys'
import { errorOf, errorTail, headOf, historyOf, parseMeta, stackLine } from './meta'

const buffers = (...parts: readonly (string | Buffer)[]) =>
  parts.map((part) => (Buffer.isBuffer(part) ? part : Buffer.from(part)))
const contentAsText = (fields: readonly Buffer[]) => {
  const { body, ...rest } = contentOf(fields, 'body')
  return { ...rest, body: Buffer.from(body).toString() }
}

describe('an entry of a stream', () => {
  it('brings back what was enqueued', () => {
    const message = { body: Buffer.from([0, 255, 10]), attributes: { body: 'x', 'qs:max': '9', é: '' }, maxAttempts: 7 }
    const content = contentOf(buffers(...fieldsOf(message, 'body')), 'body')
    expect(Buffer.from(content.body).equals(message.body)).toBe(true)
    expect(content.attributes).toEqual(message.attributes)
    expect(content.maxAttempts).toBe(7)
  })

  it('takes a body field of a plain producer, and its other fields as attributes', () => {
    expect(contentAsText(buffers('source', 'web', 'body', '{"n":1}', 'body', 'second'))).toMatchObject({
      body: '{"n":1}',
      attributes: { source: 'web', body: 'second' },
      maxAttempts: undefined,
    })
  })

  it('takes all fields as JSON where there is no body, twice-named and binary ones too', () => {
    const { body, attributes } = contentAsText(buffers('a', '1', 'a', 'two "2"', 'raw', Buffer.from([0xff])))
    expect(body).toBe('{"a":"1","a":"two \\"2\\"","raw":{"base64":"/w=="}}')
    expect(attributes).toEqual({})
    expect(contentAsText([]).body).toBe('{}')
  })

  it('passes over damaged fields of ours', () => {
    expect(contentAsText(buffers('body', 'x', 'qs:attributes', '{not json', 'qs:max', 'many'))).toEqual({
      body: 'x',
      attributes: {},
      maxAttempts: undefined,
      id: undefined,
      enqueuedAt: undefined,
    })
  })

  it('changes its body alone', () => {
    const fields = buffers('qs:max', '3', 'body', 'old', 'source', 'web')
    expect(withBody(fields, 'body', Buffer.from('new')).map(String)).toEqual([
      'qs:max',
      '3',
      'body',
      'new',
      'source',
      'web',
    ])
    const plain = buffers('a', '1', 'b', '2')
    expect(withBody(plain, 'body', Buffer.from('new')).map(String)).toEqual(['body', 'new'])
  })

  it('packs any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (parts) => {
        const all = parts.map((part) => Buffer.from(part))
        expect(unpacked(packed(all)).map((part) => part.toString('hex'))).toEqual(
          all.map((part) => part.toString('hex')),
        )
      }),
    )
    expect(unpacked(Buffer.from('3:abc9:x')).map(String)).toEqual(['abc'])
  })
})

describe('ids', () => {
  it('lets nothing through that Redis would choke on', () => {
    const sound = ['1-1', '0-0', '1700000000000-12', '18446744073709551615-18446744073709551615', 'later-7']
    expect(sound.map(soundId)).toEqual(sound)
    const odd = ['', '1', '1-', '-1', '01-1', '1-1-1', '99999999999999999999-0', 'x', '+', '$', 'later-', 'later-1e3']
    expect(odd.map(soundId)).toEqual(odd.map(() => ''))
  })

  it('tells the time of an entry only where it is one', () => {
    expect(timeOfEntry('1700000000000-3')).toBe(1_700_000_000_000)
    expect(timeOfEntry('7-1')).toBeNull()
  })
})

describe('keys', () => {
  const slotOf = (key: string) => key.slice(key.indexOf('{') + 1, key.indexOf('}'))

  it('puts all keys of a queue in one slot, whatever its name', () => {
    for (const queue of ['mails', 'a{b}c', '{}', 'é:%7B', '}{']) {
      const keys = streamKeys({ prefix: 'qs', queue, group: 'g {x}' })
      expect(new Set(keys.all.map(slotOf)).size).toBe(1)
      expect(new Set(keys.all).size).toBe(keyNames.length)
    }
  })

  it('gives different queues and groups different keys', () => {
    const all = [
      ['a', 'g'],
      ['a', 'h'],
      ['b', 'g'],
      ['{a}', 'g'],
      ['%7Ba%7D', 'g'],
    ].map(([queue, group]) => streamKeys({ prefix: 'qs', queue: queue!, group: group! }).of.state)
    expect(new Set(all).size).toBe(all.length)
  })

  it('follows a stream of others to its slot', () => {
    const { of } = streamKeys({ prefix: 'qs', queue: 'orders', group: 'g', streamKey: 'app:{orders}:events' })
    expect(of.stream).toBe('app:{orders}:events')
    expect(slotOf(of.state)).toBe('orders')
    expect(slotOf(streamKeys({ prefix: 'qs', queue: 'q', group: 'g', streamKey: 'plain' }).of.state)).toBe('plain')
    expect(() => streamKeys({ prefix: 'qs', queue: 'q', group: 'g', streamKey: 'odd}' })).toThrow(/slot/)
  })

  it('refuses names that cannot be keys', () => {
    for (const [prefix, queue, group] of [
      ['', 'q', 'g'],
      ['q{s}', 'q', 'g'],
      ['qs', '', 'g'],
      ['qs', 'x'.repeat(513), 'g'],
      ['qs', '\ud800', 'g'],
      ['qs', 'q', ''],
    ] as const)
      expect(() => streamKeys({ prefix, queue, group })).toThrow(expect.objectContaining({ code: 'bad-input' }))
  })

  it('knows a type for each', () => {
    expect(expectedTypes(streamKeys({ prefix: 'qs', queue: 'q', group: 'g' })).every(([, type]) => type)).toBe(true)
  })
})

describe('what is kept of a failed message', () => {
  const line = (attempt: number | null, name: string) =>
    `{"at":5,"attempt":${attempt},"event":"failed","to":"ready","actor":"w","fence":"9",${errorTail({ name, message: 'm\n"' })}}`

  it('reads back what the scripts write', () => {
    const meta = parseMeta(Buffer.from(`2 1 2\n${stackLine('s\n')}\n${line(1, 'A')}\n${line(2, 'B')}\n`))
    expect(meta).toMatchObject({ attempts: 2, replays: 1, stack: 's\n' })
    expect(errorOf(meta)).toEqual({ name: 'B', message: 'm\n"', stack: 's\n' })
    expect(historyOf(meta)[0]).toEqual({
      at: 5,
      attempt: 1,
      event: 'failed',
      detail: 'A: m\n"',
      from: 'leased',
      to: 'ready',
      actor: 'w',
      fence: '9',
    })
  })

  it('is lenient with damage', () => {
    expect(parseMeta(Buffer.from('x y\n{\n{"at":1}\nnothing'))).toEqual({
      attempts: 0,
      replays: 0,
      stack: null,
      events: [],
    })
    expect(headOf(null)).toMatchObject({ attempts: 0, replays: 0 })
  })
})

it('gives a reason for each ability that it has not', () => {
  for (const ability of driverAbilities) {
    const declared = redisStreamsAbilities[ability]
    if (declared.answer === 'no') expect(declared.reason.length).toBeGreaterThan(10)
  }
})
