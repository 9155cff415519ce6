import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DriverAbilities, type DriverAbility, driverAbilities } from '../driver-abilities'
import { coreChecks } from './driver-conformance-core'
import { deadChecks } from './driver-conformance-dead'
import { deliveryChecks } from './driver-conformance-delivery'
import { extraChecks } from './driver-conformance-extras'
import { leaseChecks } from './driver-conformance-leases'
import { lookingChecks } from './driver-conformance-looking'
import { mendingChecks } from './driver-conformance-mending'
import { orderChecks } from './driver-conformance-order'
import { checkRefusal } from './driver-conformance-refusals'
import type { Check, DriverWorld, Scene } from './driver-conformance-scene'

export type { Check, DriverWorld } from './driver-conformance-scene'

/** All that a driver can be held to. */
export const driverChecks: readonly Check[] = [
  ...coreChecks,
  ...leaseChecks,
  ...deliveryChecks,
  ...orderChecks,
  ...deadChecks,
  ...lookingChecks,
  ...mendingChecks,
  ...extraChecks,
]

/**
 * Registers the suite for one driver: every check of what it declares as yes, and for each no that it says so wherever it is
 * asked. `abilities` are those that the driver will declare.
 *
 *     describeDriver({ name: 'redis', abilities: redisAbilities, openWorld: async () => ({ driver, freshQueue, close }) })
 */
export function describeDriver({
  name,
  abilities,
  openWorld,
}: {
  readonly name: string
  readonly abilities: DriverAbilities
  readonly openWorld: () => Promise<DriverWorld>
}): void {
  describe(`the ${name} driver`, () => {
    let world: DriverWorld
    beforeAll(async () => {
      world = await openWorld()
    })
    afterAll(async () => {
      await world?.close()
    })
    const sceneFor = async (needs: DriverAbility | 'core'): Promise<Scene> => ({
      ...world,
      tickMs: world.tickMs ?? 40,
      queue: await world.freshQueue(needs),
    })

    it('declares what it was announced to be', () => {
      expect(world.driver.name).toBe(name)
      expect(world.driver.abilities).toEqual(abilities)
    })

    for (const { ability, says, check } of driverChecks)
      if (ability === 'core' || abilities[ability].answer === 'yes')
        it(`${ability}: ${says}`, async () => check(await sceneFor(ability)))

    for (const ability of driverAbilities)
      if (abilities[ability].answer === 'no')
        it(`${ability}: is declared as no, and refused`, async () => checkRefusal(await sceneFor(ability), ability))
  })
}
