import { describe, expect, it } from 'vitest'
import { Reasons } from './reasons'

describe('why messages of a run were not done', () => {
  it('is told once per reason, the most frequent first', () => {
    const reasons = new Reasons()
    reasons.add([
      { id: 'a', outcome: 'applied' },
      { id: 'b', outcome: 'failed', reason: 'The key may not be used.' },
      { id: 'c', outcome: 'gone' },
    ])
    reasons.add([{ id: 'd', outcome: 'failed', reason: 'The key may not be used.' }])
    expect(reasons.note()).toBe(
      '2 failed: The key may not be used. 1 left alone: no longer there, or no longer in that state.',
    )
  })

  it('is nothing where all were done', () => {
    const reasons = new Reasons()
    reasons.add([{ id: 'a', outcome: 'applied' }])
    expect(reasons.note()).toBeNull()
  })

  it('stays short, however many reasons there are', () => {
    const reasons = new Reasons()
    for (let n = 0; n < 10_000; n += 1)
      reasons.add([{ id: `${n}`, outcome: 'unknown', reason: `the answer for ${n} was lost ${'x'.repeat(5_000)}` }])
    expect(reasons.note()!.length).toBeLessThan(1_100)
    expect(reasons.note()).toContain('Others for other reasons.')
  })
})
