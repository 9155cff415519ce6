import type { Sample } from '@shared/model/sample'
import { describe, expect, it } from 'vitest'
import { hasGaps, withRecord } from './gaps'

const own = (at: number): Sample => ({ at, values: [at] })
const kept = (at: number): Sample => ({ at, stepMs: 60, values: [-at] })
const times = (samples: readonly Sample[]) => samples.map(({ at }) => at)

describe('gaps in what was watched', () => {
  it('are at the beginning, between, and at the end', () => {
    const span = { from: 0, to: 50, stepMs: 10 }
    expect(hasGaps([10, 20, 30, 40].map(own), span)).toBe(false)
    expect(hasGaps([30, 40, 50].map(own), span)).toBe(true)
    expect(hasGaps([0, 10, 40, 50].map(own), span)).toBe(true)
    expect(hasGaps([0, 10, 20].map(own), span)).toBe(true)
    expect(hasGaps([], span)).toBe(true)
  })

  it('are filled by the broker’s record, and nothing else is', () => {
    const filled = withRecord(
      [300, 305, 310, 500].map(own),
      [60, 120, 180, 240, 300, 360, 420, 480, 540, 600].map(kept),
    )
    expect(times(filled)).toEqual([60, 120, 180, 240, 300, 305, 310, 420, 500, 600])
    expect(filled.filter(({ stepMs }) => stepMs === undefined)).toEqual([300, 305, 310, 500].map(own))
  })

  it('stay gaps where the broker kept nothing', () => {
    const samples = [own(10), own(400)]
    expect(withRecord(samples, [])).toBe(samples)
    expect(times(withRecord([], [kept(60)]))).toEqual([60])
  })
})
