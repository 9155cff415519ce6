import { Failure, isFailure } from '@shared/failure'
import type { FailedMessage, FinishedBatch, SettleOutcome } from '../../driver-messages'
import { buryAll } from './burying'
import { copyToRetry } from './copies'
import { longestHiddenMs, wholeSeconds } from './delays'
import { deleteAll, hideAll, type ReceiptOutcome } from './hiding'
import type { KnownQueue } from './known-queues'
import type { Held } from './lease-book'
import { type MoveOutcome, moveAll } from './moving'
import type { SqsContext } from './sqs-context'

/** A message in hand with what its worker said of it. */
interface Failing {
  readonly failure: FailedMessage
  readonly held: Held
}

/** Deletes what is done. When a part of the call fails, the rest is done, and told as applied when the call is made again. */
export async function ackHeld(
  context: SqsContext,
  queue: KnownQueue,
  { leaseId, ids }: FinishedBatch,
): Promise<readonly SettleOutcome[]> {
  const { leases, line } = context
  const held = ids.map((id) => leases.find(queue.name, leaseId, id))
  const present = [...new Set(held)].filter((each) => each !== undefined)
  const outcomes = await deleteAll(
    line,
    queue,
    present.map(({ received }) => received.receipt),
  )
  const byId = new Map(present.map(({ received }, index) => [received.id, outcomes[index]!]))
  const failed = outcomes.find((outcome) => typeof outcome === 'object')
  for (const [id, outcome] of byId) {
    if (typeof outcome === 'object') continue
    if (failed && outcome === 'done') leases.noteUntold(leaseId, id)
    leases.drop(leaseId, id)
  }
  if (failed) throw failed.failure
  return firstOfEach(ids, (id) => byId.get(id) === 'done' || leases.takeUntold(leaseId, id))
}

/** Retries are hidden until their time, at most twelve hours from the receive; the dead go to the dead-letter queue. When a part fails: as ackHeld. */
export async function nackHeld(
  context: SqsContext,
  queue: KnownQueue,
  leaseId: string,
  failures: readonly FailedMessage[],
): Promise<readonly SettleOutcome[]> {
  const { leases } = context
  const failing = new Map<string, Failing>()
  for (const failure of failures) {
    const held = leases.find(queue.name, leaseId, failure.id)
    if (held) failing.set(failure.id, { failure, held })
  }
  const all = [...failing.values()]
  const hidden = all.filter(({ failure, held }) => hiddenMsOf(context, queue, failure, held) !== undefined)
  const copied = all.filter((each) => each.failure.retryInMs !== undefined && !hidden.includes(each))
  const dead = all.filter(({ failure }) => failure.retryInMs === undefined)
  const results = await Promise.all([
    settled(hidden, () => hideHeld(context, queue, hidden)),
    settled(copied, () => copyHeld(context, queue, copied)),
    settled(dead, () => buryHeld(context, queue, dead)),
  ])
  const byId = new Map(results.flat())
  const partly = [...byId.values()].some(isFailure)
  for (const [id, outcome] of byId) {
    if (isFailure(outcome)) continue
    if (partly && outcome === 'applied') leases.noteUntold(leaseId, id)
    leases.drop(leaseId, id)
  }
  const failed = [...byId.values()].find(isFailure)
  if (failed) throw failed
  return firstOfEach(
    failures.map(({ id }) => id),
    (id) => byId.get(id) === 'applied' || leases.takeUntold(leaseId, id),
  )
}

/** false: nothing of it is held any more. Throws where SQS would hold it no longer than twelve hours from its receive. */
export async function extendHeld(
  context: SqsContext,
  queue: KnownQueue,
  leaseId: string,
  leaseMs: number,
): Promise<boolean> {
  const { leases, clock, line } = context
  const held = leases.all(queue.name, leaseId)
  if (held.length === 0) return false
  const now = clock.elapsed()
  const seconds = wholeSeconds(leaseMs)
  const oldest = Math.min(...held.map(({ receivedAt }) => receivedAt))
  if (!(leaseMs > 0) || now - oldest + seconds * 1_000 > longestHiddenMs)
    throw new Failure({
      code: 'bad-input',
      message: `The lease ${leaseId} of ${queue.name} cannot be held for ${leaseMs} ms more: SQS holds a message 12 hours from its receive.`,
      hint: 'Split the work, or fail the message and go on at the next attempt.',
      subject: queue.name,
    })
  const outcomes = await hideAll(
    line,
    queue,
    held.map(({ received }) => ({ receipt: received.receipt, seconds })),
  )
  const failed = outcomes.find((outcome) => typeof outcome === 'object')
  if (failed) throw failed.failure
  held.forEach(({ received }, index) => {
    if (outcomes[index] === 'stale') leases.drop(leaseId, received.id)
  })
  leases.extend(leaseId, now + seconds * 1_000)
  return outcomes.includes('done')
}

/** Named twice in one call: the first ends it. */
function firstOfEach(ids: readonly string[], applied: (id: string) => boolean): readonly SettleOutcome[] {
  const told = new Set<string>()
  return ids.map((id) => {
    if (told.has(id)) return 'stale'
    told.add(id)
    return applied(id) ? 'applied' : 'stale'
  })
}

/** How long it is hidden for a retry; undefined: not at all, since it dies, or waits longer than SQS can hide it. */
function hiddenMsOf(context: SqsContext, queue: KnownQueue, failure: FailedMessage, held: Held): number | undefined {
  if (failure.retryInMs === undefined) return undefined
  const most = longestHiddenMs - (context.clock.elapsed() - held.receivedAt) - 2_000
  // In a FIFO queue a copy would come after those that it must come before: twelve hours are the most there.
  if (queue.fifo) return Math.min(failure.retryInMs, most)
  const taken = queue.redrive !== undefined && held.received.receiveCount >= queue.redrive.maxReceiveCount
  return failure.retryInMs <= most && !taken ? failure.retryInMs : undefined
}

async function hideHeld(context: SqsContext, queue: KnownQueue, failing: readonly Failing[]) {
  const changes = failing.map(({ failure, held }) => {
    const ms = hiddenMsOf(context, queue, failure, held) ?? 0
    return { receipt: held.received.receipt, seconds: wholeSeconds(ms), ms }
  })
  const outcomes = await hideAll(context.line, queue, changes)
  outcomes.forEach((outcome, index) => {
    const { seconds } = changes[index]!
    if (outcome === 'done' && seconds > 0) context.hidden.note(queue.name, seconds * 1_000)
  })
  return outcomes.map(ofReceipt)
}

async function copyHeld(context: SqsContext, queue: KnownQueue, failing: readonly Failing[]) {
  const now = context.clock.now()
  const outcomes = await moveAll(
    context.line,
    { from: queue, to: queue },
    failing.map(({ failure, held: { received, attempt } }) => ({
      received,
      copy: copyToRetry(received, { queue, now }, failure.retryInMs ?? 0, attempt),
    })),
  )
  return outcomes.map(ofMove)
}

async function buryHeld(context: SqsContext, queue: KnownQueue, failing: readonly Failing[]) {
  const outcomes = await buryAll(
    context,
    queue,
    failing.map(({ failure: { error }, held: { received, attempt } }) => ({ received, attempts: attempt, error })),
  )
  return outcomes.map(ofMove)
}

/** Each of the three ways ends by itself: what one cannot do holds up nothing of another. */
async function settled(
  failing: readonly Failing[],
  settle: () => Promise<readonly (SettleOutcome | Failure)[]>,
): Promise<readonly (readonly [string, SettleOutcome | Failure])[]> {
  if (failing.length === 0) return []
  const outcomes = await settle().catch((error: unknown) => {
    if (!isFailure(error)) throw error
    return failing.map(() => error)
  })
  return failing.map(({ failure }, index) => [failure.id, outcomes[index]!] as const)
}

const ofReceipt = (outcome: ReceiptOutcome): SettleOutcome | Failure =>
  typeof outcome === 'object' ? outcome.failure : outcome === 'done' ? 'applied' : 'stale'

const ofMove = (outcome: MoveOutcome): SettleOutcome | Failure => (isFailure(outcome) ? outcome : 'applied')
