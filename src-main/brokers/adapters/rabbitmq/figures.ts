import type { QueueAddress } from '@shared/model/queue'
import { type Reading, unreadable } from '../../reader'
import { isDown, isStream, type QueueFacts } from './queue-facts'

/**
 * Pure: one queue's figures. What waits in a dead-letter queue is dead, and nothing in it is ready; elsewhere it is ready. A
 * queue keeps nothing for later and nothing that is done: the first is a true 0, the second is not counted anywhere.
 */
export function readingOf(
  queue: QueueAddress,
  facts: QueueFacts | undefined,
  { isDeadLetterQueue, nowMs }: { readonly isDeadLetterQueue: boolean; readonly nowMs: number },
): Reading {
  if (!facts) return unreadable(`The queue ${queue.name} is not there any more in the virtual host ${queue.prefix}.`)
  if (isDown(facts)) {
    return unreadable(`The queue ${queue.name} is ${facts.state}: the node that has it does not run.`)
  }
  const { ready, unacked, totals, headTimestamp } = facts
  return {
    ready: isDeadLetterQueue ? 0 : ready,
    leased: unacked,
    delayed: 0,
    dead: isDeadLetterQueue ? ready : 0,
    done: null,
    // By the publisher's clock and only where publishers set it, which is seldom.
    oldestReadyMs: isDeadLetterQueue || !ready || headTimestamp === null ? null : age(headTimestamp, nowMs),
    paused: null,
    enqueuedTotal: totals?.published ?? null,
    // A stream's readers acknowledge what stays where it is.
    ackedTotal: isStream(facts) ? null : (totals?.acknowledged ?? null),
    inPerSecond: totals?.publishedPerSecond ?? null,
    outPerSecond: isStream(facts) ? null : (totals?.acknowledgedPerSecond ?? null),
    waitBuckets: null,
    trouble: null,
  }
}

const age = (seconds: number, nowMs: number): number => Math.max(0, nowMs - seconds * 1_000)
