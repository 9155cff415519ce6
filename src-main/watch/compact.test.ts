import { metrics, type Sample } from '@shared/model/sample'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packBlock, unpackBlock } from './block'
import { downsample, levelFor, levels } from './compact'
import { Recent } from './recent'

const sampleAt = (at: number, value: number | null): Sample => ({ at, values: metrics.map(() => value) })

describe('recent samples', () => {
  it('hold the newest 600 in order, whatever came before', () => {
    const recent = new Recent(600)
    for (let n = 0; n < 1_500; n += 1) {
      recent.push(sampleAt(n * 1_000, n % 7 === 0 ? null : n))
      expect(recent.newest?.at).toBe(n * 1_000)
    }
    const samples = recent.samples()
    expect(samples.map(({ at }) => at)).toEqual(Array.from({ length: 600 }, (_, n) => (900 + n) * 1_000))
    expect(samples[3]!.values[0]).toBeNull()
    expect(samples[4]!.values[0]).toBe(904)
    expect(recent.samples(1_499_000)).toHaveLength(1)
  })
})

describe('a block', () => {
  it('brings every sample back exactly', () => {
    const value = fc.option(fc.oneof(fc.nat(), fc.double({ noNaN: true, min: 0 })), { nil: null })
    const values = fc.array(value, { minLength: metrics.length, maxLength: metrics.length })
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(60_000), values), { maxLength: 60 }), (rows) => {
        const start = 1_795_316_930_967
        const samples = rows.map(([offset, own], index) => ({ at: index === 0 ? start : start + offset, values: own }))
        expect(unpackBlock(packBlock(samples), { start, n: samples.length })).toEqual(samples)
      }),
    )
  })

  it('of a quiet queue takes a few dozen bytes', () => {
    const samples = Array.from({ length: 60 }, (_, n) => sampleAt(1_795_316_930_000 + n * 1_000, 0))
    expect(packBlock(samples).length).toBeLessThan(300)
  })
})

describe('downsampling', () => {
  it('means what is known within a step, and leaves missing steps missing', () => {
    const samples = [sampleAt(1_000, 2), sampleAt(2_000, 4), sampleAt(3_000, null), sampleAt(31_000, 9)]
    expect(downsample(samples, 10_000)).toEqual([sampleAt(0, 3), sampleAt(30_000, 9)])
    expect(downsample([sampleAt(1_000, null)], 10_000)).toEqual([sampleAt(0, null)])
    expect(downsample([], 10_000)).toEqual([])
  })

  it('never gives more than one sample a step, and keeps order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000), { maxLength: 200 }), (times) => {
        const samples = [...times].sort((a, b) => a - b).map((at) => sampleAt(at, 1))
        const thin = downsample(samples, 10_000)
        const steps = new Set(times.map((at) => Math.floor(at / 10_000)))
        expect(thin).toHaveLength(steps.size)
        expect(thin.map(({ at }) => at)).toEqual([...thin.map(({ at }) => at)].sort((a, b) => a - b))
      }),
    )
  })
})

describe('the level of an answer', () => {
  const now = 100 * 24 * 3_600_000
  const at = (hours: number, points: number) =>
    levels[levelFor({ from: now - hours * 3_600_000, stepMs: (hours * 3_600_000) / points, now })]!.stepMs

  it('is the finest that reaches back, or as coarse as was asked for', () => {
    expect(at(0.1, 600)).toBe(1_000)
    expect(at(1, 2_000)).toBe(1_000)
    expect(at(2, 2_000)).toBe(10_000)
    expect(at(24, 2_000)).toBe(10_000)
    expect(at(24, 500)).toBe(60_000)
    expect(at(24 * 20, 500)).toBe(60_000)
    expect(at(24 * 90, 500)).toBe(60_000)
  })
})
