import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diedAtOfScore, dueOfScore, idEpochMs, idsFrom, idsPerMs, isId, priorityOfScore, timeOfId } from './ids'
import { nameOfTag, queueKeys, tagOf } from './keys'
import { eventTail, firstMeta, historyOf, parseMeta, parseMetaHead, stackLine } from './meta'
import { parseRecord } from './record'

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
          expect([diedAtOfScore(died), priorityOfScore(died)]).toEqual([ms, p])
        },
      ),
    )
  })
})

describe('records', () => {
  it('reads ids and worker, whatever the worker is called', () => {
    expect(parseRecord(',1,2,p9,3,|a|b,4,p1')).toEqual({ worker: 'a|b,4,p1', ids: ['1', '2', '3'] })
    expect(parseRecord(',p0,7,|')).toEqual({ worker: '', ids: ['7'] })
  })
})

describe('meta', () => {
  const error = fc.record({ name: fc.string(), message: fc.string({ maxLength: 2_000, unit: 'binary' }) })
  const attributes = fc.dictionary(fc.string(), fc.string())

  it('reads back what a script wrote, whatever an error says', () => {
    fc.assert(
      fc.property(fc.array(error, { maxLength: 5 }), fc.option(fc.string()), attributes, (errors, stack, given) => {
        const lines = errors.map(
          (each, index) => `{"at":${index},"attempt":${index + 1},${eventTail('failed', each)}\n`,
        )
        const head = (firstMeta(given, 7) ?? '').split('\n')[1] ?? ''
        const bytes = Buffer.from(`2 7 ${errors.length}\n${head}\n${stackLine(stack)}\n${lines.join('')}`)
        const meta = parseMeta(bytes)
        expect(meta).toMatchObject({ attempts: 2, maxAttempts: 7, stack })
        expect({ ...meta.attributes }).toEqual({ ...given })
        expect(historyOf(meta)).toHaveLength(errors.length)
        expect(meta.events.map((event) => event.name.slice(0, 100))).toEqual(
          errors.map((each) => each.name.slice(0, 100)),
        )
        expect(parseMetaHead(bytes)).toMatchObject({ attempts: 2, maxAttempts: 7, attributes: meta.attributes })
      }),
    )
  })

  it('survives damage', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseMeta(bytes)))
    expect(parseMeta(null)).toMatchObject({ attempts: 0, attributes: {}, events: [] })
    expect(parseMeta(Buffer.from('1 0 1\n{"a":1}\n\n{"at":1}\nnot json\n'))).toMatchObject({
      attempts: 1,
      attributes: {},
      events: [],
    })
  })

  it('is not written where there is nothing to say', () => {
    expect(firstMeta(undefined, undefined)).toBeUndefined()
    expect(firstMeta({}, undefined)).toBeUndefined()
    expect(parseMeta(Buffer.from(firstMeta({ __proto__x: 'y' }, undefined)!)).attributes).toEqual({ __proto__x: 'y' })
  })

  it('bounds what an error may say', () => {
    const tail = eventTail('died', { name: 'x'.repeat(5_000), message: `${'y'.repeat(1_023)}🙂` })
    expect(tail.length).toBeLessThan(1_400)
    expect(JSON.parse(`{${tail}`).message.isWellFormed?.() ?? true).toBe(true)
    expect(stackLine('z'.repeat(100_000)).length).toBeLessThan(4_200)
  })
})
