import type { MessageError } from '@shared/model/message'
import { expect } from 'vitest'
import { pause, systemClock } from '../../runtime/clock'
import type { Driver } from '../driver'
import type { DriverAbility } from '../driver-abilities'
import type {
  DriverStats,
  EnqueueOutcome,
  LeasedMessage,
  LeaseRequest,
  NewMessage,
  SettleOutcome,
  StoredMessage,
} from '../driver-messages'

/** A broker and a driver on it, opened once for all checks. A message without a limit of its own has three attempts. */
export interface DriverWorld {
  readonly driver: Driver
  /** A queue that nothing has used; made where the broker wants that. `needs` is what the check is about. */
  freshQueue(needs: DriverAbility | 'core'): string | Promise<string>
  /** Shortest lease, delay and span that the broker can keep. Default 40. */
  readonly tickMs?: number
  /** How long the broker remembers a dedup key, where it does not leave that to the sender. */
  readonly dedupWindowMs?: number
  /** Moves the broker's clock on. Without it checks look again and again. */
  letTimePass?(ms: number): Promise<void>
  /** The same queues for another group of consumers, which exists from now on; for fanOut. */
  openGroup?(name: string): Driver | Promise<Driver>
  close(): Promise<void>
}

/** What one check works with. */
export interface Scene extends DriverWorld {
  readonly queue: string
  readonly tickMs: number
}

export interface Check {
  readonly ability: DriverAbility | 'core'
  /** Completes "the driver ...". */
  readonly says: string
  check(scene: Scene): Promise<void>
}

/** A message in hand. */
export interface Held {
  readonly leaseId: string
  readonly message: LeasedMessage
}

export const boom: MessageError = {
  name: 'Boom',
  message: 'it broke',
  stack: 'Boom: it broke\n    at somewhere (file.ts:1:2)',
}

export const texts = (...bodies: readonly string[]): readonly NewMessage[] => bodies.map((body) => ({ body }))

export const textOf = ({ message }: Held): string => Buffer.from(message.body).toString('utf8')

export const asking = (more: Partial<LeaseRequest> = {}): LeaseRequest => ({
  worker: 'conformance',
  count: 10,
  leaseMs: 60_000,
  ...more,
})

/** Enqueues what must all be taken; answers the ids. */
export async function put(scene: Scene, messages: readonly NewMessage[], queue = scene.queue): Promise<string[]> {
  return added(await scene.driver.enqueue(queue, messages))
}

export function added(outcomes: readonly EnqueueOutcome[]): string[] {
  expect(outcomes.filter((each) => each.outcome !== 'added')).toEqual([])
  return outcomes.flatMap((each) => (each.outcome === 'failed' ? [] : [each.id]))
}

/** Looks until there is something to see, letting a little time pass in between. */
export async function until<Found>(scene: Scene, what: string, look: () => Promise<Found | undefined>): Promise<Found> {
  const started = systemClock.elapsed()
  for (let looks = 0; looks < 40 || systemClock.elapsed() - started < 8_000; looks++) {
    const found = await look()
    if (found !== undefined) return found
    if (scene.letTimePass) await scene.letTimePass(scene.tickMs)
    else await pause(systemClock, 10)
    if (looks > 2_000) break
  }
  throw new Error(`This never came: ${what}`)
}

/** One lease, as messages in hand; what the engine's own loops do is done before. */
export async function leaseNow(
  scene: Scene,
  request: Partial<LeaseRequest> = {},
  { driver, queue }: { readonly driver: Driver; readonly queue: string } = scene,
): Promise<readonly Held[]> {
  await driver.promote(queue, 500)
  await driver.recover(queue, 500)
  const { lease } = await driver.lease(queue, asking(request))
  return (lease?.messages ?? []).map((message) => ({ leaseId: lease!.leaseId, message }))
}

/** Leases until `count` are in hand, in as many leases as the broker wants. */
export async function take(
  scene: Scene,
  count: number,
  request: Partial<LeaseRequest> = {},
  at: { readonly driver: Driver; readonly queue: string } = scene,
): Promise<readonly Held[]> {
  const held: Held[] = []
  if (count === 0) return held
  return until(scene, `${count} messages`, async () => {
    for (;;) {
      const more = await leaseNow(scene, { ...request, count: Math.min(count - held.length, 250) }, at)
      held.push(...more)
      if (held.length >= count) return held
      if (more.length === 0) return undefined
    }
  })
}

export async function ack(scene: Scene, held: readonly Held[], at = scene.driver): Promise<readonly SettleOutcome[]> {
  const outcomes: SettleOutcome[] = []
  for (const { leaseId, message } of held) outcomes.push(...(await at.ack(scene.queue, { leaseId, ids: [message.id] })))
  return outcomes
}

/** Fails each; `retryInMs` undefined: dead now. */
export async function fail(
  scene: Scene,
  held: readonly Held[],
  retryInMs: number | undefined,
  error = boom,
): Promise<readonly SettleOutcome[]> {
  const outcomes: SettleOutcome[] = []
  for (const { leaseId, message } of held)
    outcomes.push(...(await scene.driver.nack(scene.queue, leaseId, [{ id: message.id, error, retryInMs }])))
  return outcomes
}

/** Enqueues, leases and buries; answers the ids. */
export async function bury(scene: Scene, bodies: readonly string[], error = boom): Promise<readonly string[]> {
  const ids = await put(scene, texts(...bodies))
  const held = await take(scene, bodies.length)
  expect(await fail(scene, held, undefined, error)).toEqual(bodies.map(() => 'applied'))
  return ids
}

/** Waits for figures; a figure of which the broker says that it cannot tell passes. */
export async function figures(scene: Scene, expected: Partial<DriverStats>): Promise<void> {
  let stats: DriverStats | undefined
  try {
    await until(scene, 'the figures', async () => {
      stats = await scene.driver.stats(scene.queue)
      const wrong = Object.entries(expected).some(([name, value]) => {
        const actual = stats?.[name as keyof DriverStats]
        return actual !== null && actual !== value
      })
      return wrong ? undefined : true
    })
  } catch {
    expect(stats).toMatchObject(expected)
  }
}

/** Nothing is given out, now and after the engine's loops have run. */
export async function nothingReady(scene: Scene): Promise<void> {
  expect((await leaseNow(scene)).map(textOf)).toEqual([])
}

/** One message as it is stored, by whatever way the driver has for looking. */
export async function stored(scene: Scene, id: string, state: StoredMessage['state']): Promise<StoredMessage> {
  const { driver, queue } = scene
  const { looking, abilities } = driver
  return until(scene, `${id} as ${state}`, async () => {
    if (abilities.find.answer === 'yes') {
      const found = await looking?.find(queue, id)
      return found?.state === state ? found : undefined
    }
    const page = await looking?.browse(queue, { state, cursor: null, limit: 200 })
    return page?.items.find((item) => item.id === id)
  })
}

/** True where nothing can be dead, with a reason. */
export const skipsDead = ({ driver }: Scene): boolean => {
  const { deadLetters } = driver.abilities
  if (deadLetters.answer === 'no') expect(deadLetters.reason).not.toBe('')
  return deadLetters.answer === 'no'
}

/** Purges step by step; answers how many went. */
export async function purge(
  { driver, queue }: Scene,
  state: 'ready' | 'delayed' | 'dead' | 'done',
  limit: number,
  between: () => Promise<void> = async () => {},
): Promise<number> {
  let moved = 0
  let before: string | null = null
  for (let step = 0; step < 20; step++) {
    const done: { readonly moved: number; readonly before: string | null } = await driver.purge(queue, state, {
      before,
      limit,
    })
    expect(done.moved).toBeLessThanOrEqual(limit)
    moved += done.moved
    before = done.before
    if (before === null) return moved
    await between()
  }
  throw new Error('The purge does not end.')
}
