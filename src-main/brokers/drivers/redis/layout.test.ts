import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  dueOfScore,
  endedAtOfScore,
  idEpochMs,
  idSuffix,
  idsPerMs,
  isId,
  partsOfId,
  priorityOfScore,
  timeOfId,
} from './ids'
import { nameOfTag, queueKeys, tagOf } from './keys'
import {
  eventTail,
  firstMeta,
  historyOf,
  parentOfToken,
  parentToken,
  parseMeta,
  parseMetaHead,
  stackLine,
} from './meta'
import { parseRecord } from './record'
import { idsFrom } from './runs'

/** Redis takes what stands between the first brace and the first closing one after it. */
const hashTag = (key: string) => {
  const from = key.indexOf('{')
  const to = key.indexOf('}', from + 1)
  return to > from + 1 ? key.slice(from + 1, to) : key
}

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((text) => !/\p{Surrogate}/u.test(text))
const awkward = fc.oneof(
  name,
  fc.stringMatching(/^[{}%:7BD5 ]{1,12}$/).filter((text) => text !== ''),
)

describe('keys', () => {
  it('brings every name back as it went', () => {
    fc.assert(fc.property(awkward, (text) => void expect(nameOfTag(tagOf(text))).toBe(text)))
  })

  it('puts all keys of a queue into one slot, and no two names into one key', () => {
    fc.assert(
      fc.property(awkward, awkward, (one, other) => {
        const keys = queueKeys('qe', one)
        const all = [
          keys.state,
          keys.payload,
          keys.meta,
          ...keys.ready,
          keys.delayed,
          keys.dead,
          keys.leases,
          keys.wake,
        ]
        expect(new Set(all.map(hashTag)).size).toBe(1)
        if (one !== other) expect(queueKeys('qe', other).payload).not.toBe(keys.payload)
      }),
    )
  })

  it('refuses what could not come back', () => {
    for (const bad of ['', '\ud800', 'x'.repeat(513)]) expect(() => tagOf(bad)).toThrow(/name/)
    for (const prefix of ['', 'a{b', '}']) expect(() => queueKeys(prefix, 'x')).toThrow(/prefix/)
  })
})

describe('ids and scores', () => {
  it('carries the time, counts on, and stays exact', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 * 365 * 86_400_000 }), fc.nat({ max: idsPerMs - 1 }), (ms, n) => {
        const id = String(ms * idsPerMs + n + 1)
        expect(isId(id)).toBe(true)
        expect(Math.abs(timeOfId(id) - (idEpochMs + ms))).toBeLessThanOrEqual(1)
        const next = idsFrom(id, 3)
        expect(next.map((each) => Number(each) - Number(id))).toEqual([0, 1, 2])
        expect(next.every((each) => /^\d+$/.test(each))).toBe(true)
      }),
    )
  })

  it('carries any group and own id, and nothing that would part a record', () => {
    const part = fc.option(name, { nil: undefined })
    fc.assert(
      fc.property(part, part, (group, ownId) => {
        const id = `28000000000000${idSuffix({ ...(group === undefined ? {} : { group }), ...(ownId === undefined ? {} : { ownId }) })}`
        expect(partsOfId(id)).toEqual({ group: group ?? null, ownId: ownId ?? null })
        expect(id).not.toMatch(/[,|\s]/)
        expect(isId(id)).toBe(true)
        expect(timeOfId(id)).toBe(timeOfId('28000000000000'))
      }),
    )
  })

  it('keeps the priority beside the time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: idEpochMs, max: idEpochMs + 40 * 365 * 86_400_000 }),
        fc.nat({ max: 9 }),
        (ms, p) => {
          const due = ms * 16 + p
          expect([dueOfScore(due), priorityOfScore(due)]).toEqual([ms, p])
          const died = (ms - idEpochMs) * 256 * 16 + 255 * 16 + p
          expect(Number.isSafeInteger(died)).toBe(true)
          expect([endedAtOfScore(died), priorityOfScore(died)]).toEqual([ms, p])
        },
      ),
    )
  })
})

describe('records', () => {
  it('reads ids and worker, whatever the worker is called', () => {
    expect(parseRecord(',1,2,!9,3~g:own,|a|b,4,!1')).toMatchObject({ worker: 'a|b,4,!1', ids: ['1', '2', '3~g:own'] })
    expect(parseRecord(',!0,7,|')).toMatchObject({ worker: '', ids: ['7'] })
  })
})

describe('meta', () => {
  const text = fc.string({ maxLength: 2_000, unit: 'binary' })
  const error = fc.record({ name: fc.string(), message: text, stack: fc.option(text, { nil: null }) })
  const attributes = fc.dictionary(fc.string(), fc.string())
  const parent = fc.record({ queue: name, id: fc.stringMatching(/^\d{1,15}$/), index: fc.nat() })

  it('reads back what a script wrote, whatever an error says', () => {
    fc.assert(
      fc.property(
        fc.array(error, { maxLength: 5 }),
        attributes,
        fc.option(parent, { nil: undefined }),
        (errors, given, family) => {
          const lines = errors.map((each, index) => `${index} ${index + 1} f 77 host:1${eventTail(each)}\n`)
          const last = errors.at(-1)
          const head = (firstMeta({ attributes: given, maxAttempts: 7 }) ?? '').split('\n')[1] ?? ''
          const token = family ? ` ${parentToken(family)}` : ''
          const stack = last ? stackLine(last) : ''
          const bytes = Buffer.from(`2 7 ${errors.length} 3${token}\n${head}\n${stack}\n${lines.join('')}`)
          const meta = parseMeta(bytes)
          expect(meta).toMatchObject({ attempts: 2, maxAttempts: 7, deaths: 3, parent: family ?? null })
          expect({ ...meta.attributes }).toEqual({ ...given })
          expect(historyOf(meta)).toHaveLength(errors.length)
          expect(meta.events.map((event) => event.name.slice(0, 100))).toEqual(
            errors.map((each) => each.name.slice(0, 100)),
          )
          if (last?.stack && last.stack !== '' && !last.stack.startsWith('='))
            expect(meta.stack?.slice(0, 4_000)).toBe(last.stack.slice(0, 4_000))
          expect(parseMetaHead(bytes)).toMatchObject({ attempts: 2, maxAttempts: 7, attributes: meta.attributes })
        },
      ),
    )
  })

  it('keeps a stack whole though it is written without its first line', () => {
    const { name: kind, message, stack } = new TypeError('no such\thing')
    const bytes = `1 0 1 1\n\n${stackLine({ name: kind, message, stack: stack! })}\n1 1 d 7 w${eventTail({ name: kind, message })}\n`
    expect(bytes.match(/no such/g)).toHaveLength(1)
    expect(parseMeta(Buffer.from(bytes)).stack).toBe(stack)
    const awkward = 'x\\n    at y\n    at z\\a'
    const line = stackLine({ name: 'A', message: 'b', stack: awkward })
    expect(parseMeta(Buffer.from(`1 0 0 0\n\n${line}\n`)).stack).toBe(awkward)
  })

  it('names any parent', () => {
    fc.assert(fc.property(parent, (family) => void expect(parentOfToken(parentToken(family))).toEqual(family)))
  })

  it('survives damage', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseMeta(bytes)))
    expect(parseMeta(null)).toMatchObject({ attempts: 0, attributes: {}, events: [] })
    expect(parseMeta(Buffer.from('1 0 1 0\n{"a":1}\n\n1 1 f 7\nnot an event\n'))).toMatchObject({
      attempts: 1,
      attributes: {},
      events: [],
    })
  })

  it('is not written where there is nothing to say', () => {
    expect(firstMeta({})).toBeUndefined()
    expect(firstMeta({ attributes: {} })).toBeUndefined()
    expect(parseMeta(Buffer.from(firstMeta({ attributes: { __proto__x: 'y' } })!)).attributes).toEqual({
      __proto__x: 'y',
    })
  })

  it('bounds what an error may say', () => {
    const tail = eventTail({ name: 'x'.repeat(5_000), message: `${'y'.repeat(1_023)}🙂` })
    expect(tail.length).toBeLessThan(1_400)
    expect(/\p{Surrogate}/u.test(tail)).toBe(false)
    expect(stackLine({ name: '', message: '', stack: 'z'.repeat(100_000) }).length).toBeLessThan(4_200)
  })
})
