import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inBatches } from './batches'
import { bodyOfText, isAllowedText, textOfBody } from './body-text'
import { firstHop, isStillDelayed, longestDelayMs, longestHiddenMs, nextHop } from './delays'
import { groupSent, groupTold } from './groups'
import { lay, layWithin, nativeOf, sortAttributes, textAttributes } from './layout'
import { noteName, readNote, type SideNote, withEvent, writeNote } from './side-note'
import { sqsNames } from './sqs-names'

describe('the body of a message', () => {
  it('comes back byte for byte, as text that SQS takes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: 'binary' })), (body) => {
        const written = textOfBody(body)
        expect(isAllowedText(written.text) && written.text !== '').toBe(true)
        const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body
        expect(Buffer.from(bodyOfText(written)).equals(Buffer.from(bytes))).toBe(true)
      }),
    )
  })

  it('is left as it is where it can be, a byte order mark and line ends included', () => {
    for (const body of ['{"n": 1}', '\ufeffx', 'a\r\n\tb', 'é漢🙂'])
      for (const each of [body, Buffer.from(body)])
        expect(textOfBody(each)).toEqual({ text: body, encoding: undefined })
    for (const body of ['a\u0000', '\uffff', Buffer.from([0xc3]), '']) expect(textOfBody(body).encoding).toBeDefined()
  })
})

const attributes = fc.dictionary(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  {
    maxKeys: 10,
    noNullPrototype: true,
  },
)

describe('the attributes of a message', () => {
  it('come back whatever they are, in at most ten that SQS takes', () => {
    fc.assert(
      fc.property(attributes, fc.boolean(), (given, more) => {
        const sorted = sortAttributes(given)
        const note: SideNote = { more: sorted.more, ...(more ? { max: 3, group: 'größe\u0000\uffff' } : {}) }
        const laid = lay('x', sorted.native, note)
        const names = Object.keys(laid.attributes)
        expect(names.length).toBeLessThanOrEqual(10)
        for (const { StringValue } of Object.values(laid.attributes))
          expect(isAllowedText(StringValue ?? '') && StringValue !== '').toBe(true)
        const { [noteName]: own, ...others } = laid.attributes
        const read = readNote(own?.StringValue) ?? {}
        expect(textAttributes({ ...others, ...nativeOf(read) }, read)).toEqual(given)
        expect(read.group).toBe(more ? note.group : undefined)
      }),
    )
  })

  it('of other producers keep their types when they make room', () => {
    const native = Object.fromEntries(
      Array.from({ length: 10 }, (_, n) => [
        `a${n}`,
        n === 9
          ? { DataType: 'Binary.png', BinaryValue: new Uint8Array([0, 255]) }
          : { DataType: 'Number.int', StringValue: String(n) },
      ]),
    )
    const laid = lay('x', native, { max: 2 })
    expect(Object.keys(laid.attributes)).toHaveLength(10)
    const note = readNote(laid.attributes[noteName]?.StringValue)
    expect(Object.keys(note?.aside ?? {})).toEqual(['a9'])
    const back = nativeOf(note ?? {})
    expect(back.a9?.DataType).toBe('Binary.png')
    expect([...(back.a9?.BinaryValue ?? [])]).toEqual([0, 255])
  })

  it('are kept under any name', () => {
    const given = JSON.parse('{"__proto__":"x","constructor":"y"}')
    const { native, more } = sortAttributes(given)
    const note = readNote(lay('x', native, { more }).attributes[noteName]?.StringValue) ?? {}
    expect(Object.entries(textAttributes(native, note)).sort()).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
  })

  it('named like the note are carried in it', () => {
    const { native, more } = sortAttributes({ [noteName]: 'mine' })
    expect([native, more]).toEqual([{}, { [noteName]: 'mine' }])
  })
})

describe('the note', () => {
  it('is not there where there is nothing to say', () => {
    expect(writeNote({ more: {}, max: undefined })).toBeUndefined()
    expect(lay('x', {}, {}).attributes).toEqual({})
  })

  it('is none of ours when it reads otherwise', () => {
    for (const text of ['', 'x', '1', '{"max":"many"}', '[]', 'null']) expect(readNote(text)).toBeUndefined()
  })

  it('is told as fully as the room allows', () => {
    const notes = [{ group: 'x'.repeat(500) }, { group: 'x'.repeat(100) }, {}]
    expect(layWithin('body', {}, notes, 10_000).attributes[noteName]?.StringValue).toContain('x'.repeat(500))
    expect(layWithin('body', {}, notes, 200).attributes[noteName]?.StringValue).toHaveLength(112)
    expect(layWithin('body', {}, notes, 4).attributes).toEqual({})
  })

  it('keeps the newest 64 events', () => {
    let note: SideNote = {}
    for (let n = 0; n < 100; n++)
      note = { history: withEvent(note, { at: n, event: 'died', detail: null, attempt: n }) }
    expect(note.history).toHaveLength(64)
    expect(note.history?.at(-1)?.at).toBe(99)
  })
})

describe('delays', () => {
  it('end when they are due and not before, in hops that SQS can keep, with no receive counted but one a copy', () => {
    const minutes = fc.integer({ min: 0, max: 60 * 24 * 10 })
    fc.assert(
      fc.property(
        minutes,
        fc.integer({ min: 1, max: 20_160 }),
        fc.integer({ min: 1, max: 5 }),
        (wait, retain, most) => {
          const retentionMs = retain * 60_000
          const dueAt = wait * 60_000
          let now = 0
          let sentAt = 0
          let receives = 0
          let hop = firstHop(dueAt, now, retentionMs)
          now += hop.delaySeconds * 1_000
          for (let hops = 0; ; hops++) {
            expect(hops).toBeLessThan(200_000)
            expect(now - sentAt).toBeLessThan(retentionMs)
            receives++
            expect(receives).toBeLessThanOrEqual(Math.max(most, 1))
            if (!isStillDelayed(hop.due, now)) break
            const next = nextHop({
              leftMs: dueAt - now,
              receiveCount: receives,
              ageMs: now - sentAt,
              retentionMs,
              maxReceives: most,
            })
            if (next.kind === 'hide') {
              expect(next.ms).toBeLessThan(longestHiddenMs)
              now += next.ms
            } else {
              hop = firstHop(next.ms, now, retentionMs)
              sentAt = now
              receives = 0
              now += hop.delaySeconds * 1_000
            }
            expect(hop.delaySeconds * 1_000).toBeLessThanOrEqual(longestDelayMs)
          }
          expect(now).toBeGreaterThanOrEqual(dueAt - 500)
          expect(now).toBeLessThanOrEqual(dueAt + 1_000)
        },
      ),
      { numRuns: 100 },
    )
  })
})

describe('batches', () => {
  it('hold everything in order, ten and one mebibyte at most', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1_048_576 }), { maxLength: 60 }), (sizes) => {
        const batches = inBatches(sizes, (size) => size)
        expect(batches.flat()).toEqual(sizes)
        for (const batch of batches) {
          expect(batch.length).toBeLessThanOrEqual(10)
          expect(batch.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(1_048_576)
        }
      }),
    )
  })
})

describe('names', () => {
  it('of groups are told as they were sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }), (group) => {
        const { id, written } = groupSent(group, true)
        expect(id).toMatch(/^[!-~]{1,128}$/)
        expect(groupTold(id, written, true)).toBe(group)
      }),
    )
    expect(groupTold(groupSent(undefined, true).id, undefined, true)).toBeNull()
    expect(groupTold('tenant', undefined, false)).toBeNull()
  })

  it('of queues carry the prefix, and the dead beside them', () => {
    expect(sqsNames('orders', 'app-')).toEqual({ name: 'app-orders', deadName: 'app-orders-dead', fifo: false })
    expect(sqsNames('orders.fifo', '')).toEqual({ name: 'orders.fifo', deadName: 'orders-dead.fifo', fifo: true })
    expect(() => sqsNames('a.b', '')).toThrow(/letters, digits/)
    expect(() => sqsNames('x'.repeat(76), '')).toThrow(/80 characters/)
    for (const name of ['orders-dead', 'orders-dead.fifo']) expect(() => sqsNames(name, '')).toThrow(/dead letters/)
  })
})
