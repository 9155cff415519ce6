import { describe, expect, it } from 'vitest'
import { everything, mark, nothing } from '../design/table-selection'
import { toSelection } from './plan-selection'

const scope = { state: 'dead', cause: 'abc' } as const

describe('a selection as a query', () => {
  it('is everything of a cause but what was taken out', () => {
    expect(toSelection(mark(everything, ['a', 'b'], false), scope)).toEqual({
      ok: true,
      selection: { kind: 'all', state: 'dead', cause: 'abc', except: ['a', 'b'] },
    })
  })

  it('is single messages', () => {
    expect(toSelection(mark(nothing, ['a'], true), scope)).toEqual({
      ok: true,
      selection: { kind: 'ids', state: 'dead', ids: ['a'] },
    })
  })

  it('says why it cannot be asked', () => {
    const many = Array.from({ length: 1001 }, (_, n) => String(n))
    expect(toSelection(nothing, scope)).toMatchObject({ ok: false })
    expect(toSelection(mark(nothing, many, true), scope)).toMatchObject({ ok: false })
    expect(toSelection(mark(everything, many, false), scope)).toMatchObject({ ok: false })
  })
})
