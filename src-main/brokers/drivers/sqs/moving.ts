import { type Failure, isFailure } from '@shared/failure'
import type { LineToSqs } from '../../clients/line-to-sqs'
import { deleteAll } from './hiding'
import type { KnownQueue } from './known-queues'
import type { Received } from './received'
import { type Outgoing, sendAll } from './sending'

export interface Move {
  readonly received: Received
  readonly copy: Outgoing
}

/** A Failure: it is where it was, and comes again when its time runs out. True: its copy is kept at the other place. */
export type MoveOutcome = true | Failure

/**
 * Sends the copy first and deletes the original when SQS has the copy, so that at no instant it is nowhere. When the original
 * cannot be deleted any more there are two: nothing is lost.
 */
export async function moveAll(
  line: LineToSqs,
  { from, to }: { readonly from: KnownQueue; readonly to: KnownQueue },
  moves: readonly Move[],
): Promise<readonly MoveOutcome[]> {
  if (moves.length === 0) return []
  const sent = await sendAll(
    line,
    to,
    moves.map(({ copy }) => copy),
  )
  const outcomes = sent.map((outcome): MoveOutcome => ('failure' in outcome ? outcome.failure : true))
  const originals = moves.filter((_, index) => !isFailure(outcomes[index]))
  await deleteAll(
    line,
    from,
    originals.map(({ received }) => received.receipt),
  )
  return outcomes
}
