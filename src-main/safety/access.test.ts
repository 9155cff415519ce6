import type { Environment, Tier } from '@shared/model/environment'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../runtime/manual-clock'
import { Access, unlockMs } from './access'

const environment = (effectiveTier: Tier) => ({ id: 'e', name: 'eu-billing', effectiveTier }) as Environment

describe('access', () => {
  it('lets dev and staging write, and production only while it is unlocked', async () => {
    const clock = manualClock()
    const access = new Access(clock)
    expect(access.isReadOnly(environment('dev'))).toBe(false)
    expect(access.isReadOnly(environment('staging'))).toBe(false)
    const production = environment('production')
    expect(() => access.assertWritable(production)).toThrow(/read-only/)
    expect(() => access.unlock(production, 'eu-bill')).toThrow(/Type eu-billing/)
    access.unlock(production, 'eu-billing')
    access.assertWritable(production)
    await clock.advance(unlockMs - 1)
    access.assertWritable(production)
    await clock.advance(1)
    expect(() => access.assertWritable(production)).toThrow(/read-only/)
  })

  it('tells who listens, and can be locked by hand', () => {
    const access = new Access(manualClock())
    const told: string[] = []
    access.onChange((id) => told.push(id))
    access.unlock(environment('production'), 'eu-billing')
    access.lock('e')
    access.lock('e')
    expect(told).toEqual(['e', 'e'])
    expect(access.isReadOnly(environment('production'))).toBe(true)
  })
})
