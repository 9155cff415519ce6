import { describe, expect, it } from 'vitest'
import { type Action, actionStore, chordOf, matchKeys, registerActions } from './actions'

const action = (id: string, keys?: string): Action => ({
  id,
  label: id,
  group: 'Test',
  perform: () => {},
  ...(keys && { keys }),
})
const press = (key: string, held: Partial<KeyboardEvent> = {}) => ({
  key,
  metaKey: false,
  ctrlKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
})

describe('actions', () => {
  it('reads keys as people write them', () => {
    expect(chordOf(press('k', { metaKey: true }))).toBe('mod+k')
    expect(chordOf(press('K', { ctrlKey: true, shiftKey: true }))).toBe('mod+shift+k')
    expect(chordOf(press('?', { shiftKey: true }))).toBe('?')
    expect(chordOf(press('R', { shiftKey: true }))).toBe('shift+r')
    expect(chordOf(press(' '))).toBe('space')
  })

  it('waits for the second key of two', () => {
    const actions = [action('overview', 'g o'), action('find', '/')]
    expect(matchKeys(actions, ['g'])).toEqual({ kind: 'prefix' })
    expect(matchKeys(actions, ['g', 'o'])).toMatchObject({ kind: 'action', action: { id: 'overview' } })
    expect(matchKeys(actions, ['g', 'x'])).toEqual({ kind: 'none' })
  })

  it('lets the screen on top take a key, and gives it back', () => {
    const under = registerActions([action('frame', 'x')])
    const over = registerActions([action('screen', 'x')])
    expect(matchKeys(actionStore.getState().actions, ['x'])).toMatchObject({ action: { id: 'screen' } })
    over()
    expect(matchKeys(actionStore.getState().actions, ['x'])).toMatchObject({ action: { id: 'frame' } })
    under()
    expect(actionStore.getState().actions).toEqual([])
  })
})
