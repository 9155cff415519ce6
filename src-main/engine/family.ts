import { randomUUID } from 'node:crypto'
import { Failure } from '@shared/failure'
import type { EnqueueOutcome, NewMessage } from '../brokers/driver-messages'
import { partOf } from './abilities'
import type { Envelope } from './enqueuer'
import { perKey } from './grouped'
import type { EnqueueOptions } from './identity'
import type { QueueSeat } from './queue-seat'

export interface FamilyMember {
  readonly seat: QueueSeat
  readonly data: unknown
  readonly options: Omit<EnqueueOptions, 'dedupKey' | 'dedupWindowMs'>
}

export interface FamilyOutcome {
  /** The parent's. */
  readonly id: string
  /** In the order given. */
  readonly children: readonly EnqueueOutcome[]
}

export const mostChildren = 10_000

/** For so long a repeated call finds what the first one did. */
const repeatWindowMs = 86_400_000

/**
 * The parent first, since a child may be done at once; it waits for all. A call that broke off is repeated with the same id:
 * what was enqueued then is found and not enqueued again, also when it is done already.
 */
export async function enqueueFamily(parent: FamilyMember, children: readonly FamilyMember[]): Promise<FamilyOutcome> {
  const { context, enqueuer } = parent.seat
  const { name, driver } = context
  partOf(driver, driver.families, { ability: 'families', queue: name, act: 'keep families' })
  if (children.length === 0 || children.length > mostChildren)
    throw new Failure({
      code: 'bad-input',
      message: `Queue ${name}: a family has 1 to ${mostChildren} children, not ${children.length}.`,
      subject: name,
    })
  const key = parent.options.id ?? randomUUID()
  const dedup = (member: string) => ({ key: `family:${key}:${member}`, windowMs: repeatWindowMs })
  // Everything is checked before anything is written.
  const parentMessage = await enqueuer.prepare(envelopeOf(parent), {
    children: children.length,
    dedup: dedup('parent'),
  })
  const prepared = await Promise.all(
    children.map((child, index) => child.seat.enqueuer.prepare(envelopeOf(child), { dedup: dedup(String(index)) })),
  )
  const [outcome] = await enqueuer.send([parentMessage])
  if (outcome === undefined || outcome.outcome === 'failed')
    throw outcome?.failure ?? new Error('a driver answers item by item')
  const { id } = outcome
  const outcomes = await perKey(
    children.map(({ seat }, index) => ({ seat, message: prepared[index]! })),
    ({ seat }) => seat,
    (seat, own, places) =>
      seat.enqueuer.send(
        own.map(
          ({ message }, at): NewMessage => ({
            ...message,
            attributes: { ...message.attributes, parent: `${name}/${id}` },
            parent: { queue: name, id, index: places[at]! },
          }),
        ),
      ),
  )
  return { id, children: outcomes }
}

const envelopeOf = ({ data, options }: FamilyMember): Envelope<unknown> => ({ ...options, data })
