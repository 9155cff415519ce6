import { randomUUID } from 'node:crypto'
import { Heap } from './heap'
import { FifoLine, type Line, StandardLine } from './lines'
import type { NewSqsMessage, SqsMessage, SqsMessageState } from './message'

/** What a message brings along when it comes from another queue. */
export interface Arrival {
  readonly id?: string
  readonly sentAt?: number
  readonly retainedSince?: number
  readonly receiveCount?: number
  readonly firstReceivedAt?: number | undefined
  readonly deadLetterSource?: string
}

/**
 * The messages of one queue, by id, by the time at which each becomes visible, and by age. States: delayed -> visible <-> in
 * flight -> gone. Time is told by the caller; `catchUp` brings the states up to it.
 */
export class MessageStore {
  private readonly byId = new Map<string, SqsMessage>()
  private readonly hidden = new Heap<{ readonly message: SqsMessage; readonly turn: number }>()
  private readonly ages = new Heap<SqsMessage>()
  private readonly counts = { delayed: 0, visible: 0, 'in flight': 0, gone: 0 }
  private readonly fifoLine: FifoLine | undefined
  private readonly line: Line
  private sequences = 0n

  constructor(fifo: boolean) {
    this.fifoLine = fifo ? new FifoLine() : undefined
    this.line = this.fifoLine ?? new StandardLine()
  }

  count(state: Exclude<SqsMessageState, 'gone'>): number {
    return this.counts[state]
  }

  find(id: string): SqsMessage | undefined {
    return this.byId.get(id)
  }

  add(
    sent: NewSqsMessage,
    { now, delayMs, arrival = {} }: { now: number; delayMs: number; arrival?: Arrival },
  ): SqsMessage {
    const message: SqsMessage = {
      id: arrival.id ?? randomUUID(),
      body: sent.body,
      attributes: sent.attributes,
      traceHeader: sent.traceHeader,
      group: sent.group,
      dedupId: sent.dedupId,
      sequence: this.fifoLine ? this.nextSequence() : undefined,
      sentAt: arrival.sentAt ?? now,
      retainedSince: arrival.retainedSince ?? now,
      deadLetterSource: arrival.deadLetterSource,
      state: 'delayed',
      turn: 0,
      receiveCount: arrival.receiveCount ?? 0,
      firstReceivedAt: arrival.firstReceivedAt,
      receivedAt: 0,
      receipt: 0,
    }
    this.byId.set(message.id, message)
    this.ages.push(message.retainedSince, message)
    this.fifoLine?.join(message)
    this.counts.delayed++
    if (delayMs > 0) this.hide(message, 'delayed', now + delayMs)
    else this.show(message)
    return message
  }

  /** Makes visible what is due, and forgets what is older than the retention period. */
  catchUp(now: number, retentionMs: number): void {
    for (let oldest = this.ages.first; oldest && oldest.rank + retentionMs <= now; oldest = this.ages.first) {
      this.ages.pop()
      this.remove(oldest.item)
    }
    for (let due = this.hidden.first; due && due.rank <= now; due = this.hidden.first) {
      this.hidden.pop()
      const { message, turn } = due.item
      if (message.turn === turn && message.state !== 'gone') this.show(message)
    }
  }

  /** When the next hidden message becomes visible. */
  nextVisibleAt(): number | undefined {
    for (let next = this.hidden.first; next; next = this.hidden.first) {
      const { message, turn } = next.item
      if (message.turn === turn && message.state !== 'gone') return next.rank
      this.hidden.pop()
    }
    return undefined
  }

  /** At most `count` visible messages, in flight from now on until the caller hides, shows or removes them. */
  take(count: number): readonly SqsMessage[] {
    const taken = this.line.take(count)
    for (const message of taken) this.enter(message, 'in flight')
    return taken
  }

  /** After what was taken has been dealt with. */
  settle(taken: readonly SqsMessage[]): void {
    this.line.settle(taken)
  }

  hide(message: SqsMessage, as: 'delayed' | 'in flight', until: number): void {
    this.enter(message, as)
    this.hidden.push(until, { message, turn: message.turn })
  }

  show(message: SqsMessage): void {
    this.enter(message, 'visible')
    this.line.show(message)
  }

  remove(message: SqsMessage): void {
    if (message.state === 'gone') return
    this.enter(message, 'gone')
    this.byId.delete(message.id)
    this.line.leave(message)
  }

  clear(): void {
    for (const message of this.byId.values()) this.enter(message, 'gone')
    this.byId.clear()
    this.hidden.clear()
    this.ages.clear()
    this.line.clear()
  }

  private enter(message: SqsMessage, state: SqsMessageState): void {
    this.counts[message.state]--
    message.state = state
    message.turn++
    this.counts[state]++
  }

  /** Twenty digits, growing, not consecutive, as the service gives them out. */
  private nextSequence(): string {
    return String(18_850_000_000_000_000_000n + ++this.sequences * 256n)
  }
}
