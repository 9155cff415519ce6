import { buryExhausted } from './burying'
import type { KnownQueue } from './known-queues'
import { putBackEarly } from './putting-back'
import type { Received } from './received'
import { type Counted, sortReceived } from './sorting'
import type { SqsContext } from './sqs-context'

/** What is left for a worker when the rest has been put where it belongs. */
export async function sortOut(
  context: SqsContext,
  queue: KnownQueue,
  received: readonly Received[],
): Promise<readonly Counted[]> {
  const { ready, early, exhausted } = sortReceived(received, {
    queue,
    now: context.clock.now(),
    maxAttempts: context.maxAttempts(queue.name),
  })
  await Promise.all([putBackEarly(context, queue, early), buryExhausted(context, queue, exhausted)])
  return ready
}
