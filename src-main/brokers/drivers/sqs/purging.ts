import { Failure } from '@shared/failure'
import type { PurgeState, ReplayStep } from '../../driver-messages'
import type { DeadLetters } from './dead-letters'
import { isStillDelayed } from './delays'
import { purgeAtOnce } from './figures'
import { deleteAll } from './hiding'
import type { KnownQueue } from './known-queues'
import { scan } from './scanning'
import type { SqsContext } from './sqs-context'

export interface PurgeRequest {
  readonly before: string | null
  readonly limit: number
}

/** Why what is delayed stays. */
export const delayedReason =
  'SQS gives out no message before its time, so what is delayed cannot be removed alone: only a purge of the whole queue takes it.'

/** One state, in steps: what is ready is received and deleted, so that what workers hold and what comes later stays. */
export async function purgeState(
  context: SqsContext,
  dead: DeadLetters,
  { queue, state }: { readonly queue: KnownQueue; readonly state: PurgeState },
  request: PurgeRequest,
): Promise<ReplayStep> {
  switch (state) {
    case 'dead':
      return dead.purge(queue.name, request)
    case 'ready':
      return purgeReady(context, queue, request)
    case 'delayed':
      throw new Failure({ code: 'unsupported', message: `${queue.name}: ${delayedReason}`, subject: queue.name })
    case 'done':
      return { moved: 0, before: null }
  }
}

/** `before` is a time of this machine, compared with SQS's: set right to the second, or the edge is blurred by as much. */
async function purgeReady(
  context: SqsContext,
  queue: KnownQueue,
  { before, limit }: PurgeRequest,
): Promise<ReplayStep> {
  const edge = before ?? String(context.clock.now())
  const { taken, whole } = await scan(context, {
    queue,
    limit,
    wanted: ({ sentAt, note }) => sentAt <= Number(edge) && !isStillDelayed(note.due, context.clock.now()),
    take: async (found) =>
      (
        await deleteAll(
          context.line,
          queue,
          found.map(({ receipt }) => receipt),
        )
      ).map((outcome) => outcome === 'done'),
  })
  return { moved: taken, before: whole ? null : edge }
}

const restMs = 60_000

/** PurgeQueue, with the one thing that SQS does not say: when it may be done again. */
export class WholePurges {
  private readonly doneAt = new Map<string, number>()

  constructor(private readonly context: SqsContext) {}

  /**
   * Removes all that is in the queue at once, and cannot be undone: ready, delayed, leased, and what is sent within the next
   * minute. Once in 60 seconds.
   */
  async purge(queue: KnownQueue): Promise<void> {
    const { clock } = this.context
    const leftMs = (this.doneAt.get(queue.name) ?? Number.NEGATIVE_INFINITY) + restMs - clock.elapsed()
    if (leftMs > 0)
      throw new Failure({
        code: 'broker-state',
        message: `${queue.name} was purged less than 60 seconds ago: SQS allows one purge a minute.`,
        hint: `Try again in ${Math.ceil(leftMs / 1_000)} seconds.`,
        subject: queue.name,
      })
    await purgeAtOnce(this.context, queue)
    this.doneAt.set(queue.name, clock.elapsed())
  }
}
