import { describe, expect, it } from 'vitest'
import {
  everything,
  isEmptySelection,
  isSelected,
  mark,
  nothing,
  runBetween,
  selectedCount,
  toggle,
} from './table-selection'

describe('table selection', () => {
  it('names rows one by one until everything is meant', () => {
    const one = toggle(nothing, 'a')
    expect(isSelected(one, 'a')).toBe(true)
    expect(selectedCount(one, null)).toBe(1)
    expect(isEmptySelection(toggle(one, 'a'))).toBe(true)
  })

  it('keeps only what was taken out of everything', () => {
    const most = mark(everything, ['b', 'c'], false)
    expect(isSelected(most, 'a')).toBe(true)
    expect(isSelected(most, 'b')).toBe(false)
    expect(selectedCount(most, 404)).toBe(402)
    expect(selectedCount(most, null)).toBeNull()
    expect(toggle(most, 'b')).toEqual({ kind: 'all', except: new Set(['c']) })
  })

  it('finds a run in either direction', () => {
    expect(runBetween(['a', 'b', 'c', 'd'], 'd', 'b')).toEqual(['b', 'c', 'd'])
    expect(runBetween(['a', 'b'], 'gone', 'b')).toEqual(['b'])
  })
})
