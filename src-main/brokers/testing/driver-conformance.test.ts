import { describe, expect, it } from 'vitest'
import { driverAbilities } from '../driver-abilities'
import { driverChecks } from './driver-conformance'

describe('the conformance suite of drivers', () => {
  it('has a check for every ability', () => {
    expect(driverAbilities.filter((ability) => !driverChecks.some((check) => check.ability === ability))).toEqual([])
  })

  it('says of each check something of its own', () => {
    const names = driverChecks.map(({ ability, says }) => `${ability}: ${says}`)
    expect(new Set(names).size).toBe(names.length)
  })
})
