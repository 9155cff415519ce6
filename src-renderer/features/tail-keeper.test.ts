import { describe, expect, it } from 'vitest'
import { linesKept, TailKeeper } from './tail-keeper'

const message = (id: string) => ({ id, at: 0, base64: '', bytes: 0, attributes: [] })
const piece = (...ids: string[]) => ({ messages: ids.map(message), missed: 0 })
const idsOf = (keeper: TailKeeper) => keeper.store.getState().lines.map((line) => line.message.id)

describe('a tail', () => {
  it('shows the newest first', () => {
    const keeper = new TailKeeper()
    keeper.take(piece('1', '2'))
    keeper.take(piece('3'))
    expect(idsOf(keeper)).toEqual(['3', '2', '1'])
  })

  it('stands still while held, counts what arrives, and shows it when it goes on', () => {
    const keeper = new TailKeeper()
    keeper.take(piece('1'))
    keeper.hold(true)
    keeper.take({ ...piece('2', '3'), missed: 4 })
    expect(idsOf(keeper)).toEqual(['1'])
    expect(keeper.store.getState()).toMatchObject({ behind: 2, missed: 4 })
    keeper.hold(false)
    expect(idsOf(keeper)).toEqual(['3', '2', '1'])
    expect(keeper.store.getState().behind).toBe(0)
  })

  it('keeps a bounded number of lines', () => {
    const keeper = new TailKeeper()
    for (let number = 0; number < linesKept + 20; number += 1) keeper.take(piece(String(number)))
    expect(idsOf(keeper)).toHaveLength(linesKept)
    expect(idsOf(keeper)[0]).toBe(String(linesKept + 19))
  })
})
