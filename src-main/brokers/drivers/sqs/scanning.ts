import { hideAll } from './hiding'
import type { KnownQueue } from './known-queues'
import type { Received } from './received'
import { mostPerReceive, receiveOnce } from './receiving'
import type { SqsContext } from './sqs-context'

/**
 * SQS cannot be asked for certain messages: whoever looks for some receives them all. What is looked through is hidden from
 * everybody for a while, counts one receive more, and is shown again at the end.
 */
export interface Scan {
  readonly queue: KnownQueue
  /** Stop when so many were taken. */
  readonly limit: number
  readonly wanted: (received: Received) => boolean
  /** Answers which of these are gone from the queue now. */
  readonly take: (found: readonly Received[]) => Promise<readonly boolean[]>
  /** Stop early. */
  readonly enough?: () => boolean
}

const hiddenSeconds = 120
/** Far below what a queue may have in flight. */
const mostLookedThrough = 10_000

/** Answers how many were taken, and whether the whole queue was looked through. */
export async function scan(
  context: SqsContext,
  request: Scan,
): Promise<{ readonly taken: number; readonly whole: boolean }> {
  const { queue, limit, wanted, take, enough = () => false } = request
  const inHand = new Set<Received>()
  let taken = 0
  let whole = false
  try {
    for (let seen = 0; taken < limit && seen < mostLookedThrough && !enough(); ) {
      const { received } = await receiveOnce(context.line, context.clock, queue, {
        count: Math.min(limit - taken, mostPerReceive),
        seconds: hiddenSeconds,
        waitSeconds: context.lookSeconds,
      })
      if (received.length === 0) {
        whole = true
        break
      }
      seen += received.length
      for (const each of received) inHand.add(each)
      const found = received.filter(wanted)
      const gone = await take(found)
      taken += gone.filter(Boolean).length
      found.forEach((each, index) => {
        if (gone[index]) inHand.delete(each)
      })
    }
  } finally {
    await show(context, queue, [...inHand])
  }
  return { taken, whole }
}

/** At the latest they show themselves when their time is over. */
export async function show(context: SqsContext, queue: KnownQueue, messages: readonly Received[]): Promise<void> {
  const outcomes = await hideAll(
    context.line,
    queue,
    messages.map(({ receipt }) => ({ receipt, seconds: 0 })),
  )
  const failed = outcomes.find((outcome) => typeof outcome === 'object')
  if (failed) context.onError(failed.failure)
}
