import { isFailure } from '@shared/failure'
import { copyToWait } from './copies'
import { nextHop, wholeSeconds } from './delays'
import { hideAll } from './hiding'
import type { KnownQueue } from './known-queues'
import { moveAll } from './moving'
import type { Received } from './received'
import type { Counted, Sorted } from './sorting'
import type { SqsContext } from './sqs-context'

/** What came before it is due waits on: hidden, or as a copy where that has been done before. */
export async function putBackEarly(context: SqsContext, queue: KnownQueue, early: Sorted['early']): Promise<void> {
  if (early.length === 0) return
  const now = context.clock.now()
  const hops = early.map(({ received, leftMs }) => ({
    received,
    hop: nextHop({
      leftMs,
      receiveCount: received.receiveCount,
      ageMs: now - received.sentAt,
      retentionMs: queue.retentionMs,
      maxReceives: queue.redrive?.maxReceiveCount ?? Number.MAX_SAFE_INTEGER,
    }),
  }))
  const hidden = hops.filter(({ hop }) => hop.kind === 'hide')
  const copied = hops.filter(({ hop }) => hop.kind === 'copy')
  const [kept, moved] = await Promise.all([
    hideAll(
      context.line,
      queue,
      hidden.map(({ received, hop }) => ({ receipt: received.receipt, seconds: wholeSeconds(hop.ms) })),
    ),
    moveAll(
      context.line,
      { from: queue, to: queue },
      copied.map(({ received, hop }) => ({ received, copy: copyToWait(received, { queue, now }, hop.ms) })),
    ),
  ])
  // What could not be put back comes again when the lease ends, and is put back then.
  kept.forEach((outcome, index) => {
    if (outcome === 'done') context.hidden.note(queue.name, hidden[index]!.hop.ms)
    else if (outcome !== 'stale') context.onError(outcome.failure)
  })
  for (const outcome of moved) if (isFailure(outcome)) context.onError(outcome)
}

/**
 * What was received and then wanted by nobody is shown again. That receive counts as an attempt; where it would be the last, a
 * standard queue gets a copy instead, which has the attempts that the message had before. A FIFO queue would lose its order.
 */
export async function giveBack(context: SqsContext, queue: KnownQueue, unwanted: readonly Counted[]): Promise<void> {
  const now = context.clock.now()
  const precious = queue.fifo ? [] : unwanted.filter(({ attempt, maxAttempts }) => attempt >= maxAttempts)
  const plain = unwanted.filter((each) => !precious.includes(each))
  await Promise.all([
    hideAll(
      context.line,
      queue,
      plain.map(({ received }) => ({ receipt: received.receipt, seconds: 0 })),
    ),
    moveAll(
      context.line,
      { from: queue, to: queue },
      precious.map(({ received, attempt }) => ({
        received: unattempted(received, attempt),
        copy: copyToWait(unattempted(received, attempt), { queue, now }, 0),
      })),
    ),
  ])
}

const unattempted = (received: Received, attempt: number): Received => ({
  ...received,
  note: { ...received.note, spent: attempt - 1, due: undefined },
})
