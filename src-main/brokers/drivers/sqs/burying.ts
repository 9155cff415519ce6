import { isFailure } from '@shared/failure'
import type { MessageError } from '@shared/model/message'
import { copyToBury } from './copies'
import { hideAll } from './hiding'
import type { KnownQueue } from './known-queues'
import { type MoveOutcome, moveAll } from './moving'
import type { Received } from './received'
import type { Counted } from './sorting'
import type { SqsContext } from './sqs-context'

export interface Doomed {
  readonly received: Received
  readonly attempts: number
  readonly error: MessageError
}

/** To the dead-letter queue, with the error and all that is known. */
export async function buryAll(
  context: SqsContext,
  queue: KnownQueue,
  doomed: readonly Doomed[],
): Promise<readonly MoveOutcome[]> {
  if (doomed.length === 0) return []
  const dead = await context.queues.deadOf(queue.name)
  const now = context.clock.now()
  return moveAll(
    context.line,
    { from: queue, to: dead },
    doomed.map(({ received, attempts, error }) => {
      const death = { error, attempts, stamp: context.leases.nextStamp(), from: queue.name }
      return { received, copy: copyToBury(received, { queue: dead, now }, death) }
    }),
  )
}

const leaseExpired: MessageError = {
  name: 'LeaseExpired',
  message: 'The lease of its last attempt ran out before its worker said what became of it.',
  stack: null,
}

/** Where the dead-letter queue cannot be reached, a message that is tried no more must not come again at every lease. */
const laterSeconds = 60

/** Attempts are counted when a message is leased: one that comes once more than it may is dead, and nobody has told why. */
export async function buryExhausted(
  context: SqsContext,
  queue: KnownQueue,
  exhausted: readonly Counted[],
): Promise<void> {
  if (exhausted.length === 0) return
  const outcomes = await buryAll(
    context,
    queue,
    exhausted.map(({ received, attempt }) => ({ received, attempts: attempt - 1, error: leaseExpired })),
  ).catch((error: unknown) => {
    if (!isFailure(error)) throw error
    return exhausted.map((): MoveOutcome => error)
  })
  const left = exhausted.filter((_, index) => isFailure(outcomes[index]))
  if (left.length === 0) return
  context.onError(outcomes.find(isFailure))
  await hideAll(
    context.line,
    queue,
    left.map(({ received }) => ({ receipt: received.receipt, seconds: laterSeconds })),
  )
}
