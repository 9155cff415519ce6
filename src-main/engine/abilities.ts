import { Failure } from '@shared/failure'
import type { Driver } from '../brokers/driver'
import type { DriverAbility } from '../brokers/driver-abilities'

/** Throws a Failure 'unsupported' that says why, unless the queue's broker has the ability. `act` completes "cannot ...". */
export function requireAbility(driver: Driver, ability: DriverAbility, queue: string, act: string): void {
  const found = driver.abilities[ability]
  if (found.answer === 'no') throw unsupported(driver, queue, act, found.reason)
}

/** A part of a driver that carries an ability, or the Failure that says why there is none. */
export function partOf<Part>(
  driver: Driver,
  part: Part | undefined,
  { ability, queue, act }: { readonly ability: DriverAbility; readonly queue: string; readonly act: string },
): Part {
  requireAbility(driver, ability, queue, act)
  if (part === undefined) throw unsupported(driver, queue, act, 'This driver does not have it.')
  return part
}

export const has = (driver: Driver, ability: DriverAbility): boolean => driver.abilities[ability].answer === 'yes'

const unsupported = (driver: Driver, queue: string, act: string, reason: string): Failure =>
  new Failure({
    code: 'unsupported',
    message: `Queue ${queue} on ${driver.name} cannot ${act}: ${reason}`,
    subject: queue,
  })
