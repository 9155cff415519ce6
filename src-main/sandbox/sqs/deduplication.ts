import { Deque } from './deque'

/** Source: SendMessage, "the 5-minute deduplication interval". */
export const dedupWindowMs = 5 * 60_000

/** What a first message was answered with; a duplicate is answered the same. */
export interface SentBefore {
  readonly messageId: string
  readonly sequence: string
}

/** The deduplication ids of a FIFO queue, for five minutes each, whatever becomes of their messages. */
export class Deduplication {
  private readonly known = new Map<string, SentBefore & { readonly until: number }>()
  private readonly order = new Deque<{ readonly key: string; readonly until: number }>()

  find(key: string, now: number): SentBefore | undefined {
    for (let oldest = this.order.at(0); oldest && oldest.until <= now; oldest = this.order.at(0)) {
      this.order.shift()
      if (this.known.get(oldest.key)?.until === oldest.until) this.known.delete(oldest.key)
    }
    return this.known.get(key)
  }

  note(key: string, sent: SentBefore, now: number): void {
    const until = now + dedupWindowMs
    this.known.set(key, { ...sent, until })
    this.order.push({ key, until })
  }

  clear(): void {
    this.known.clear()
    this.order.clear()
  }
}
