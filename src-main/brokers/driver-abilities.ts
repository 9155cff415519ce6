/**
 * What a driver may be able to do beyond enqueue, lease, ack and nack. The conformance suite holds each driver to every
 * ability that it declares, and asks of the others that they are refused with the reason declared.
 */
export const driverAbilities = [
  'delay',
  'priority',
  'groups',
  'dedup',
  'ownIds',
  'attributes',
  /** A late ack of a lost lease is refused. */
  'fence',
  'extend',
  'deadLetters',
  /** Errors and history of attempts are kept with the message. */
  'history',
  'replay',
  'edit',
  'find',
  'browse',
  'cancel',
  'promote',
  'changePriority',
  'pause',
  'purge',
  'keepDone',
  'progress',
  'limit',
  'groupLimit',
  'schedules',
  'families',
  'idempotency',
  /** Several groups of consumers each get every message. */
  'fanOut',
  /** What was not delivered yet, per group of consumers. */
  'lag',
] as const

export type DriverAbility = (typeof driverAbilities)[number]

export type AbilityAnswer =
  | { readonly answer: 'yes' /** What it costs or where it ends, in words. */; readonly note?: string }
  | { readonly answer: 'no'; readonly reason: string }

export type DriverAbilities = Readonly<Record<DriverAbility, AbilityAnswer>>

export const yes: AbilityAnswer = { answer: 'yes' }
export const no = (reason: string): AbilityAnswer => ({ answer: 'no', reason })
