import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startVirtualSqs, type VirtualSqs } from '../../../sandbox/sqs/virtual-sqs'
import type { Driver } from '../../driver'
import { type DriverAbility, driverAbilities } from '../../driver-abilities'
import { type Check, driverChecks } from '../../testing/driver-conformance'
import { checkRefusal } from '../../testing/driver-conformance-refusals'
import type { Scene } from '../../testing/driver-conformance-scene'
import { sqsAbilities } from './abilities'
import { SqsDriver } from './driver'
import { dedupWindowMs } from './sent-before'

/** Checks of abilities that SQS has in part. Each must fail, so that the list stays true. */
const notOnSqs: Readonly<Record<string, string>> = {
  'removes what is delayed, and what is dead, and neither touches the other':
    'SQS gives out no message before its time, so what is delayed cannot be removed alone',
}

/** What only FIFO queues can is held to them, the rest to standard queues. */
const fifoAbilities: readonly (DriverAbility | 'core')[] = ['groups', 'dedup']

describe.each(['both', 'standard', 'fifo'] as const)('the sqs driver on queues of kind %s', (kind) => {
  const abilities = sqsAbilities(kind)
  let sqs: VirtualSqs
  let driver: SqsDriver
  let made = 0

  beforeAll(async () => {
    sqs = await startVirtualSqs()
    driver = new SqsDriver(sqs.connect(), {
      kind,
      maxAttempts: () => 3,
      createQueues: true,
      ungrouped: 'alone',
      lookSeconds: 0,
      clock: sqs.clock,
    })
  })

  afterAll(async () => {
    await driver.close()
    await sqs.stop()
  })

  const sceneFor = (needs: DriverAbility | 'core'): Scene => {
    const isFifo = (about: DriverAbility | 'core') =>
      kind === 'fifo' || (kind === 'both' && fifoAbilities.includes(about))
    const freshQueue = (about: DriverAbility | 'core') => `q${made++}${isFifo(about) ? '.fifo' : ''}`
    return {
      driver: needs === 'deadLetters' ? lookingIntoTheBox(driver) : driver,
      queue: freshQueue(needs),
      freshQueue,
      tickMs: 1_000,
      dedupWindowMs,
      letTimePass: (ms) => sqs.pass(ms),
      close: async () => {},
    }
  }

  const run = ({ ability, says, check }: Check) => {
    const reason = notOnSqs[says]
    if (reason === undefined) return check(sceneFor(ability))
    return expect(check(sceneFor(ability)), `listed as not on SQS, and passes: ${reason}`).rejects.toThrow()
  }

  it('declares what it was announced to be', () => {
    expect(driver.name).toBe('sqs')
    expect(driver.abilities).toEqual(abilities)
    const names = driverChecks.map(({ says }) => says)
    expect(Object.keys(notOnSqs).filter((says) => !names.includes(says))).toEqual([])
  })

  for (const check of driverChecks)
    if (check.ability === 'core' || abilities[check.ability].answer === 'yes')
      it(`${check.ability}: ${check.says}`, () => run(check))

  for (const ability of driverAbilities)
    if (abilities[ability].answer === 'no')
      it(`${ability}: is declared as no, and refused`, () => checkRefusal(sceneFor(ability), ability))
})

/** The suite looks at dead letters as at all messages; here that is a matter of their box. */
function lookingIntoTheBox(driver: SqsDriver): Driver {
  return new Proxy(driver, {
    get(target, name) {
      if (name === 'looking') return { find: async () => undefined, browse: target.dead.browse.bind(target.dead) }
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
