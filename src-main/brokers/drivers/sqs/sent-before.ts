import type { EnqueueOutcome } from '../../driver-messages'

/** Source: SendMessage. */
export const dedupWindowMs = 5 * 60_000

/**
 * What is sent but was there before, SQS answers with the first one's id, and does not say which of the two it was. This process
 * remembers the ids of what it sent, for as long as SQS does.
 */
export class SentBefore {
  private readonly known = new Map<string, { readonly id: string; readonly until: number }>()

  outcomeOf(queue: string, dedupId: string | undefined, id: string, now: number): EnqueueOutcome {
    if (dedupId === undefined) return { outcome: 'added', id }
    const key = `${queue} ${dedupId}`
    if (this.known.get(key)?.id === id) return { outcome: 'duplicate', id }
    for (const [old, { until }] of this.known) {
      if (until > now) break
      this.known.delete(old)
    }
    this.known.delete(key)
    this.known.set(key, { id, until: now + dedupWindowMs })
    return { outcome: 'added', id }
  }
}
